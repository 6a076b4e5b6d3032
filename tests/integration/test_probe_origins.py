"""Other pages, other names and made-up headers, against the program itself: nobody gets in."""

import re
from urllib.parse import quote

import pytest

from tests.made_probe import FILES, JOIN, UPLOAD, Browser, event, fresh
from tests.made_program import Program

pytestmark = pytest.mark.program


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/health",
        "http://localhost:{port}/health",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{port}/health",
        "http://0x7f000001:{port}/health",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
    ],
)
def test_the_server_fetches_nothing_for_a_stranger(
    one: Browser, program: Program, address: str
) -> None:
    address = address.format(port=program.address().rsplit(":", 1)[1])
    meta = {"meta": {"_type": "gradio.FileData"}}
    for part in ({"path": address, **meta}, {"path": None, "url": address, **meta}):
        assert one.post(JOIN, json=event(fresh(), part)).status_code == 403
    for start in (FILES, "/gradio_api/proxy=", "/proxy="):
        answer = one.raw(start + quote(address, safe=":/[]"))
        assert answer.status_code == 404 and "status" not in answer.text


# Other pages, and other names.


def test_no_other_page_may_read_an_answer(one: Browser) -> None:
    for path in ("/", "/health", "/theme.css", "/gradio_api/app_id"):
        for origin in ("https://evil.example", "null", "http://localhost:1"):
            headers = one.get(path, headers={"origin": origin}).headers
            assert not [name for name in headers if name.startswith("access-control")]


def test_no_other_page_may_ask_beforehand(one: Browser) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = one.options(JOIN, headers=headers)
    assert answer.status_code == 404
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [JOIN, "/gradio_api/run/predict", UPLOAD, "/attune/go"])
def test_no_other_page_may_post(one: Browser, path: str) -> None:
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert one.post(path, json=event("x"), headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "evil:80"])
def test_no_other_name_opens_the_page(one: Browser, host: str) -> None:
    for path in ("/", "/health", JOIN):
        assert one.get(path, headers={"host": host}).status_code == 400


def test_no_other_site_may_frame_the_page(one: Browser) -> None:
    headers = one.get("/").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_the_page_runs_no_script_but_its_own(one: Browser) -> None:
    rule = one.get("/").headers["content-security-policy"]
    assert "'unsafe-inline'" not in rule.split("style-src")[0]
    assert "connect-src 'self' data: blob:;" in rule


def test_a_header_cannot_be_put_into_an_answer(one: Browser) -> None:
    for path in ("/%0d%0aSet-Cookie:%20evil=1", "/attune/sign-in%0d%0aX:%20y", "/?a=%0d%0aX: y"):
        answer = one.raw(path.replace(" ", "%20"))
        assert "evil" not in str(answer.headers) and "x" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-proto": "https"},
        {"forwarded": "host=evil.example"},
        {"x-forwarded-for": "192.0.2.1"},
        {"x-direct-url": "https://evil.example"},
    ],
)
def test_no_client_says_where_the_page_stands(
    one: Browser, program: Program, headers: dict[str, str]
) -> None:
    page = one.get("/", headers=headers).text
    assert "evil.example" not in page
    assert re.search(r'"root":"(http:[^"]*)"', page)[1] == program.address()  # type: ignore[index]


def test_a_web_socket_is_not_opened(one: Browser) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    assert one.get("/gradio_api/queue/join", headers=upgrade).status_code == 404
