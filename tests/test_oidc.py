"""Signing in with a provider of OpenID Connect, against a made one on loopback."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml

from tests.made_gate import Made
from tools.errors import ConfigError
from ui.gate.gate import read_entry
from ui.uploads import UploadFolder

pytest.importorskip("authlib")
pytest.importorskip("itsdangerous")

from tests.made_oidc import CLIENT, SECRET, SUBJECT, Provider, RSAKey, running

START, BACK = "/attune/oidc/start", "/attune/oidc/back"
Make = Callable[..., Made]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as made:
        yield made


@pytest.fixture(autouse=True)
def good(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.metadata, provider.claims, provider.signed = {}, {}, provider.sign
    monkeypatch.setenv("ATTUNE_OIDC_SECRET", SECRET)


@pytest.fixture
def make(provider: Provider, folder: UploadFolder, tmp_path: Path) -> Make:
    def make(**settings: Any) -> Made:
        entry = read_entry(oidc=write(tmp_path, issuer=provider.issuer, **settings))
        return Made(folder, entry)

    return make


def write(folder: Path, **settings: Any) -> Path:
    file = folder / "oidc.yaml"
    file.write_text(yaml.safe_dump({"client_id": CLIENT, **settings}), "utf-8")
    return file


async def start(one: httpx.AsyncClient) -> str:
    answer = await one.get(START)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def back(one: httpx.AsyncClient, query: dict[str, str]) -> httpx.Response:
    return await one.get(BACK, params=query, headers={"sec-fetch-site": "cross-site"})


async def sign_in(one: httpx.AsyncClient, provider: Provider) -> httpx.Response:
    return await back(one, provider.approve(await start(one)))


async def is_in(one: httpx.AsyncClient) -> bool:
    return (await one.get("/")).status_code == 200


async def test_a_person_comes_in_as_issuer_and_subject(make: Make, provider: Provider) -> None:
    made = make()
    provider.claims = {"email": "ada@example.org", "email_verified": True}
    async with made.browser() as one:
        answer = await sign_in(one, provider)
        assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text
        assert await is_in(one)
        assert made.behind.reached[-1][1] == f"oidc:{provider.issuer} {SUBJECT}"


async def test_the_pass_is_strict_and_the_state_is_gone(make: Make, provider: Provider) -> None:
    async with make().browser() as one:
        answer = await sign_in(one, provider)
        cookies = answer.headers.get_list("set-cookie")
        assert any(c.startswith("attune_pass=") and "SameSite=Strict" in c for c in cookies)
        assert "attune_oidc" not in one.cookies


async def test_the_way_out_carries_state_nonce_and_a_challenge(make: Make) -> None:
    async with make().browser() as one, make().browser() as other:
        first, second = [parse_qs(urlsplit(await start(who)).query) for who in (one, other)]
        assert first["code_challenge_method"] == ["S256"] and first["scope"] == ["openid profile"]
        assert first["redirect_uri"] == ["http://127.0.0.1:7860/attune/oidc/back"]
        for name in ("state", "nonce", "code_challenge"):
            assert len(first[name][0]) >= 20 and first[name] != second[name]


async def test_the_cookie_of_the_state_is_http_only(make: Make) -> None:
    async with make().browser() as one:
        said = (await one.get(START)).headers["set-cookie"].lower()
        assert "httponly" in said and "samesite=lax" in said and "path=/attune/oidc" in said


async def test_an_answer_to_another_browser_is_refused(make: Make, provider: Provider) -> None:
    """Somebody could else be signed in to an attacker's account, and tell it everything."""
    made = make()
    async with made.browser() as attacker, made.browser() as victim:
        query = provider.approve(await start(attacker))
        await start(victim)
        assert (await back(victim, query)).status_code == 401
        assert not await is_in(victim)


