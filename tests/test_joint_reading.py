"""Fusion with a model that reads words, voice and face jointly, and the vectors it is given."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from langgraph.runtime import Runtime

from agents.context import Context, Kit
from agents.fusion import FusionOptions, fused, fusion, jointly
from agents.turn import FRESH
from tests.made_services import stub_services
from tests.made_turn import conversation, face, say, voice
from tools.acceptance import require_emotions
from tools.catalogue import ModelConfig
from tools.errors import ModelError
from tools.labels import UNKNOWN
from tools.perceived import Perceived
from tools.records import Scores
from tools.situation import Situation
from tools.vectors import Vectors


class Joint:
    """A joint model that answers the same always and keeps what it was asked."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[Situation] = []

    def predict(self, items: Sequence[Situation], /) -> list[Any]:
        self.asked += items
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer] * len(items)


def services_with(joint: Joint, **options: Mapping[str, Any]) -> Any:
    services = stub_services(**options)
    models = services.models
    models.configs["joint"] = ModelConfig(task="user_emotion", backend="stub-emotion")
    models._bindings["user_emotion"] = "joint"
    models.replace("joint", joint)
    return services


async def test_the_joint_model_names_the_emotion_in_place_of_the_rule() -> None:
    joint = Joint({"depression": 0.7, "sadness": 0.3})
    report = await say(conversation(services_with(joint)), "Hello.")
    assert report["user_emotion"]["label"] == "depression"
    assert report["user_emotion"]["scores"]["depression"] == pytest.approx(0.7)


async def test_it_is_told_what_the_rule_came_to() -> None:
    joint = Joint({"joy": 1.0})
    services = services_with(joint, text={"scores": {"fear": 0.8, "joy": 0.2}})
    await say(conversation(services), "Hello.")
    assert max(joint.asked[0].emotions, key=joint.asked[0].emotions.__getitem__) == "fear"


@pytest.mark.parametrize(
    "answer", [RuntimeError("broken"), {"boredom": 1.0}, {"joy": float("nan")}, ["joy"], {}]
)
async def test_where_it_gives_nothing_usable_the_rule_holds_and_a_note_says_so(
    answer: object,
) -> None:
    services = services_with(Joint(answer), text={"scores": {"fear": 0.8, "joy": 0.2}})
    report = await say(conversation(services), "Hello.")
    assert report["user_emotion"]["label"] == "fear"
    assert any("the rule of fusion decides" in note["text"] for note in report["notes"])


async def test_a_joint_model_that_hangs_does_not_hold_the_turn_up() -> None:
    services = services_with(Joint({"joy": 1.0}))

    async def hang(item: Situation) -> Scores:
        await asyncio.sleep(30)
        return {}

    services.models.host("joint").infer = hang
    kit = Kit(
        name="fusion",
        services=services,
        model=services.models.bound("user_emotion"),
        options=FusionOptions(timeout=0.01),
    )
    state: Any = {
        **FRESH,
        "readings": {},
        "thoughts": {},
        "words": "Hello.",
        "messages": [],
        "turn": 1,
    }
    update = await fusion.run(state, Runtime(context=Context()), kit)
    assert update["user_emotion"]["label"] == UNKNOWN
    assert "the rule of fusion decides" in update["notes"][0]["text"]


def test_the_persons_own_word_wins_over_any_joint_model() -> None:
    sure = {"anger": 1.0}
    for told in ("joy", "depression"):
        assert jointly(sure, fused([]), told)["label"] == told


def test_without_a_word_of_theirs_the_joint_scores_stand_as_they_are() -> None:
    found = jointly({"anger": 0.6, "joy": 0.4}, fused([]))
    assert found["scores"]["anger"] == pytest.approx(0.6)


def test_a_joint_model_that_is_unsure_leaves_the_emotion_unknown() -> None:
    even = {e: 1 / 7 for e in ("anger", "fear", "joy", "sadness", "disgust", "surprise", "neutral")}
    assert jointly(even, fused([]))["label"] == UNKNOWN


async def test_vectors_reach_the_joint_model_and_are_gone_after_the_turn() -> None:
    joint = Joint({"joy": 1.0})
    services = services_with(joint)
    for name, vector in (("voice", (1.0, 2.0)), ("face", (3.0,))):
        found = Perceived({"joy": 0.8, "sadness": 0.2}, vector=vector)
        backend = services.models.backend(name)
        backend.predict = lambda items, found=found: [found] * len(items)
    await say(conversation(services), "Hello.", [voice(), face()], camera=True, microphone=True)
    assert joint.asked[0].vectors == {"voice": (1.0, 2.0), "face": (3.0,)}
    assert len(services.vectors) == 0


async def test_a_modality_without_consent_has_no_vector() -> None:
    joint = Joint({"joy": 1.0})
    services = services_with(joint)
    found = Perceived({"joy": 0.8, "sadness": 0.2}, vector=(1.0,))
    services.models.backend("face").predict = lambda items: [found] * len(items)
    await say(conversation(services), "Hello.", [face()], camera=False)
    assert joint.asked[0].vectors == {}


async def test_a_vector_that_is_not_finite_is_left_out() -> None:
    joint = Joint({"joy": 1.0})
    services = services_with(joint)
    found = Perceived({"joy": 0.8, "sadness": 0.2}, vector=(float("nan"),))
    services.models.backend("face").predict = lambda items: [found] * len(items)
    report = await say(conversation(services), "Hello.", [face()], camera=True)
    assert joint.asked[0].vectors == {}
    assert report["readings"]["face"]["missing"] == ""


def test_vectors_of_turns_that_nobody_forgot_do_not_pile_up() -> None:
    vectors = Vectors()
    for turn in range(1000):
        vectors.put(str(turn), "voice", (1.0,))
    assert len(vectors) <= 256 and vectors.of("999") and not vectors.of("0")


@pytest.mark.parametrize("found", [None, {"joy": -0.1}, {"joy": 0.0}, {"calm": 1.0}])
def test_what_is_no_distribution_over_emotions_is_refused(found: object) -> None:
    with pytest.raises(ModelError):
        require_emotions(found)
