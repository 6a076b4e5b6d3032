"""`/health`, for whoever runs the program."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.made_gate import HOME, WELL, Made
from ui.gate.accounts import Accounts
from ui.gate.gate import Entry
from ui.gate.site import Site
from ui.uploads import UploadFolder

Make = Callable[..., Made]
BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def make(folder: UploadFolder) -> Make:
    return lambda *args, **options: Made(folder, *args, **options)


@pytest.fixture
def signing(make: Make, tmp_path: Path) -> Made:
    accounts = Accounts(tmp_path / "users.yaml", new=True)
    accounts.put("ada", "four plain old words")
    return make(Entry(site=Site(), accounts=accounts))


async def test_a_program_gets_json(make: Make) -> None:
    async with make().browser() as one:
        answer = await one.get("/health")
        assert answer.status_code == 200 and answer.json() == WELL
        assert answer.headers["cache-control"] == "no-store"


async def test_a_browser_gets_a_page_without_script(make: Make) -> None:
    async with make().browser(headers=BROWSER) as one:
        page = (await one.get("/health")).text
        assert "Everything works." in page and '<html lang="en">' in page
        assert "<td>text &lt;b&gt;</td><td>works</td>" in page and "<script" not in page


async def test_a_browser_gets_words_and_what_people_notice_comes_first(make: Make) -> None:
    [model] = WELL["models"]
    resting = {**model, "state": "open", "failures": 3, "last_failure": "OSError", "retry_s": 29.6}
    storage = {"kind": "sqlite", "ready": False, "trouble": "there is no key: make one"}
    sick = {**WELL, "status": "degraded", "models": [resting], "storage": storage}
    async with make(health={**sick, "notices": ["I cannot hear."]}).browser(headers=BROWSER) as one:
        page = (await one.get("/health")).text
        assert "rests for 30 s" in page and "3, the last one OSError" in page
        assert "there is no key: make one" in page and "closed" not in page
        assert (
            page.index("people are answered") < page.index("I cannot hear.") < page.index("<table")
        )


async def test_what_answers_nobody_is_not_well(make: Make) -> None:
    async with make(health={**WELL, "status": "down"}).browser() as one:
        assert (await one.get("/health")).status_code == 503


async def test_what_is_only_slow_is_still_there(make: Make) -> None:
    async with make(health={**WELL, "status": "degraded"}).browser() as one:
        assert (await one.get("/health")).status_code == 200


async def test_strangers_see_one_word_where_people_sign_in(signing: Made) -> None:
    async with signing.browser() as one:
        assert (await one.get("/health")).json() == {"status": "ok"}
        page = (await one.get("/health", headers=BROWSER)).text
        assert "Everything works." in page and "<table" not in page


async def test_who_signed_in_sees_all_of_it(signing: Made) -> None:
    async with signing.browser() as one:
        form = {"name": "ada", "password": "four plain old words"}
        await one.post("/attune/sign-in", data=form, headers={"origin": HOME})
        assert (await one.get("/health")).json() == WELL
