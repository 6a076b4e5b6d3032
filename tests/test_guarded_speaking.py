"""A guard behind the patterns of `check`: what it judges, and what is said when it refuses."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any, cast

import pytest

from agents.check import CheckOptions
from agents.context import Services
from graphs.check import problems
from graphs.keeping.saver import Saver
from graphs.run import Conversation, TurnReport
from graphs.shelf import Shelf
from graphs.spec import read_graph
from graphs.warm import warm
from tests.made_services import stub_services
from tests.made_turn import conversation, say
from tools.guard import Exchange, Verdict
from tools.models import load_models

CASES = Path(__file__).parent / "data" / "risk_cases.jsonl"
DISCLOSURE = next(
    case["text"]
    for case in map(json.loads, CASES.read_text("utf-8").splitlines())
    if case.get("level_at_least") == "high" and case["language"] == "en"
)
REPLY = "The week is long. There is Lavender in it. Rest now."
CUES = {"lavender": "specialised advice"}


def refusals(report: TurnReport) -> list[str]:
    return [note["text"] for note in report["notes"] if note["node"] == "check"]


def guarded(reply: str = REPLY, **guard: Any) -> Services:
    return stub_services(chat={"reply": reply}, guard=guard)


def asked(services: Services, verdict: Any = None) -> list[Exchange]:
    """Replace the guard's judgement by one verdict, and return what it is asked, as it comes."""
    seen: list[Exchange] = []

    def predict(items: list[Exchange]) -> list[Any]:
        seen.extend(items)
        return [verdict or Verdict(True)] * len(items)

    services.models.backend("guard").predict = predict
    return seen


def with_timeout(services: Services, seconds: float, tmp_path: Any) -> Conversation:
    file = tmp_path / "hurried.yaml"
    file.write_text(
        f"name: hurried\ninclude: support\nnodes: {{check: {{options: {{timeout: {seconds}}}}}}}\n",
        "utf-8",
    )
    return Conversation(Shelf(services, Saver()).current(str(file)), services)


async def test_without_a_guard_every_sentence_that_passes_the_patterns_is_said() -> None:
    report = await say(conversation(stub_services(chat={"reply": REPLY})), "Hello.")
    assert report["reply"] == REPLY


async def test_a_sentence_that_the_guard_finds_unsafe_is_not_said() -> None:
    report = await say(conversation(guarded(cues=CUES)), "Hello.")
    assert "Lavender" not in json.dumps(report)
    assert report["reply"].startswith("The week is long.")


async def test_a_refusal_by_the_guard_names_its_category() -> None:
    report = await say(conversation(guarded(cues=CUES)), "Hello.")
    assert "refused a sentence of respond: guard: specialised advice" in refusals(report)


async def test_the_guard_judges_each_sentence_with_what_was_said_and_the_reply_so_far() -> None:
    services = guarded("The week is long. Rest now.")
    seen = asked(services)
    await say(conversation(services), "I lost my keys.")
    assert seen == [
        Exchange("I lost my keys.", "The week is long."),
        Exchange("I lost my keys.", "The week is long. Rest now."),
    ]


async def test_what_the_patterns_refuse_is_not_sent_to_the_guard() -> None:
    services = guarded("The week is long. More of it stands on www.example.org today.")
    seen = asked(services)
    await say(conversation(services), "Hello.")
    assert [exchange.reply for exchange in seen] == ["The week is long."]


async def test_a_reply_of_which_the_guard_refuses_everything_becomes_a_fixed_one() -> None:
    services = guarded()
    asked(services, Verdict(False, ["hate"], 1.0))
    report = await say(conversation(services), "Hello.")
    fallback = services.phrases.for_locale("en").fallback[report["strategy"]["label"]]
    assert report["reply"] in fallback


async def test_a_guard_that_fails_refuses_and_a_fixed_reply_remains() -> None:
    services = guarded(fail="out of order")
    report = await say(conversation(services), "Hello.")
    fallback = services.phrases.for_locale("en").fallback[report["strategy"]["label"]]
    assert report["reply"] in fallback
    assert "refused a sentence of respond: guard: no verdict (ModelError)" in refusals(report)


async def test_a_guard_that_failed_is_not_asked_again_in_that_turn() -> None:
    services = guarded(fail="out of order")
    report = await say(conversation(services), "Hello.")
    assert len(refusals(report)) == 1


async def test_what_was_accepted_stays_when_the_guard_fails_later() -> None:
    services = guarded()
    judge = services.models.backend("guard")
    real = judge.predict

    def predict(items: list[Exchange]) -> list[Verdict]:
        if "Lavender" in items[0].reply:
            raise RuntimeError("I lost my keys.")
        return real(items)  # type: ignore[no-any-return]

    judge.predict = predict
    report = await say(conversation(services), "I lost my keys.")
    assert report["reply"] == "The week is long."
    assert "I lost my keys." not in json.dumps(report["notes"])


@pytest.mark.parametrize(
    "junk", ["safe", {"safe": True}, Verdict(cast(bool, "no"))], ids=["text", "dict", "no bool"]
)
async def test_what_is_no_verdict_is_a_refusal(junk: Any) -> None:
    services = guarded()
    asked(services, junk)
    report = await say(conversation(services), "Hello.")
    assert len(refusals(report)) > 0 and "Lavender" not in report["reply"]


async def test_a_guard_that_is_too_slow_refuses_within_its_time(tmp_path: Any) -> None:
    services = guarded(delay=1.0)
    talk = with_timeout(services, 0.05, tmp_path)
    started = time.perf_counter()
    report = await say(talk, "Hello.")
    assert time.perf_counter() - started < 0.9
    assert refusals(report) == ["refused a sentence of respond: guard: no verdict (TimeoutError)"]
    assert report["reply"]


async def test_r1_a_guard_cannot_silence_or_delay_the_crisis_reply() -> None:
    plain = await say(conversation(stub_services()), DISCLOSURE)
    services = guarded()
    seen = asked(services, Verdict(False, ["hate"], 1.0))
    report = await say(conversation(services), DISCLOSURE)
    assert report["route"] == "crisis"
    assert report["reply"] == plain["reply"] and seen == []


async def test_a_guard_is_loaded_before_somebody_waits_for_it() -> None:
    services = guarded()
    talk = conversation(services)
    assert await warm(services, talk.version) == []
    assert services.models.host("guard").stats.calls == 1


async def test_a_guard_that_cannot_be_loaded_is_a_notice() -> None:
    services = guarded(fail="no such weights")
    [notice] = await warm(services, conversation(services).version)
    assert "fixed sentences" in notice.text and "no such weights" in notice.reason


async def test_two_talks_share_one_batch_of_the_guard() -> None:
    services = guarded("The week is long.", delay=0.1)
    await asyncio.gather(*(say(conversation(services), "Hello.") for _ in range(6)))
    stats = services.models.host("guard").stats
    assert stats.calls == 6 and stats.batches < 6


def test_a_guard_can_be_bound_in_a_graph_file(tmp_path: Any) -> None:
    file = tmp_path / "guarded.yaml"
    text = "name: guarded\ninclude: support\nnodes: {check: {model: MODEL}}\n"
    file.write_text(text.replace("MODEL", "stub-guard"), "utf-8")
    assert problems(read_graph(file), load_models("stub")) == []
    file.write_text(text.replace("MODEL", "stub-chat"), "utf-8")
    [problem] = problems(read_graph(file), load_models("stub"))
    assert "for 'respond' and cannot be bound to 'guard'" in problem


def test_the_time_of_a_guard_is_bounded_by_default() -> None:
    assert CheckOptions().timeout <= 10
