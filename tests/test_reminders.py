"""What a person is told again: that this is an AI (R9), and that a break does good (R11)."""

from contextlib import aclosing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.context import Context
from graphs.__main__ import app
from graphs.run import Sentence, TurnReport
from graphs.spec import FOLDER
from tests.made_risk import grade
from tests.made_services import answer, stub_services
from tests.made_turn import conversation, say, voice
from tools.labels import Danger, Risk, Strategy
from tools.phrases import LocalePhrases
from tools.records import RiskGrade
from tools.safety.policy import SafetyPolicy
from tools.safety.reminders import GAP_S, HOUR_S, IDLE_S, NOTICE_S, STRETCH_S, begin, heed

PHRASES = stub_services().phrases
ENGLISH = PHRASES.for_locale("en")
DATA = Path(__file__).parent / "data"
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.yaml"))
REPLY = "That is a lot. What happened?"


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Talk:
    """A conversation on a clock of its own, whose messages are all graded alike."""

    def __init__(self, graph: str = "support", **options: object) -> None:
        self.clock = Clock()
        self.services = stub_services(
            clock=self.clock,
            chat={"reply": REPLY},
            **options,  # type: ignore[arg-type]
        )
        self.talk = conversation(self.services, graph)
        self.turn = 0
        self.reply = REPLY

    async def say(
        self, words: str = "Hello.", *, after: float = 0.0, **context: object
    ) -> TurnReport:
        self.clock.now += after
        self.turn += 1
        self.reply = f"Day {self.turn} was long. It asked a great deal on day {self.turn}."
        answer(self.services, self.reply)  # nobody is told the same twice
        return await say(self.talk, words, **context)

    async def keep_on(self, seconds: float, **context: object) -> TurnReport:
        """Talk for so long without a pause, and return the last turn."""
        for _ in range(int(seconds // 600)):
            report = await self.say(after=600.0, **context)
        return report


@pytest.fixture
def endangered(monkeypatch: pytest.MonkeyPatch) -> list[RiskGrade]:
    """Let every message be graded as the first of the list says; none where it is empty."""
    grades: list[RiskGrade] = []

    def graded(*_: object, **__: object) -> RiskGrade:
        return grades[0] if grades else grade(level=Risk.NONE)

    monkeypatch.setattr(SafetyPolicy, "grade", graded)
    return grades


def lines(report: TurnReport, name: str, phrases: LocalePhrases = ENGLISH) -> int:
    """Count how often a reminder stands in a reply."""
    wordings = [phrases.reminder] if name == "reminder" else getattr(phrases, name)
    return sum(report["reply"].count(text) for text in wordings)


@pytest.mark.parametrize("graph", SHIPPED)
async def test_r9_whoever_did_not_read_the_disclosure_hears_it_before_the_first_reply(
    graph: str,
) -> None:
    talk = Talk(graph)
    first = await talk.say(disclosed=False)
    assert first["reply"].startswith(" ".join(ENGLISH.disclosure)) and talk.reply in first["reply"]
    assert lines(await talk.say(disclosed=False), "disclosure") == 0


async def test_r9_who_read_it_before_the_first_message_does_not_hear_it_again() -> None:
    talk = Talk()
    assert (await talk.say())["reply"] == talk.reply


async def test_r9_a_client_that_says_nothing_of_it_counts_as_one_that_showed_nothing() -> None:
    graph = conversation(stub_services()).version.graph
    state = await graph.ainvoke(
        {"messages": [("user", "Hello.")]},  # type: ignore[list-item]
        {"configurable": {"thread_id": "made"}},
    )
    assert state["messages"][-1].text.startswith(ENGLISH.disclosure[0])


async def test_r9_a_disclosure_that_was_not_reached_is_given_next_time() -> None:
    talk = Talk()
    async with aclosing(talk.talk.send("Hello.")) as events:
        await anext(events)
    assert lines(await talk.say(disclosed=False), "disclosure") == len(ENGLISH.disclosure)


@pytest.mark.parametrize("graph", SHIPPED)
async def test_r9_it_is_said_again_every_three_hours_behind_the_reply(graph: str) -> None:
    talk = Talk(graph)
    await talk.say()
    assert lines(await talk.say(after=NOTICE_S - 60), "reminder") == 0
    due = await talk.say(after=60)
    said = due["reply"].removesuffix(f" {ENGLISH.reminder}")
    # In `pal` the stub's persona is one of its sentences, which `check` then takes for a leak.
    assert said != due["reply"] and talk.reply.startswith(said)
    assert lines(await talk.say(after=60), "reminder") == 0
    assert lines(await talk.say(after=NOTICE_S), "reminder") == 1


async def test_r9_after_seven_days_it_is_said_before_anything_else() -> None:
    talk = Talk()
    await talk.say()
    report = await talk.say(after=IDLE_S)
    assert report["reply"] == f"{ENGLISH.reminder} {talk.reply}"


@pytest.mark.parametrize("graph", [*SHIPPED, str(DATA / "curt.yaml")])
async def test_r9_it_is_said_whichever_graph_a_designer_writes(graph: str) -> None:
    talk = Talk(graph)
    await talk.say()
    assert lines(await talk.say("Are you human?"), "identity") == 1


async def test_r9_who_asks_what_this_is_gets_the_answer_first() -> None:
    talk = Talk()
    report = await talk.say("r u human lol")
    assert report["reply"] == f"{ENGLISH.identity[1]} {talk.reply}"


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
async def test_r9_the_answer_is_in_the_language_of_the_conversation(locale: str) -> None:
    report = await Talk().say("are you a bot", locale=locale)
    assert lines(report, "identity", PHRASES.for_locale(locale)) == 1


async def test_r9_who_asks_aloud_is_answered_too() -> None:
    services = stub_services(ears={"text": "Am I talking to a real person?"})
    report = await say(conversation(services), "", [voice()], microphone=True)
    assert lines(report, "identity") == 1


async def test_r9_who_asks_twice_is_answered_twice_in_other_words() -> None:
    talk = Talk()
    first, second = [(await talk.say("Are you real?"))["reply"] for _ in range(2)]
    assert first != second


async def test_r9_an_answer_counts_as_the_notice() -> None:
    talk = Talk()
    await talk.say()
    report = await talk.say("Are you a bot?", after=NOTICE_S)
    assert (lines(report, "identity"), lines(report, "reminder")) == (1, 0)
    assert lines(await talk.say(after=HOUR_S), "reminder") == 0


async def test_r9_a_model_that_fails_does_not_take_the_notice_with_it() -> None:
    services = stub_services(chat={"fail": "it broke"})
    report = await say(conversation(services), "Are you human?")
    said = report["reply"].removeprefix(ENGLISH.identity[1]).strip()
    assert said in ENGLISH.fallback[Strategy(report["strategy"]["label"])]


async def test_r9_a_reply_that_is_refused_as_a_whole_still_comes_with_the_notice() -> None:
    talk = Talk(policy=Refusing())
    report = await talk.say("Are you human?")
    assert report["reply"] == f"{ENGLISH.identity[1]} {ENGLISH.last_resort}"


class Refusing(SafetyPolicy):
    """A policy that lets no sentence pass."""

    def __init__(self) -> None:
        self.__dict__ = stub_services().policy.__dict__

    def read(self, *_: object, **__: object) -> str:
        return "made"


async def test_r9_in_a_crisis_the_notice_stands_at_the_end(endangered: list[RiskGrade]) -> None:
    talk = Talk()
    endangered.append(grade())
    await talk.say()
    report = await talk.say(after=NOTICE_S)
    assert report["route"] == "crisis" and report["reply"].endswith(ENGLISH.reminder)


async def test_r9_in_a_crisis_the_answer_stands_at_the_end(endangered: list[RiskGrade]) -> None:
    endangered.append(grade())
    report = await Talk().say("Are you human?")
    assert report["route"] == "crisis" and report["reply"].endswith(ENGLISH.identity[1])


async def test_r9_a_crisis_reply_begins_with_the_person_and_not_with_the_notice(
    endangered: list[RiskGrade],
) -> None:
    endangered.append(grade())
    report = await Talk().say(disclosed=False)
    assert report["reply"].endswith(ENGLISH.reminder) and lines(report, "disclosure") == 0


async def test_r9_lines_beside_the_reply_are_marked_and_never_in_its_middle() -> None:
    talk = Talk()
    await talk.say()
    talk.clock.now += NOTICE_S
    answer(talk.services, "The night was short. What kept you awake?")
    context = Context(disclosed=True)
    events = [e async for e in talk.talk.send("Hello.", context=context) if isinstance(e, Sentence)]
    assert [e.aside for e in events] == [False, False, True]


async def test_r9_a_fixed_line_never_waits_for_the_guard() -> None:
    services = stub_services(chat={"reply": REPLY}, guard={"delay": 0.05})
    asked: list[object] = []
    infer = services.models.bound("guard").host.infer  # type: ignore[union-attr]

    async def noted(exchange: object) -> object:
        asked.append(exchange)
        return await infer(exchange)

    services.models.bound("guard").host.infer = noted  # type: ignore[union-attr, method-assign]
    report = await say(conversation(services), "Are you human?")
    assert len(asked) == 2 and lines(report, "identity") == 1


async def test_r11_a_break_is_suggested_after_a_long_stretch_and_then_again() -> None:
    talk = Talk()
    await talk.say()
    assert lines(await talk.keep_on(STRETCH_S - 600), "pause") == 0
    first = await talk.say(after=600.0)
    assert first["reply"].startswith(talk.reply) and lines(first, "pause") == 1
    assert lines(await talk.keep_on(STRETCH_S - 600), "pause") == 0
    assert lines(await talk.say(after=600.0), "pause") == 1


async def test_r11_whoever_made_a_break_is_not_sent_into_another() -> None:
    talk = Talk()
    await talk.say()
    await talk.keep_on(STRETCH_S - 600)
    assert lines(await talk.say(after=GAP_S), "pause") == 0


async def test_r11_nobody_is_sent_away_in_a_crisis_or_in_great_danger(
    endangered: list[RiskGrade],
) -> None:
    talk = Talk()
    await talk.say()
    await talk.keep_on(STRETCH_S - 600)
    endangered.append(grade(level=Risk.HIGH))
    assert lines(await talk.say(after=600.0), "pause") == 0
    endangered.clear()
    assert lines(await talk.keep_on(3 * 600.0), "pause") == 0


async def test_r11_what_was_left_out_in_a_crisis_comes_when_it_is_over(
    endangered: list[RiskGrade],
) -> None:
    talk = Talk()
    await talk.say()
    await talk.keep_on(STRETCH_S - 600)
    endangered.append(grade(level=Risk.LOW))
    report = await talk.say(after=600.0)
    assert lines(report, "pause") == 0
    endangered.clear()
    for _ in range(6):
        report = await talk.say(after=60.0)
        assert lines(report, "pause") == (report["route"] == "support")
        if report["route"] == "support":
            return
    raise AssertionError("the protocol went on")


async def test_r23_once_somebody_young_is_here_the_notice_comes_every_hour(
    endangered: list[RiskGrade],
) -> None:
    talk = Talk()
    endangered.append(grade(Danger.MINOR, Risk.LOW))
    await talk.say()
    endangered.clear()
    for _ in range(2):
        assert lines(await talk.say(after=HOUR_S - 60), "reminder") == 0
        assert lines(await talk.say(after=60), "reminder") == 1


def test_a_clock_that_is_set_back_neither_repeats_nor_forgets_the_notice() -> None:
    times, _ = begin(None, 5e9, disclosed=True)
    back, due = begin(times, 4e9)
    assert due == {"before": [], "after": []}
    assert begin(back, 4e9 + NOTICE_S)[1]["after"] == ["reminder"]


def test_heeding_twice_says_nothing_twice() -> None:
    due = heed({"before": [], "after": ["reminder", "pause"]}, asked=True, crisis=False)
    assert due == {"before": ["identity"], "after": ["pause"]}
    assert heed(due, asked=True, crisis=False) == due


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
def test_r11_every_reminder_passes_the_policy(locale: str) -> None:
    phrases, policy = PHRASES.for_locale(locale), stub_services().policy
    said = [*phrases.disclosure, phrases.reminder, *phrases.identity, *phrases.pause]
    assert [text for text in said if policy.read(text, fixed=True)] == []


@pytest.mark.parametrize("said", [["--say", "Hello."], []])
def test_r9_the_terminal_discloses_before_the_first_message(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path))
    done = CliRunner().invoke(app, ["chat", *said, "--profile", "stub"], input="Hello.\n\n")
    shown = " ".join((done.stderr if said else done.stdout).split())
    assert all(line in shown for line in ENGLISH.disclosure)
    assert shown.index(ENGLISH.disclosure[0]) == 0
    assert done.stdout.count(ENGLISH.disclosure[0]) == (not said)
