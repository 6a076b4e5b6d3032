"""What belongs to somebody else, and endpoints that nobody needs: neither can be reached."""

import importlib.util
import json
import re
from pathlib import Path

import httpx
import pytest

from tests.made_media import tone, wav
from tests.made_probe import FILES, JOIN, UPLOAD, Browser, event, fresh
from tests.made_program import ROOT, Program
from ui.gate.routes import ROUTES

pytestmark = pytest.mark.program


def test_an_upload_is_its_persons_alone(one: Browser, other: Browser, program: Program) -> None:
    [path] = one.upload().json()
    assert one.get(f"{FILES}{path}").content == wav(tone(0.5))
    assert other.get(f"{FILES}{path}").status_code == 404
    assert httpx.get(f"{program.address()}{FILES}{path}").status_code == 401
    part = {"path": path, "meta": {"_type": "gradio.FileData"}}
    assert other.post(JOIN, json=event(fresh(), part)).status_code == 403


def test_a_session_is_its_persons_alone(one: Browser, other: Browser) -> None:
    assert one.post(JOIN, json=event("mine0", fn=9999)).status_code != 404
    for method, path, body in (
        ("POST", JOIN, event("mine0", fn=1)),
        ("POST", "/gradio_api/run/predict", event("mine0", fn=1)),
        ("GET", "/gradio_api/queue/data?session_hash=mine0", None),
        ("GET", "/gradio_api/heartbeat/mine0", None),
        ("POST", "/gradio_api/cancel", {**event("mine0"), "event_id": "x"}),
    ):
        assert other.request(method, path, json=body).status_code == 404


def test_the_key_of_a_session_cannot_be_sent_from_a_browser(one: Browser, other: Browser) -> None:
    """It is state of the server: what stands in its place in an event is not read."""
    config = one.functions()
    states = {part["id"] for part in config["components"] if part["type"] == "state"}
    opened = config["dependencies"][0]
    answer = one.post("/gradio_api/run/predict", json=event(fresh(), fn=opened["id"]))
    assert answer.status_code == 200
    for place, part in enumerate(opened["outputs"]):
        if part in states:
            assert answer.json()["data"][place] is None


@pytest.mark.parametrize(
    "value", ["x", "x.g.y", "admin", "../..", "A" * 43 + ".s." + "0" * 32, '"; DROP', "%0d%0aX: y"]
)
def test_a_cookie_that_was_made_up_opens_nothing(program: Program, value: str) -> None:
    headers = {"cookie": f"attune_visitor={value}"}
    for path in (UPLOAD, "/attune/stay"):
        assert httpx.post(program.address() + path, headers=headers).status_code == 401
    given = httpx.get(program.address(), headers=headers).cookies["attune_visitor"]
    assert given != value and not given.startswith(f"{value}.")


def test_a_cookie_is_for_this_server_and_no_script(program: Program) -> None:
    parts = httpx.get(program.address()).headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} == set(parts[1:])
    assert httpx.get(program.address()).headers["set-cookie"].split("; ")[0] != parts[0]


# Endpoints.


def test_only_what_the_page_needs_answers(one: Browser) -> None:
    """Gradio's own routes, asked one by one: what is open is what the list says, and no more."""
    spec = importlib.util.find_spec("gradio")
    assert spec and spec.origin
    source = Path(spec.origin).with_name("routes.py").read_text("utf-8")
    found = re.findall(r'@(app|router)\.(get|post)\(\s*f?"([^"]+)"', source)
    paths = {
        (
            method.upper(),
            f"{'/gradio_api' if of == 'router' else ''}{re.sub(r'{[^}]*}', 'x', path)}",
        )
        for of, method, path in found
    }
    assert len(paths) > 60
    open_ = set()
    for method, path in paths:
        if path.endswith("heartbeat/x"):
            continue  # a stream without end; it is on the list
        answer = one.raw(path, method)
        if answer.status_code != 404 or "nothing here" not in answer.text:
            open_.add(f"{method} {path}")
    assert open_ == {
        *("GET /", "GET /theme.css", "GET /favicon.ico", "GET /robots.txt", "GET /assets/x"),
        *("GET /static/x", "GET /gradio_api/app_id", "GET /gradio_api/upload_progress"),
        *("POST /gradio_api/queue/join", "POST /gradio_api/cancel", "POST /gradio_api/reset"),
        *("POST /gradio_api/stream/x", "POST /gradio_api/stream/x/close"),
        *("POST /gradio_api/upload", "GET /gradio_api/queue/data"),
    }


def test_the_list_of_routes_is_no_longer_than_it_was() -> None:
    assert len(ROUTES) == 18


def test_the_page_publishes_no_endpoint(one: Browser) -> None:
    info = re.search(r"window\.gradio_api_info = (\{.*?\});</script>", one.page, re.DOTALL)
    assert info and json.loads(info[1]) == {"named_endpoints": {}, "unnamed_endpoints": {}}
    assert all(fn["api_visibility"] == "private" for fn in one.functions()["dependencies"])


def test_an_error_tells_nothing_of_the_program(one: Browser) -> None:
    answer = one.post("/gradio_api/run/predict", json=event(fresh(), {"a": 1}, fn=3))
    for part in (answer.text, one.get("/nothing").text, one.raw(FILES + "/etc/passwd").text):
        assert "Traceback" not in part and str(ROOT) not in part and "site-packages" not in part


def test_the_server_does_not_say_what_it_is(one: Browser) -> None:
    assert "server" not in one.get("/").headers


# Last of the files with this name, so that it looks at what all of them left.


def test_nothing_of_it_left_a_trace_in_the_log(program: Program) -> None:
    assert "Traceback" not in program.printed
    assert "attune-uploads" not in program.printed and "visitor:" not in program.printed
