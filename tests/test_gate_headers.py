"""What every answer tells the browser."""

import base64
import hashlib

import pytest

from tests.made_gate import Made
from ui.gate.headers import policy


def directives(value: str) -> dict[str, list[str]]:
    parts = (part.split() for part in value.split(";"))
    return {name: values for name, *values in parts}


def digest(script: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/gradio_api/upload", "/theme.css"])
async def test_every_answer_carries_the_headers_once(made: Made, path: str) -> None:
    async with made.browser() as one:
        answer = await one.get(path)
        for name, value in {
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "x-frame-options": "DENY",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }.items():
            assert answer.headers.get_list(name) == [value]
        assert len(answer.headers.get_list("content-security-policy")) == 1
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert answer.headers["cache-control"]


async def test_only_the_pages_own_scripts_run(made: Made) -> None:
    async with made.browser() as one:
        allowed = directives((await one.get("/")).headers["content-security-policy"])["script-src"]
        assert "'unsafe-inline'" not in allowed
        assert {digest(b"mine()"), digest(b"fromPageJs()")} <= set(allowed)
        assert digest(b"") not in allowed


async def test_other_answers_allow_no_script_in_their_html(made: Made) -> None:
    async with made.browser() as one:
        allowed = directives((await one.get("/health")).headers["content-security-policy"])
        assert not any(value.startswith("'sha256") for value in allowed["script-src"])


def test_nothing_is_fetched_from_anywhere_else() -> None:
    for name, values in directives(policy()).items():
        assert set(values) <= {
            *("'self'", "'none'", "data:", "blob:", "'unsafe-eval'", "'unsafe-inline'"),
        }, name
    assert directives(policy())["frame-ancestors"] == ["'none'"]
    assert directives(policy())["form-action"] == ["'self'"]


async def test_the_page_arrives_whole(made: Made) -> None:
    async with made.browser() as one:
        assert (await one.get("/")).text.endswith("<p>hello</p>")


async def test_the_query_of_the_page_does_not_reach_gradio(made: Made) -> None:
    async with made.browser() as one:
        await one.get("/?deep_link=../x&page=y")
        assert made.behind.reached[-1][0] == "/"


async def test_without_https_nothing_claims_it(made: Made) -> None:
    async with made.browser() as one:
        assert "strict-transport-security" not in (await one.get("/")).headers
