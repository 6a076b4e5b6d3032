"""What a person says about a guess outweighs every model."""

from agents.fusion import PERSON, fuse
from tests.made_services import LABELS, stub_services
from tests.made_turn import conversation, say

AFRAID = {"text": {"scores": {**dict.fromkeys(LABELS, 0.01), "fear": 1.0}}}


async def test_the_persons_word_outweighs_a_confident_model() -> None:
    talk = conversation(stub_services(**AFRAID))
    felt = (await say(talk, "Hello.", correction="joy"))["user_emotion"]
    assert felt["label"] == "joy"
    assert felt["sources"][PERSON] > max(w for s, w in felt["sources"].items() if s != PERSON)


async def test_it_holds_for_one_turn() -> None:
    talk = conversation(stub_services(**AFRAID))
    await say(talk, "Hello.", correction="joy")
    assert (await say(talk, "Hello again."))["user_emotion"]["label"] == "fear"


async def test_it_counts_when_no_model_could_read_anything() -> None:
    talk = conversation(stub_services(text={"fail": "no"}))
    felt = (await say(talk, "Hello.", correction="sadness"))["user_emotion"]
    assert felt["label"] == "sadness" and felt["sources"] == {PERSON: 0.9}


async def test_a_word_that_is_no_emotion_is_ignored() -> None:
    talk = conversation(stub_services(**AFRAID))
    felt = (await say(talk, "Hello.", correction="rubbish"))["user_emotion"]
    assert felt["label"] == "fear" and PERSON not in felt["sources"]


def test_depression_can_be_named_though_no_model_emits_it() -> None:
    scores = fuse([], "depression", 0.9)
    assert max(scores, key=scores.__getitem__) == "depression"
