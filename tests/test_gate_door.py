"""The door: who comes in, by which name, from where, and for what."""

from types import SimpleNamespace

import httpx
import pytest

from tests.made_gate import HOME, Made
from tools.errors import ConfigError
from ui.gate.gate import Entry
from ui.gate.identity import NOBODY, SCOPE, Identity, identity
from ui.gate.limits import RateLimits
from ui.gate.routes import ROUTES, find_route
from ui.gate.site import Site
from ui.uploads import UploadFolder

PUBLIC = "https://attune.example.org"
KEY = "a key of the store"


def cookie(answer: httpx.Response) -> str:
    return answer.headers.get("set-cookie", "")


def test_a_request_that_did_not_come_through_the_door_is_nobodys() -> None:
    assert identity(SimpleNamespace(session_hash="x")) is NOBODY
    assert identity(None) is NOBODY
    assert not NOBODY.known


def test_an_identity_is_found_in_gradios_request_and_in_starlettes() -> None:
    who = Identity(key="visitor:a")
    inner = SimpleNamespace(scope={SCOPE: who})
    assert identity(inner) is who
    assert identity(SimpleNamespace(request=inner, session_hash="x")) is who


def test_an_identity_is_printed_without_its_key_and_address() -> None:
    assert "secret" not in repr(Identity(key="visitor:secret", address="secret"))


async def test_the_first_visit_makes_an_unguessable_cookie_that_no_script_reads(
    made: Made,
) -> None:
    async with made.browser() as one, made.browser() as other:
        parts = cookie(await one.get("/")).split("; ")
        assert parts[1:] == ["Path=/", "HttpOnly", "SameSite=Strict"]
        assert len(parts[0]) > 80
        assert parts[0] not in cookie(await other.get("/"))


async def test_a_visitor_is_the_same_at_every_request(made: Made) -> None:
    async with made.browser() as one:
        await one.get("/")
        key = await made.key(one)
        assert key.startswith("visitor:") and key == await made.key(one)
        assert not cookie(await one.get("/"))


@pytest.mark.parametrize("value", ["mine", "mine.g", "mine.g.0", "mine.s." + "0" * 32, "..", "%00"])
async def test_a_cookie_that_the_server_did_not_make_is_replaced(made: Made, value: str) -> None:
    async with made.browser() as one:
        answer = await one.get("/", headers={"cookie": f"attune_visitor={value}"})
        assert cookie(answer).startswith("attune_visitor=")
        assert "mine" not in made.behind.reached[-1][1]


async def test_a_cookie_of_which_one_letter_changed_is_replaced(made: Made) -> None:
    async with made.browser() as one:
        await one.get("/")
        value = one.cookies["attune_visitor"]
        changed = ("A" if value[0] != "A" else "B") + value[1:]
        stays = value.replace(".g.", ".s.")
        for forged in (changed, stays):
            answer = await one.get("/", headers={"cookie": f"attune_visitor={forged}"})
            assert cookie(answer)


async def test_staying_makes_the_cookie_last_for_the_same_visitor(folder: UploadFolder) -> None:
    made = Made(folder, days=2)
    async with made.browser() as one:
        await one.get("/")
        key = await made.key(one)
        answer = await one.post("/attune/stay")
        assert answer.status_code == 204 and cookie(answer).endswith(f"Max-Age={2 * 86400}")
        assert await made.key(one) == key
        assert cookie(await one.get("/")).endswith(f"Max-Age={2 * 86400}"), "not renewed"


async def test_going_clears_the_cookie(made: Made) -> None:
    async with made.browser() as one:
        await one.get("/")
        key = await made.key(one)
        assert (await one.post("/attune/go")).status_code == 204
        assert not one.cookies
        await one.get("/")
        answer = await one.post("/gradio_api/queue/join", json={"session_hash": "another"})
        assert answer.json()["key"] != key


async def test_a_restart_with_the_same_store_knows_a_visitor_again(folder: UploadFolder) -> None:
    before, after = Made(folder, key=KEY), Made(folder, key=KEY)
    async with before.browser() as one, after.browser() as again:
        await one.get("/")
        again.cookies = one.cookies
        assert await after.key(again) == await before.key(one)


async def test_a_restart_without_a_store_makes_a_new_visitor(folder: UploadFolder) -> None:
    before, after = Made(folder), Made(folder)
    async with before.browser() as one, after.browser() as again:
        await one.get("/")
        again.cookies = one.cookies
        assert cookie(await again.get("/"))


async def test_words_sent_after_a_restart_are_not_turned_away(made: Made) -> None:
    async with made.browser() as one:
        answer = await one.post("/gradio_api/queue/join", json={"session_hash": "old"})
        assert answer.status_code == 200 and cookie(answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file=/tmp/x"),
        ("GET", "/gradio_api/queue/data?session_hash=x"),
        ("GET", "/gradio_api/heartbeat/x"),
        ("POST", "/attune/stay"),
        ("POST", "/attune/go"),
        ("POST", "/attune/sign-out"),
    ],
)
async def test_everything_else_needs_a_cookie(made: Made, method: str, path: str) -> None:
    async with made.browser() as one:
        answer = await one.request(method, path, headers={"cookie": "attune_visitor=made.up.by.me"})
        assert answer.status_code == 401 and "open the page" in answer.json()["detail"]
        assert not made.behind.reached


