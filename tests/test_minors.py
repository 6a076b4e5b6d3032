"""Adults only: what changes once somebody young was found in a conversation (R23)."""

import pytest

from graphs.run import Conversation
from tests.made_risk import grade
from tests.made_services import answer, example, stub_services
from tests.made_turn import conversation, face, say, voice
from tools.labels import Danger, Risk
from tools.records import RiskGrade
from tools.safety.policy import SafetyPolicy

ADVICE = "You should talk to them. That is a lot."


@pytest.fixture
def grades(monkeypatch: pytest.MonkeyPatch) -> list[RiskGrade]:
    """Let every message be graded as the first of the list says; none where it is empty."""
    found: list[RiskGrade] = []
    monkeypatch.setattr(
        SafetyPolicy,
        "grade",
        lambda *_, **__: found[0] if found else grade(level=Risk.NONE),
    )
    return found


async def young(talk: Conversation, grades: list[RiskGrade]) -> None:
    """Let the person say that they are young, answer what they are asked, and talk on."""
    grades.append(grade(Danger.MINOR, Risk.LOW))
    await say(talk, "Hello.")
    grades.clear()
    await say(talk, "Okay.")


async def test_r23_no_face_and_no_voice_is_read_any_more(grades: list[RiskGrade]) -> None:
    talk = conversation(
        stub_services(face={"fail": "asked"}, voice={"fail": "asked"}, ears={"text": "It is long."})
    )
    await young(talk, grades)
    report = await say(talk, "Well.", [voice(), face()], microphone=True, camera=True)
    assert report["missing"] == {"face": "adults only", "voice": "adults only"}


async def test_r23_what_they_say_is_still_heard_and_screened(grades: list[RiskGrade]) -> None:
    talk = conversation(stub_services(ears={"text": "It is long."}))
    await young(talk, grades)
    report = await say(talk, "", [voice()], microphone=True)
    assert report["heard"]["text"] == "It is long." and "screen_heard" in report["timings"]


@pytest.mark.parametrize("barred", ["Interpretation", "Advisement"])
@pytest.mark.parametrize("words", ["I keep waiting.", "What should I do?"])
async def test_r23_somebody_young_is_neither_interpreted_nor_advised(
    grades: list[RiskGrade], barred: str, words: str
) -> None:
    found = [example(id=f"m{i}", strategy=barred, similarity=0.99) for i in range(8)]
    talk = conversation(stub_services(*found))
    await young(talk, grades)
    report = await say(talk, words)
    assert report["strategy"]["scores"][barred] == 0.0


async def test_r23_a_graph_without_a_plan_gives_them_no_advice_either(
    grades: list[RiskGrade],
) -> None:
    services = stub_services(chat={"reply": ADVICE})
    talk = conversation(services, "direct")
    assert (await say(talk, "Hello."))["reply"] == ADVICE
    await young(talk, grades)
    answer(services, "You should talk to them. The rest can wait.")
    assert (await say(talk, "Hello."))["reply"] == "The rest can wait."


async def test_r23_it_is_never_forgotten_within_a_conversation(grades: list[RiskGrade]) -> None:
    talk = conversation(stub_services())
    await young(talk, grades)
    for _ in range(12):
        report = await say(talk, "Hello.", [face()], camera=True)
    assert report["missing"]["face"] == "adults only"


async def test_r23_another_conversation_is_not_affected(grades: list[RiskGrade]) -> None:
    services = stub_services()
    await young(conversation(services), grades)
    report = await say(conversation(services), "Hello.", [face()], camera=True)
    assert "face" not in report["missing"]
