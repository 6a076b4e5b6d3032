"""The rating page as a browser receives it, without a browser."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.made_rating import CRITERIA, HOME, ONE, OTHER, answer, browser, rubric, run, study
from tools.errors import ConfigError, DataError
from tools.judging.ratings import PairRating, read_ratings
from tools.judging.rubrics import Scale
from tools.safety.resources import load_resources
from ui.rating import texts
from ui.rating.colours import colours
from ui.rating.ledger import Ledger
from ui.rating.study import Study

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ratings.jsonl"


def progress(page: httpx.Response) -> str:
    [said] = re.findall(r'<progress [^>]*aria-label="([^"]*)"', page.text)
    return str(said)


def pressed(page: httpx.Response) -> list[str]:
    return re.findall(r'value="(\w+)"[^>]* aria-pressed="true"', page.text)


def received(answers: Iterable[httpx.Response]) -> str:
    """Return all that came to a browser: bodies, headers, and the answers that led there."""
    return "\n".join(
        f"{one.url} {one.headers} {one.text}" for last in answers for one in [*last.history, last]
    ).casefold()


@pytest.mark.parametrize("scale", [None, Scale(low=0, high=2)])
async def test_no_name_of_a_run_ever_comes_to_the_browser(file: Path, scale: Scale | None) -> None:
    made = study(3, scale=scale)
    async with browser(made, file) as one:
        answers = [await one.get(path) for path in ("/", "/help", "/rating.css", "/rating.js")]
        answers.append(await one.post("/", data={"rater": "maple"}))
        for number in range(1, len(made.questions("maple")) + 1):
            answers.append(await one.get(f"/rate/maple/{number}"))
            choice = ["skip", "2" if scale else "left"][number % 2]
            answers.append(await answer(one, f"/rate/maple/{number}", choice))
            answers.append(await one.get(f"/rate/maple/{number}"))
        answers += [await one.get(f"/rate/maple/{page}") for page in ("stop", "end", "skipped")]
        answers.append(await one.post("/rate/maple/1", data={"mark": "x", "choice": "left"}))
        answers.append(await one.get("/rate/maple/999"))
    seen = received(answers)
    assert "reply a to" in seen and "reply b to" in seen, "this test looks at too little"
    for name in (ONE, OTHER):
        assert name not in seen
    assert len(read_ratings(file)) == len(made.questions("maple")) // 2


async def test_the_mark_of_a_question_tells_no_run(file: Path) -> None:
    turned = Study([run(ONE, 1, "Hello."), run(OTHER, 1, "Hello.")], rubric())
    other = Study([run("zinnia", 1, "Hello."), run("aster", 1, "Hello.")], rubric())
    marks = []
    for made in (turned, other):
        async with browser(made, file) as one:
            marks += re.findall(r'name="mark" value="(\w+)"', (await one.get("/rate/maple/1")).text)
    assert marks[0] == marks[1]


async def test_the_start_says_what_is_asked_what_is_recorded_and_where_help_is(file: Path) -> None:
    async with browser(study(), file) as one:
        said = (await one.get("/")).text
        assert "3 pairs with 2 questions each" in said
        assert "stop at any time" in said and "hard things" in said
        assert "Your choices, the time of each" in said
        assert '<a href="/help"' in said


async def test_help_is_that_of_the_product_and_of_the_country_that_is_chosen(file: Path) -> None:
    async with browser(study(), file, country="DE") as one:
        first, chosen = await one.get("/help"), await one.get("/help?country=GB")
        unknown = await one.get("/help?country=%3Cb%3E")
    german, british = (load_resources().find(code) for code in ("DE", "GB"))
    assert german and british
    assert german.services[0].name in first.text
    assert british.services[0].name in chosen.text
    assert german.services[0].name not in chosen.text
    assert unknown.status_code == 200 and "<b>" not in unknown.text


@pytest.mark.parametrize("word", ["", "a", "two words", "x" * 41, "../maple", "maple\n", "é" * 3])
async def test_a_word_that_cannot_be_used_is_said_and_asked_for_again(
    file: Path, word: str
) -> None:
    async with browser(study(), file) as one:
        answer = await one.post("/", data={"rater": word if word != "maple\n" else "ma\nple"})
        assert answer.status_code == 422 and 'role="alert"' in answer.text
        assert 'aria-invalid="true"' in answer.text


async def test_a_word_counts_the_same_in_capitals(file: Path) -> None:
    async with browser(study(), file) as one:
        answer = await one.post("/", data={"rater": " Maple-42 "})
        assert answer.url.path == "/rate/maple-42/1"


async def test_a_choice_is_written_and_leads_to_the_next_question(file: Path) -> None:
    made = study()
    async with browser(made, file) as one:
        page = await answer(one, "/rate/maple", "right")
        assert page.url.path == "/rate/maple/2"
        assert progress(page) == "1 of 6 questions answered"
    [rating] = read_ratings(file)
    assert isinstance(rating, PairRating)
    assert rating.value == made.questions("maple")[0].right


async def test_progress_is_told_by_pair_and_question(file: Path) -> None:
    async with browser(study(12), file) as one:
        page = await one.get("/rate/maple/6")
        assert "<strong>Pair 3 of 12</strong> · question 2 of 2" in page.text
        assert f"<h1>{CRITERIA[1]}</h1>" in page.text


async def test_who_comes_back_goes_on_where_they_stopped(file: Path) -> None:
    async with browser(study(), file) as one:
        for _ in range(3):
            await answer(one, "/rate/maple", "tie")
    async with browser(study(), file) as later:  # another program, another day
        page = await later.post("/", data={"rater": "maple"})
        assert page.url.path == "/rate/maple/4"


async def test_a_choice_can_be_seen_and_changed_one_step_back(file: Path) -> None:
    made = study()
    async with browser(made, file) as one:
        page = await answer(one, "/rate/maple", "left")
        [back] = re.findall(rf'href="([^"]*)">{texts.BACK}<', page.text)
        before = await one.get(back)
        assert pressed(before) == ["left"]
        after = await answer(one, back, "right")
        assert after.url.path == "/rate/maple/2", "who changes a choice goes on where they were"
        assert pressed(await one.get(back)) == ["right"]
    [rating] = read_ratings(file)
    assert rating.value == made.questions("maple")[0].right


async def test_the_first_question_has_no_step_back(file: Path) -> None:
    async with browser(study(), file) as one:
        assert texts.BACK not in (await one.get("/rate/maple/1")).text


async def test_a_question_can_be_skipped_and_looked_at_in_the_end(file: Path) -> None:
    async with browser(study(1), file) as one:
        assert (await answer(one, "/rate/maple/1", "skip")).url.path == "/rate/maple/2"
        end = await answer(one, "/rate/maple/2", "left")
        assert end.url.path == "/rate/maple/end"
        assert texts.THANKS in end.text and texts.SKIPPED_ONE in end.text
        again = await one.get("/rate/maple/skipped")
        assert again.url.path == "/rate/maple/1" and texts.SKIPPED_BEFORE in again.text
        done = await answer(one, "/rate/maple/1", "tie")
        assert done.url.path == "/rate/maple/end" and "skipped" not in done.text
    assert len(read_ratings(file)) == 2


async def test_a_pair_can_be_skipped_whole(file: Path) -> None:
    async with browser(study(2), file) as one:
        assert (await answer(one, "/rate/maple/1", "skip-all")).url.path == "/rate/maple/3"


async def test_skipping_a_pair_keeps_what_was_answered_about_it(file: Path) -> None:
    async with browser(study(2), file) as one:
        await answer(one, "/rate/maple/1", "left")
        assert (await answer(one, "/rate/maple/2", "skip-all")).url.path == "/rate/maple/3"
        assert pressed(await one.get("/rate/maple/1")) == ["left"]
    skipped = file.with_suffix(".skipped.jsonl").read_text("utf-8").splitlines()
    assert len(skipped) == 1, "an answered question was written down as left out"


async def test_two_tabs_answer_different_questions_and_both_are_kept(file: Path) -> None:
    async with browser(study(), file) as one, browser(study(), file) as other:
        shown = await other.get("/rate/maple/1")
        await answer(one, "/rate/maple/1", "left")
        await answer(one, "/rate/maple/2", "tie")
        [mark] = re.findall(r'name="mark" value="(\w+)"', shown.text)
        late = await other.post("/rate/maple/1", data={"mark": mark, "choice": "right"})
        assert late.url.path == "/rate/maple/3", "the other tab's answer was asked for again"
    assert len(read_ratings(file)) == 2


async def test_a_question_that_is_another_one_by_now_takes_no_choice(file: Path) -> None:
    async with browser(study(20), file) as one:
        shown = await one.get("/rate/maple/1")
    [mark] = re.findall(r'name="mark" value="(\w+)"', shown.text)
    async with browser(study(20, seed=3), file) as later:
        late = await later.post("/rate/maple/1", data={"mark": mark, "choice": "left"})
        assert late.status_code == 409 and "not taken" in late.text
    assert read_ratings(file) == []


@pytest.mark.parametrize("choice", ["", "A", ONE, "left ", "11"])
async def test_a_choice_that_is_none_is_not_written(file: Path, choice: str) -> None:
    async with browser(study(), file) as one:
        assert (await answer(one, "/rate/maple/1", choice)).status_code == 422
    assert read_ratings(file) == []


async def test_a_choice_that_could_not_be_kept_is_said_and_the_next_one_is_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise DataError("the ratings cannot be written (no space)")

    async with browser(study(), file) as one:
        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
            patch.setattr(Ledger, "choose", full)
            failed = await answer(one, "/rate/maple/1", "left")
        assert failed.status_code == 503 and 'href="/rate/maple/1"' in failed.text
        assert "no space" in caplog.text and "no space" not in failed.text
        assert (await answer(one, "/rate/maple/1", "left")).url.path == "/rate/maple/2"


async def test_a_file_that_was_spoilt_meanwhile_is_said_without_its_content(file: Path) -> None:
    async with browser(study(), file) as one:
        await answer(one, "/rate/maple/1", "left")
        file.write_text(f"{ONE}\n{ONE}\n", "utf-8")
        page = await one.get("/rate/maple")
        assert page.status_code == 503 and "cannot be read" in page.text
        assert ONE not in page.text


async def test_a_scale_shows_one_reply_and_what_its_levels_mean(file: Path) -> None:
    levels = {0: "not at all", 2: "strongly"}
    made = study(2, scale=Scale(low=0, high=2, levels=levels))
    async with browser(made, file) as one:
        page = await one.get("/rate/maple/1")
        assert page.text.count('class="reply"') == 1
        assert re.findall(r'<button name="choice" value="(\d)"', page.text) == ["0", "1", "2"]
        assert "0: not at all" in page.text and "Reply 1 of 4" in page.text


async def test_what_to_look_for_stands_open_at_the_first_pair_alone(file: Path) -> None:
    async with browser(study(), file) as one:
        pages = [(await one.get(f"/rate/maple/{n}")).text for n in (1, 2, 3)]
    assert ["<details open>" in page for page in pages] == [True, True, False]
    assert all("<strong>The better reply:</strong> Clear." in page for page in pages)


async def test_earlier_turns_are_folded_away_behind_the_last_four(file: Path) -> None:
    turn = {"speaker": "person", "text": "Hello again."}
    before = [turn] * 7
    made = Study([run(n, 1, before=before) for n in (ONE, OTHER)], rubric())
    async with browser(made, file) as one:
        page = (await one.get("/rate/maple/1")).text
    assert "3 earlier turns" in page
    folded, _, rest = page.partition("3 earlier turns")[2].partition("</details>")
    assert folded.count("Hello again.") == 3 and rest.count("Hello again.") == 4


async def test_markup_in_any_text_of_a_run_is_escaped(file: Path) -> None:
    bad = '<img src=x onerror="go()"></p><script>go()</script>'
    before = [{"speaker": "person", "text": bad}]
    made = Study([run(n, 1, bad, said=bad, before=before) for n in (ONE, OTHER)], rubric())
    async with browser(made, file) as one:
        page = (await one.get("/rate/maple/1")).text
    assert page.count("&lt;img src=x onerror=&quot;go()&quot;&gt;") == 4
    assert "<img" not in page and page.count("<script") == 1


@pytest.mark.parametrize(
    "path",
    ["/rate/maple/0", "/rate/maple/7", "/rate/MAPLE/1", "/rate/..%2F/1", "/docs", "/openapi.json",
     "/gradio_api/info", "/gradio_api/file=/etc/hostname", "/ratings.jsonl", "/rating.py",
     "/config", "/monitoring"],
)  # fmt: skip
async def test_nothing_else_is_there(file: Path, path: str) -> None:
    async with browser(study(), file) as one:
        answer = await one.get(path)
        assert answer.status_code == 404 and "There is nothing here" in answer.text


@pytest.mark.parametrize("path", ["/", "/help", "/rate/maple/1", "/rating.js", "/nothing"])
async def test_every_answer_carries_the_headers_of_the_product_and_stricter(
    file: Path, path: str
) -> None:
    async with browser(study(), file) as one:
        headers = (await one.get(path)).headers
    assert headers["x-frame-options"] == "DENY" and headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    [policy] = headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "camera=()" in headers["permissions-policy"]


async def test_a_page_that_shows_texts_is_not_put_down_by_a_browser(file: Path) -> None:
    async with browser(study(), file) as one:
        assert (await one.get("/rate/maple/1")).headers["cache-control"] == "no-store"


async def test_another_site_cannot_answer_in_somebodys_place(file: Path) -> None:
    async with browser(study(), file) as one:
        [mark] = re.findall(r'name="mark" value="(\w+)"', (await one.get("/rate/maple/1")).text)
        for foreign in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            sent = await one.post(
                "/rate/maple/1", data={"mark": mark, "choice": "left"}, headers=foreign
            )
            assert sent.status_code == 403
    assert read_ratings(file) == []


async def test_the_page_answers_to_its_own_names_alone(file: Path) -> None:
    async with browser(study(), file) as one:
        assert (await one.get("/", headers={"host": "evil.example"})).status_code == 400
    async with browser(study(), file, behind="rate.example") as one:
        assert (await one.get("/", headers={"host": "rate.example"})).status_code == 200


def test_a_host_name_that_is_none_is_refused(file: Path) -> None:
    with pytest.raises(ConfigError, match="host name"):
        browser(study(), file, behind="https://rate.example")


async def test_a_form_without_end_is_not_read(file: Path) -> None:
    async with browser(study(), file) as one:
        answer = await one.post("/", data={"rater": "x" * 10_000})
        assert answer.status_code == 422
        assert str(one.base_url).startswith(HOME)


async def test_people_to_talk_to_are_listed_as_on_the_chat_page(file: Path) -> None:
    async with browser(study(), file) as one:
        assert (ROOT / "ui/services.css").read_text("utf-8") in (await one.get("/rating.css")).text


def test_the_colours_are_those_of_the_chat_page_by_day_and_by_night() -> None:
    style = (ROOT / "ui" / "style.css").read_text("utf-8")
    day, night = colours(style).split("@media")
    sheets = ("ui/services.css", "ui/rating/rating.css")
    own = "".join((ROOT / sheet).read_text("utf-8") for sheet in sheets)
    used = set(re.findall(r"var\((--[\w-]+)\)", own))
    for part in (day, night):
        assert used <= set(re.findall(r"(--[\w-]+):", part))