@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/info", "/gradio_api/openapi.json", "/config", "/gradio_api/run/sent"),
        *("/gradio_api/call/sent", "/gradio_api/api/predict", "/gradio_api/token", "/monitoring"),
        *("/gradio_api/proxy=http://127.0.0.1/", "/gradio_api/file=http://127.0.0.1/", "/docs"),
        *("/gradio_api/deep_link", "/gradio_api/user", "/login", "/logout", "/gradio_api/runs"),
        *("/static//etc/passwd", "//", "/attune", "/static/a/b/c/d/e", "/assets/a/b"),
        *("/gradio_api/dev/reload", "/gradio_api/vibe-code", "/gradio_api/component_server"),
    ],
)
async def test_what_the_page_does_not_need_is_not_there(made: Made, path: str) -> None:
    async with made.browser() as one:
        await one.get("/")
        reached = len(made.behind.reached)
        for method in ("GET", "POST"):
            url = httpx.URL(HOME).copy_with(raw_path=path.encode())
            assert (await one.request(method, url)).status_code == 404
        assert len(made.behind.reached) == reached


@pytest.mark.parametrize("path", ["/assets/..", "/static/../ui/server.py", "/static/..", "/.env"])
def test_no_route_leads_up(path: str) -> None:
    assert find_route("GET", path) is None


def test_other_methods_find_nothing() -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"):
        assert find_route(method, "/") is None
    assert not any({"PUT", "DELETE", "OPTIONS"} & route.methods for route in ROUTES)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "", "[::1]:7860"]
)
async def test_another_name_of_this_machine_is_refused(made: Made, host: str) -> None:
    async with made.browser() as one:
        answer = await one.get("/", headers={"host": host})
        assert answer.status_code == 400 and not cookie(answer)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:7860"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/attune/go", "/attune/sign-in"])
async def test_another_page_cannot_post(made: Made, headers: dict[str, str], path: str) -> None:
    async with made.browser() as one:
        await one.get("/")
        reached = len(made.behind.reached)
        answer = await one.post(path, json={"session_hash": "x"}, headers=headers)
        assert answer.status_code == 403 and len(made.behind.reached) == reached
        assert "access-control-allow-origin" not in answer.headers


async def test_another_page_cannot_read_along(made: Made) -> None:
    async with made.browser() as one:
        await one.get("/")
        path = "/gradio_api/queue/data?session_hash=x"
        answer = await one.get(path, headers={"sec-fetch-site": "same-site"})
        assert answer.status_code == 403


async def test_its_own_page_can_post(made: Made) -> None:
    async with made.browser() as one:
        await one.get("/")
        own = {"origin": HOME, "sec-fetch-site": "same-origin"}
        answer = await one.post("/gradio_api/queue/join", json={"session_hash": "x"}, headers=own)
        assert answer.status_code == 200


async def test_a_link_from_elsewhere_does_not_replace_a_visitor(made: Made) -> None:
    """The browser keeps a strict cookie back then, and the page would make another."""
    async with made.browser() as one:
        answer = await one.get("/", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 200 and not cookie(answer)
        assert 'http-equiv="refresh"' in answer.text


@pytest.mark.parametrize(
    "name", ["https://a.example", "a.example/path", "a b", "a@b.example", "*.example", "a?b"]
)
def test_a_public_name_is_a_host_name(name: str) -> None:
    with pytest.raises(ConfigError, match="--behind"):
        Site(name)


@pytest.fixture
def public(folder: UploadFolder) -> Made:
    return Made(folder, Entry(site=Site("Attune.example.org")))


async def test_behind_a_proxy_cookies_travel_over_https_alone(public: Made) -> None:
    async with public.browser(PUBLIC) as one:
        answer = await one.get("/")
        assert cookie(answer).startswith("__Host-attune_visitor=")
        assert "; Secure" in cookie(answer)
        assert answer.headers["strict-transport-security"]


async def test_behind_a_proxy_only_the_public_name_opens_the_page(public: Made) -> None:
    async with public.browser() as one:
        assert (await one.get("/")).status_code == 400
        assert (await one.get("/health")).status_code == 200


async def test_behind_a_proxy_the_page_stands_at_the_public_address(public: Made) -> None:
    async with public.browser(PUBLIC.replace("https", "http")) as one:
        answer = await one.post(
            "/gradio_api/queue/join",
            json={"session_hash": "x"},
            headers={"origin": PUBLIC, "x-forwarded-host": "evil.example"},
        )
        assert answer.json()["url"] == f"{PUBLIC}/gradio_api/queue/join"


async def test_without_a_proxy_nobody_says_where_the_server_stands(made: Made) -> None:
    async with made.browser() as one:
        claims = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
        answer = await one.post(
            "/gradio_api/queue/join", json={"session_hash": "x"}, headers=claims
        )
        assert answer.json()["url"].startswith(HOME)
        assert not [name for name in answer.json()["headers"] if "forwarded" in name]


@pytest.mark.parametrize(("behind", "refused"), [("", True), ("attune.example.org", False)])
async def test_an_address_is_taken_from_the_proxy_alone(
    folder: UploadFolder, behind: str, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.limits.PER_ADDRESS", {"visitor": "1/hour"})
    made = Made(folder, Entry(site=Site(behind)), limits=RateLimits())
    async with made.browser(PUBLIC if behind else HOME) as one:
        statuses = []
        for last in ("192.0.2.1", "192.0.2.2"):
            one.cookies.clear()
            answer = await one.get("/", headers={"x-forwarded-for": f"192.0.2.9, {last}"})
            statuses.append(answer.status_code)
        assert statuses == [200, 429 if refused else 200]


async def test_who_comes_too_often_is_shown_where_help_is(
    folder: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.limits.PER_ADDRESS", {"visitor": "1/hour"})
    made = Made(folder, limits=RateLimits())
    async with made.browser(headers={"accept": "text/html"}) as one:
        await one.get("/")
        one.cookies.clear()
        answer = await one.get("/")
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 3000
        assert "somebody to talk to" in answer.text
