"""Signing in with a name and a password."""

import os
import shutil
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.made_gate import HOME, Made
from tools.errors import ConfigError
from ui.__main__ import app
from ui.gate.accounts import LONGEST, Accounts
from ui.gate.gate import Entry, read_entry
from ui.gate.identity import Identity
from ui.gate.limits import RateLimits
from ui.gate.passes import IDLE_S, LONGEST_S, Passes
from ui.gate.sign_in import WRONG
from ui.gate.site import Site
from ui.uploads import UploadFolder

WORDS = "four plain old words"
OTHER = "five words nobody has said"
PAGE = "/attune/sign-in"


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one account; made once, as a password is slow to hash by intent."""
    file = tmp_path_factory.mktemp("accounts") / "users.yaml"
    Accounts(file, new=True).put("Ada", WORDS)
    return file


@pytest.fixture
def file(ada: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy2(ada, tmp_path))


@pytest.fixture
def made(file: Path, folder: UploadFolder) -> Made:
    return Made(folder, Entry(site=Site(), accounts=Accounts(file)))


async def come(one: httpx.AsyncClient, name: str = "ada", password: str = WORDS) -> httpx.Response:
    form = {"name": name, "password": password}
    return await one.post(PAGE, data=form, headers={"origin": HOME})


async def test_a_stranger_is_led_to_the_sign_in(made: Made) -> None:
    async with made.browser() as one:
        answer = await one.get("/")
        assert answer.status_code == 303 and answer.headers["location"] == PAGE
        assert not answer.cookies and not made.behind.reached


async def test_the_sign_in_shows_help_that_needs_none(made: Made) -> None:
    async with made.browser() as one:
        page = (await one.get(PAGE)).text
        assert "somebody to talk to" in page and "<script" not in page
        for label in ("name", "password"):
            assert f'<label for="{label}">' in page and f'id="{label}"' in page


async def test_a_name_and_its_password_open_the_page(made: Made, file: Path) -> None:
    async with made.browser() as one:
        answer = await come(one, " ADA ")
        assert answer.status_code == 303 and answer.headers["location"] == "/"
        assert (await one.get("/")).text.endswith("<p>hello</p>")
        assert made.behind.reached[-1][1] == Accounts(file).key("ada") != "user:ada"
        assert (await one.get(PAGE)).headers["location"] == "/"


async def test_the_cookie_is_for_this_page_and_session_alone(made: Made) -> None:
    async with made.browser() as one:
        parts = (await come(one)).headers["set-cookie"].split("; ")
        assert parts[0].startswith("attune_pass=") and len(parts[0]) > 50
        assert parts[1:] == ["Path=/", "HttpOnly", "SameSite=Strict"]


async def test_a_visitors_cookie_opens_nothing_where_people_sign_in(
    made: Made, tmp_path: Path
) -> None:
    open_to_all = Made(made.behind.folder)
    async with open_to_all.browser() as one, made.browser() as other:
        await one.get("/")
        other.cookies = one.cookies
        assert (await other.get("/")).status_code == 303
        answer = await other.post("/gradio_api/queue/join", json={"session_hash": "x"})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", OTHER), ("nobody", WORDS), ("", ""), ("ada", ""), ("ada", WORDS + " ")],
)
async def test_what_does_not_belong_together_is_told_in_the_same_words(
    made: Made, name: str, password: str
) -> None:
    async with made.browser() as one:
        answer = await come(one, name, password)
        assert answer.status_code == 401 and WRONG in answer.text
        assert password not in answer.text or not password
        assert not one.cookies


async def test_an_unknown_name_is_checked_like_a_known_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    accounts, checked = Accounts(file), []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hash: str, password: str) -> bool:
        checked.append(hash.rsplit("$", 2)[0])
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not await accounts.check("nobody", WORDS)
    assert not await accounts.check("ada", OTHER)
    assert len(checked) == 2 and checked[0] == checked[1], "other work for an unknown name"


async def test_a_name_comes_back_as_text(made: Made) -> None:
    async with made.browser() as one:
        page = (await come(one, '"><script>hit()</script>', OTHER)).text
        assert "<script" not in page


async def test_guessing_is_ended(
    file: Path, folder: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.gate.limits.PER_PERSON", {"sign-in": "2/15 minutes"})
    monkeypatch.setattr("ui.gate.limits.PER_ADDRESS", {"sign-in": "4/hour"})
    made = Made(folder, Entry(site=Site(), accounts=Accounts(file)), limits=RateLimits())
    async with made.browser() as one, made.browser(client=("192.0.2.7", 1)) as elsewhere:
        assert [(await come(one, "ada", OTHER)).status_code for _ in range(2)] == [401, 401]
        right = await come(one)
        assert right.status_code == 429 and int(right.headers["retry-after"]) > 0
        assert [(await come(one, n, OTHER)).status_code for n in "abc"] == [401, 401, 429]
        assert (await come(elsewhere)).status_code == 303, "locked out by somebody else"


@pytest.mark.parametrize("way", ["/attune/sign-out", "/attune/go"])
async def test_signing_out_ends_the_pass_itself(made: Made, way: str) -> None:
    async with made.browser() as one, made.browser() as copied:
        await come(one)
        copied.cookies = httpx.Cookies(one.cookies)
        assert (await one.post(way, headers={"origin": HOME})).status_code in (200, 204)
        assert not one.cookies
        assert (await copied.get("/")).status_code == 303


async def test_another_page_can_neither_sign_in_nor_out(made: Made) -> None:
    async with made.browser() as one:
        await come(one)
        foreign = {"origin": "https://evil.example"}
        form = {"name": "ada", "password": WORDS}
        assert (await one.post("/attune/sign-out", headers=foreign)).status_code == 403
        assert (await one.post(PAGE, data=form, headers=foreign)).status_code == 403
        assert (await one.get("/")).status_code == 200


async def test_a_form_without_end_is_refused(made: Made) -> None:
    async with made.browser() as one:
        answer = await one.post(PAGE, content=b"name=" + b"a" * 5000, headers={"origin": HOME})
        assert answer.status_code == 400


@pytest.mark.parametrize("change", ["remove", "password"])
async def test_who_is_removed_or_gets_another_password_is_out(
    made: Made, file: Path, change: str
) -> None:
    async with made.browser() as one:
        await come(one)
        accounts = Accounts(file)
        accounts.remove("ada") if change == "remove" else accounts.put("ada", OTHER)
        assert (await one.get("/")).status_code == 303


def test_a_pass_ends_with_time() -> None:
    now = [0.0]
    passes = Passes(lambda: now[0])
    idle, busy = (passes.give(Identity(key="user:ada")) for _ in range(2))
    while now[0] < LONGEST_S:
        assert passes.read(busy).known
        now[0] += IDLE_S / 2
    now[0] += 1
    assert not passes.read(busy).known and not passes.read(idle).known


def test_an_idle_pass_ends_early() -> None:
    now = [0.0]
    passes = Passes(lambda: now[0])
    token = passes.give(Identity(key="user:ada"))
    now[0] = IDLE_S + 1
    assert not passes.read(token).known


def test_only_so_many_passes_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.gate.passes._MOST", 2)
    passes = Passes()
    tokens = [passes.give(Identity(key=f"user:{n}")) for n in range(3)]
    assert [passes.read(token).known for token in tokens] == [False, True, True]


# The users file.


def test_the_file_holds_hashes_and_is_its_owners_alone(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "$argon2id$" in text and WORDS not in text
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == ["users.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="rights are kept elsewhere here")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_entry(users=file)


def test_a_file_that_is_not_there_is_refused_with_the_way_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="users add"):
        read_entry(users=tmp_path / "none.yaml")


def test_a_file_in_another_format_is_refused(file: Path) -> None:
    file.write_text("ada: secret\n", "utf-8")
    with pytest.raises(ConfigError, match="users file"):
        Accounts(file)


async def test_a_broken_edit_leaves_everybody_as_they_were(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    accounts = Accounts(file)
    file.write_text("users: [", "utf-8")
    assert await accounts.check("ada", WORDS)
    assert "users file" in caplog.text


async def test_a_hash_that_is_none_opens_nothing(file: Path) -> None:
    file.write_text("users: {ada: {id: a, password: four plain old words}}\n", "utf-8")
    assert not await Accounts(file).check("ada", WORDS)


def test_who_gets_the_name_of_somebody_removed_finds_nothing_of_theirs(file: Path) -> None:
    accounts = Accounts(file)
    before = accounts.key("ada")
    accounts.remove("ada")
    assert accounts.key("ada") == ""
    accounts.put("ada", WORDS)
    assert accounts.key("ada") != before


def test_another_password_leaves_somebody_who_they_are(file: Path) -> None:
    accounts = Accounts(file)
    before = accounts.key("ada")
    accounts.put("Ada", "four other plain words")
    assert accounts.key(" ADA ") == before


@pytest.mark.parametrize(
    "name", ["", " ", "a:b", "a b", "../x", "<b>", "a" * 65, "user\n"[:-1] + "/"]
)
def test_a_name_that_cannot_be_typed_is_refused(file: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="name"):
        Accounts(file).put(name, WORDS)


@pytest.mark.parametrize("password", ["short", "a" * (LONGEST + 1)])
def test_a_password_that_is_too_short_or_long_is_refused_unrepeated(
    file: Path, password: str
) -> None:
    with pytest.raises(ConfigError, match="characters") as refused:
        Accounts(file).put("eve", password)
    assert password not in str(refused.value)


# The command.


def command(file: Path, *words: str, typed: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["users", *words, "--users", str(file)], input=typed)
    if isinstance(done.exception, ConfigError):
        return 2, str(done.exception)
    return done.exit_code, done.output


async def test_the_command_adds_lists_and_removes(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    code, said = command(file, "add", "Bo", typed=f"{WORDS}\n{WORDS}\n")
    assert code == 0 and WORDS not in said
    assert await Accounts(file).check("bo", WORDS)
    assert command(file, "list") == (0, "bo\n")
    assert command(file, "remove", "BO")[0] == 0
    assert command(file, "list") == (0, "")


def test_a_password_is_typed_the_same_twice(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    command(file, "add", "Bo", typed=f"{WORDS}\n{OTHER}\n")
    assert not file.exists()


def test_removing_nobody_is_said(file: Path) -> None:
    assert command(file, "remove", "eve") == (
        2, "nobody called 'eve' can sign in; see `python -m ui users list`",
    )  # fmt: skip
