"""The node `system_emotion`: how a feeling is met, and when gladness is left out."""

import pytest

from agents.system_emotion import system_emotion
from tests.made_plan import Answering, chosen, felt, plan, state
from tests.made_services import example
from tools.errors import ModelError
from tools.labels import STANCES
from tools.stances import meet

GLAD = Answering({"joy": 1.0})


@pytest.mark.parametrize(
    ("feeling", "stance"),
    [("joy", "joy"), ("sadness", "sadness"), ("depression", "sadness"), ("fear", "neutral"),
     ("anger", "neutral"), ("disgust", "neutral"), ("surprise", "neutral")],
)  # fmt: skip
async def test_each_feeling_is_met(feeling: str, stance: str) -> None:
    assert (await chosen(system_emotion, state("So.", feels=felt(**{feeling: 1.0}))))[
        "label"
    ] == stance


def test_what_is_unknown_is_met_by_calm() -> None:
    assert meet({}) == {"neutral": 1.0, "joy": 0.0, "sadness": 0.0}


async def test_joy_never_meets_sources_that_disagree() -> None:
    feels = felt("words and voice disagree", joy=0.9, sadness=0.1)
    near = example(system_emotion="joy")
    for host in (None, GLAD):
        found = await chosen(system_emotion, state("Great.", near, feels=feels), host=host)
        assert found["scores"]["joy"] == 0.0 and found["label"] != "joy"
        assert found["why"].endswith("the sources disagree.")


async def test_joy_never_meets_an_unknown_feeling() -> None:
    near = example(system_emotion="joy")
    for feels in (felt(), felt(label="unknown", joy=0.2, fear=0.2)):
        for host in (None, GLAD):
            found = await chosen(system_emotion, state("Hm.", near, feels=feels), host=host)
            assert found["scores"]["joy"] == 0.0 and found["label"] != "joy"


async def test_joy_never_meets_somebody_in_danger() -> None:
    given = state("It is fine.", feels=felt(joy=1.0))
    given["risk"]["now"] = {
        "suicide": {"level": "moderate", "quiet": 1, "denied": False, "eased": False}
    }
    assert (await chosen(system_emotion, given, host=GLAD))["scores"]["joy"] == 0.0


async def test_similar_examples_have_half_a_voice_without_a_model() -> None:
    given = state("So.", example(system_emotion="sadness"), feels=felt(fear=1.0))
    found = await chosen(system_emotion, given)
    assert found["scores"] == {"neutral": 0.5, "joy": 0.0, "sadness": 0.5}


async def test_a_bound_model_decides() -> None:
    given = state("So.", feels=felt(fear=1.0))
    host = Answering({"sadness": 0.8, "neutral": 0.2})
    assert (await chosen(system_emotion, given, host=host))["label"] == "sadness"


async def test_a_model_meets_nobody_with_anger() -> None:
    host = Answering({"anger": 0.9, "neutral": 0.1})
    found = await chosen(system_emotion, state("So.", feels=felt(anger=1.0)), host=host)
    assert set(found["scores"]) == set(STANCES) and found["label"] == "neutral"


async def test_a_model_that_fails_leaves_the_stance_to_the_rule() -> None:
    host = Answering({}, ModelError("it broke"))
    update = await plan(system_emotion, state("So.", feels=felt(sadness=1.0)), host)
    assert update["system_emotion"]["label"] == "sadness"
    assert "it broke" in update["notes"][0]["text"]
