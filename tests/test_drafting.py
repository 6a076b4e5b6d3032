"""Several drafts and one: what is kept of them, which is best, and what is written besides."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.context import Services
from agents.drafting import Setting, choose, tidy, worth
from graphs.keeping.saver import Saver
from graphs.run import Conversation
from graphs.shelf import Shelf
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import Busy, ModelError
from tools.labels import Strategy
from tools.phrases import load_phrases
from tools.sentences import split

QUESTION = Strategy.OPEN_QUESTION.value
RESTATEMENT = Strategy.RESTATEMENT.value
ASK = ChatRequest((Message("user", "I keep waiting."),))


class Scripted:
    """Write what a function makes of the request, and note every request."""

    def __init__(self, write: Callable[[ChatRequest], str], delay: float = 0.0) -> None:
        self.write, self.delay = write, delay
        self.asked: list[ChatRequest] = []
        self._lock = threading.Lock()

    def stream(self, request: ChatRequest) -> Iterator[str]:
        with self._lock:
            self.asked.append(request)
        for word in self.write(request).split(" "):
            time.sleep(self.delay)
            yield f"{word} "


def setting(strategy: str = QUESTION, **changes: Any) -> Setting:
    given = {"person": "I keep waiting for the letter.", "earlier": [], "sentences": 3}
    return Setting(strategy=strategy, **{**given, **changes})


def kept(draft: str, **changes: Any) -> list[str]:
    return setting(**changes).keep(split(draft))


def in_turn(*replies: str) -> Callable[[ChatRequest], str]:
    left = iter(replies)
    return lambda _: next(left)


def written_by(
    write: Callable[[ChatRequest], str], strategy: str, reply: str = ""
) -> tuple[Services, Scripted]:
    found = example(strategy=strategy, similarity=0.9, **({"reply": reply} if reply else {}))
    services, scripted = stub_services(found), Scripted(write)
    services.models.backend("chat").stream = scripted.stream
    return services, scripted


def test_a_draft_is_kept_up_to_its_question() -> None:
    draft = "The week is long. What is it like? There is more."
    assert kept(draft) == ["The week is long.", "What is it like?"]


def test_a_draft_is_kept_up_to_as_many_sentences_as_a_reply_has() -> None:
    draft = "The week is long. The days are slow. The box stays empty. It hurts."
    assert kept(draft, sentences=3) == split(draft)[:3]


def test_a_sentence_that_departs_is_left_out_and_does_not_count() -> None:
    draft = "You should rest. The week is long. The days are slow. The box stays empty."
    assert kept(draft, sentences=3) == split(draft)[1:]


def test_a_sentence_is_kept_once() -> None:
    assert kept("The week is long. The week is long.") == ["The week is long."]


def test_a_draft_does_not_begin_like_an_earlier_reply() -> None:
    earlier = ["The week is long, and nobody writes."]
    assert kept("The week is slow. The box stays empty.", earlier=earlier) == [
        "The box stays empty."
    ]


def test_only_the_first_sentence_is_held_to_a_new_opening() -> None:
    earlier = ["The week is long, and nobody writes."]
    draft = "You wait. The week is slow."
    assert kept(draft, earlier=earlier) == split(draft)


def test_a_sentence_that_the_bound_of_tokens_cut_is_left_out() -> None:
    assert kept("The week is long. And every day you") == ["The week is long."]


def test_a_first_sentence_without_a_stop_is_kept() -> None:
    assert kept("The week is long") == ["The week is long"]


@pytest.mark.parametrize("language", ["es", "fr", "de"])
@pytest.mark.parametrize("strategy", [QUESTION, RESTATEMENT, Strategy.ADVISEMENT.value])
def test_no_whole_reply_in_another_language_is_dropped(language: str, strategy: str) -> None:
    for reply in load_phrases().for_locale(language).fallback[Strategy(strategy)]:
        assert kept(reply, strategy=strategy, sentences=8)
        assert setting(strategy).lacks(reply) == ""


def test_an_open_question_in_another_language_is_no_closed_one() -> None:
    draft = "Eso pesa mucho. ¿Qué es lo que más te duele de esa espera?"
    assert kept(draft) == split(draft)


def test_a_draft_that_does_not_ask_is_worth_less_than_one_that_does() -> None:
    asks, tells = ["The week is long.", "What is it like?"], ["The week is long.", "All is still."]
    assert worth(asks, setting()) > 2 + worth(tells, setting())


def test_a_draft_that_takes_something_up_is_worth_more() -> None:
    own, taken = ["The evening stays away."], ["The letter stays away."]
    assert worth(taken, setting(RESTATEMENT)) > worth(own, setting(RESTATEMENT))


def test_a_draft_that_repeats_what_was_said_is_worth_less() -> None:
    parrots, turns = ["You keep waiting for the letter."], ["For the letter you keep waiting."]
    assert worth(turns, setting(RESTATEMENT)) > worth(parrots, setting(RESTATEMENT))


def test_a_draft_with_the_words_of_earlier_replies_is_worth_less() -> None:
    draft = ["The silence weighs heavily.", "Each morning disappoints."]
    used = setting(RESTATEMENT, earlier=["A silence weighs, each morning disappoints heavily."])
    assert worth(draft, used) < worth(draft, setting(RESTATEMENT))


def test_nothing_is_worth_least() -> None:
    poor = ["Waiting waiting waiting waiting."]
    assert worth([], setting()) < worth(poor, setting())


async def chosen(host: ChatHost, count: int, seconds: float = 5.0) -> list[str]:
    return await choose(host, "t", ASK, count, setting(), seconds)


async def test_the_best_of_the_drafts_is_chosen() -> None:
    best = "The letter stays away, day after day. What do you do while you wait?"
    script = Scripted(in_turn("You should rest.", "The week is long.", best))
    assert await chosen(ChatHost("chat", lambda: script), 3) == split(best)


async def test_only_the_first_draft_is_greedy() -> None:
    script = Scripted(lambda _: "The week is long.")
    await chosen(ChatHost("chat", lambda: script), 3)
    assert sorted(request.temperature for request in script.asked) == [0.0, 0.8, 0.8]


async def test_a_draft_that_fails_counts_for_nothing() -> None:
    def write(request: ChatRequest) -> str:
        if not request.temperature:
            raise ModelError("it broke")
        return "The week is long."

    host = ChatHost("chat", lambda: Scripted(write))
    assert await chosen(host, 2) == ["The week is long."]


async def test_the_error_is_that_of_the_first_draft_when_all_fail() -> None:
    def write(request: ChatRequest) -> str:
        raise ModelError(f"it broke at {request.temperature}")

    with pytest.raises(ModelError, match=r"it broke at 0\.0"):
        await chosen(ChatHost("chat", lambda: Scripted(write)), 2)


async def test_drafts_for_which_there_is_no_room_are_left_out() -> None:
    script = Scripted(lambda _: "The week is long.", delay=0.01)
    host = ChatHost("chat", lambda: script, max_open=2)
    host.open("another talk", ASK)
    assert await chosen(host, 3) == ["The week is long."]


async def test_without_room_for_one_draft_the_host_is_busy() -> None:
    host = ChatHost("chat", lambda: Scripted(lambda _: "One. Two.", delay=0.05), max_open=1)
    host.open("another talk", ASK)
    with pytest.raises(Busy):
        await chosen(host, 2)


async def test_a_draft_that_is_late_counts_as_far_as_it_has_come() -> None:
    slow = Scripted(lambda _: "The week is long. " + "And it goes on " * 500, delay=0.01)
    started = time.perf_counter()
    assert await chosen(ChatHost("chat", lambda: slow), 2, seconds=1.0) == ["The week is long."]
    assert time.perf_counter() - started < 3.0


async def test_no_draft_stays_open() -> None:
    host = ChatHost("chat", lambda: Scripted(lambda _: "The week is long.", delay=0.01))
    await chosen(host, 3)
    assert not any(host.is_open(f"t/{index}") for index in range(3))


async def test_no_draft_stays_open_when_the_turn_is_given_up() -> None:
    host = ChatHost("chat", lambda: Scripted(lambda _: "long " * 1000, delay=0.01))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await chosen(host, 3)
    assert not any(host.is_open(f"t/{index}") for index in range(3))


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        ('"The week is long."', "The week is long."),
        ('"The week is long.', "The week is long."),
        ("Supporter: The week is long.", "The week is long."),
        ('Attune: "The week is long."', "The week is long."),
        ('You told him "enough."', 'You told him "enough."'),
        ('"No," he said, and then "never."', '"No," he said, and then "never."'),
        ('"', ""),
    ],
)
def test_marks_around_a_reply_are_dropped_and_those_within_stay(written: str, tidied: str) -> None:
    assert tidy(written) == tidied


def careful(services: Services, tmp_path: Path, drafts: int = 3) -> Conversation:
    file = tmp_path / "several.yaml"
    file.write_text(
        f"name: several\ninclude: support\nnodes: {{respond: {{options: {{drafts: {drafts}}}}}}}\n",
        "utf-8",
    )
    return Conversation(Shelf(services, Saver()).current(str(file)), services)


async def test_of_several_drafts_only_the_best_is_ever_seen(tmp_path: Path) -> None:
    best = "The letter stays away, day after day. What do you do while you wait?"
    services, _ = written_by(in_turn("The week is long.", best, "You should rest."), QUESTION)
    report = await say(careful(services, tmp_path), "I keep waiting for the letter.")
    assert report["reply"] == best


async def test_after_a_refusal_in_the_middle_the_reply_goes_on_behind_what_was_said(
    tmp_path: Path,
) -> None:
    drafted = "The letter stays away. More of it is on www.example.org today. What is it like?"

    def write(request: ChatRequest) -> str:
        return "What would it say?" if request.prefix else drafted

    services, scripted = written_by(write, QUESTION)
    report = await say(careful(services, tmp_path), "I keep waiting.")
    assert report["reply"] == "The letter stays away. What would it say?"
    assert [request.prefix for request in scripted.asked[3:]] == ["The letter stays away. "]


async def seeds(
    tmp_path: Path, *, run: int = 0, drafts: int = 3, words: str = "I keep waiting."
) -> list[int]:
    """Return the seeds of what is asked in a turn whose every first draft is refused once."""

    def write(request: ChatRequest) -> str:
        return "More of it is on www.example.org today. What is it like?"

    services, scripted = written_by(write, QUESTION)
    await say(careful(replace(services, seed=run), tmp_path, drafts), words)
    return [request.seed for request in scripted.asked]


async def test_every_draft_and_every_revision_draws_for_itself(tmp_path: Path) -> None:
    found = await seeds(tmp_path)
    assert len(found) > 4 and len(set(found)) == len(found)


@pytest.mark.parametrize("drafts", [1, 3])
async def test_the_same_talk_draws_the_same_in_another_conversation(
    tmp_path: Path, drafts: int
) -> None:
    assert await seeds(tmp_path, drafts=drafts) == await seeds(tmp_path, drafts=drafts)


async def test_what_was_said_and_the_seed_of_the_run_decide_the_draws(tmp_path: Path) -> None:
    one, other = await seeds(tmp_path), await seeds(tmp_path, words="I keep waiting for it.")
    assert not {*one} & {*other} and not {*one} & {*await seeds(tmp_path, run=1)}


async def test_the_turn_and_a_borrowed_beginning_decide_the_draws() -> None:
    services, scripted = written_by(
        lambda request: "You should rest.", RESTATEMENT, "The letter stays away, day after day."
    )
    talk = conversation(services)
    for _ in range(2):
        await say(talk, "The letter stays away.")
    borrowed = [request for request in scripted.asked if request.temperature]
    assert len(borrowed) == 2 and all(request.prefix for request in borrowed)
    assert len({request.seed for request in scripted.asked}) == len(scripted.asked)


async def test_nothing_stays_open_after_a_turn(tmp_path: Path) -> None:
    services, _ = written_by(lambda _: "The letter stays away. What is it like?", QUESTION)
    await say(careful(services, tmp_path), "I keep waiting.")
    assert services.models.host("chat")._open == {}


async def test_drafts_that_all_depart_give_way_to_a_fixed_sentence(tmp_path: Path) -> None:
    services, _ = written_by(lambda _: "You should rest.", RESTATEMENT)
    report = await say(careful(services, tmp_path), "I keep waiting.")
    fixed = services.phrases.for_locale("en").fallback
    assert report["reply"] in fixed[Strategy(report["strategy"]["label"])]


async def test_an_open_question_without_a_question_gets_one() -> None:
    def write(request: ChatRequest) -> str:
        return "would the letter change?" if request.prefix else "The letter stays away."

    services, scripted = written_by(write, QUESTION)
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == "The letter stays away. What would the letter change?"
    assert scripted.asked[-1].prefix == "The letter stays away. What"


@pytest.mark.parametrize("rest", ["", "a long week.", "if you rested?"])
async def test_a_sentence_that_was_to_ask_and_does_not_is_left_out(rest: str) -> None:
    services, _ = written_by(
        lambda request: rest if request.prefix else "The letter stays away.", QUESTION
    )
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == "The letter stays away."


async def test_a_mended_reply_keeps_to_the_number_of_sentences() -> None:
    def write(request: ChatRequest) -> str:
        return "is it like?" if request.prefix else "The week is long. It is slow. It is empty."

    services, _ = written_by(write, QUESTION)
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == "The week is long. It is slow. What is it like?"


async def test_a_reply_in_another_language_is_not_mended_in_english() -> None:
    services, _ = written_by(lambda _: "Eso pesa mucho. La espera es muy larga.", QUESTION)
    report = await say(conversation(services), "Hola.", locale="es")
    assert report["reply"] == "Eso pesa mucho. La espera es muy larga."


async def test_a_name_alone_on_a_line_does_not_end_the_reply() -> None:
    services, _ = written_by(lambda _: "Supporter:\nThe week is long. What is it like?", QUESTION)
    report = await say(conversation(services), "Hello.")
    assert report["reply"] == "The week is long. What is it like?"


async def test_words_about_somebody_elses_matter_are_not_borrowed() -> None:
    services, scripted = written_by(
        lambda _: "You should rest.", RESTATEMENT, "Your father has gone quiet, and it hurts."
    )
    await say(conversation(services), "I keep waiting.")
    assert not [request for request in scripted.asked if request.prefix]