@pytest.mark.parametrize("change", [{"state": "made-up"}, {"state": ""}, {"code": "made-up"}])
async def test_state_and_code_are_those_of_this_sign_in(
    make: Make, provider: Provider, change: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async with make().browser() as one:
        query = provider.approve(await start(one))
        assert (await back(one, {**query, **change})).status_code == 401
        assert not await is_in(one)
    assert "was not let in: " in caplog.text and "made-up" not in caplog.text


async def test_an_answer_counts_once(make: Make, provider: Provider) -> None:
    async with make().browser() as one:
        query = provider.approve(await start(one))
        assert (await back(one, query)).status_code == 200
        assert (await back(one, query)).status_code == 401


async def test_the_verifier_of_the_challenge_is_sent(make: Make, provider: Provider) -> None:
    async with make().browser() as one:
        await sign_in(one, provider)
        assert len(provider.asked[-1]["code_verifier"]) >= 43


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"iat": 32_503_680_000},
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    make: Make, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    async with make().browser() as one:
        assert (await sign_in(one, provider)).status_code == 401
        assert not await is_in(one)


@pytest.mark.parametrize("way", ["unsigned", "sign_with_secret", "strange_key"])
async def test_a_token_without_the_providers_signature_is_refused(
    make: Make, provider: Provider, way: str
) -> None:
    strange = RSAKey.generate_key(2048, {"kid": "made"})
    ways = {
        "unsigned": provider.unsigned,
        "sign_with_secret": provider.sign_with_secret,
        "strange_key": lambda claims: provider.sign(claims, strange),
    }
    provider.signed = ways[way]
    provider.metadata = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
    async with make().browser() as one:
        assert (await sign_in(one, provider)).status_code == 401
        assert not await is_in(one)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"authorization_endpoint": None},
    ],
)
async def test_a_provider_that_is_another_is_not_asked(
    make: Make,
    provider: Provider,
    metadata: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider.metadata = metadata
    async with make().browser() as one:
        answer = await one.get(START)
        assert answer.status_code == 502 and "location" not in answer.headers
    assert "provider" in caplog.text and "evil" not in caplog.text


async def test_a_provider_that_is_away_is_one_sentence_with_help(
    folder: UploadFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = Made(folder, read_entry(oidc=write(tmp_path, issuer="http://127.0.0.1:9")))
    async with made.browser() as one:
        answer = await one.get(START)
        assert answer.status_code == 502 and "somebody to talk to" in answer.text
    assert "nobody could be sent to the provider: ConnectError at oidc.py" in caplog.text


async def test_what_the_provider_says_is_not_shown(make: Make) -> None:
    async with make().browser() as one:
        await start(one)
        query = {"error": "x", "error_description": "<script>hit()</script>", "state": "y"}
        answer = await back(one, query)
        assert answer.status_code == 401 and "hit()" not in answer.text


@pytest.mark.parametrize(
    ("claims", "let_in"),
    [
        ({"email": "ada@Clinic.example", "email_verified": True}, True),
        ({"email": "ada@clinic.example", "email_verified": False}, False),
        ({"email": "ada@clinic.example"}, False),
        ({"email": "ada@clinic.example.evil.example", "email_verified": True}, False),
        ({"email": "clinic.example", "email_verified": True}, False),
        ({}, False),
        ({"sub": "other"}, False),
        ({"sub": "named"}, True),
    ],
)
async def test_only_those_allowed_come_in(
    make: Make, provider: Provider, claims: dict[str, Any], let_in: bool
) -> None:
    provider.claims = claims
    async with make(domains=["clinic.example"], subjects=["named"]).browser() as one:
        assert (await sign_in(one, provider)).status_code == (200 if let_in else 401)
        assert await is_in(one) is let_in


# The settings.


@pytest.mark.parametrize("issuer", ["http://accounts.example", "accounts.example", "ftp://a"])
def test_an_issuer_is_an_https_address(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(ConfigError, match="https"):
        read_entry(oidc=write(tmp_path, issuer=issuer))


def test_a_secret_that_is_not_set_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATTUNE_OIDC_SECRET")
    with pytest.raises(ConfigError, match="ATTUNE_OIDC_SECRET"):
        read_entry(oidc=write(tmp_path, issuer="https://accounts.example"))


def test_without_the_extra_packages_it_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *_: None if name == "authlib" else find(name)
    )
    with pytest.raises(ConfigError, match=r"\.\[server\]"):
        read_entry(oidc=write(tmp_path, issuer="https://accounts.example"))


def test_a_setting_that_is_unknown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="client_secret"):
        read_entry(oidc=write(tmp_path, issuer="https://a.example", client_secret="x"))
