import math

import pytest

from agents import fusion
from agents.context import Kit
from agents.fusion import disagreement, fuse
from agents.situation import ask
from tests.made_services import example, stub_services
from tests.made_turn import conversation, face, say
from tools.calibration import Skill, calibrate, to_emotions
from tools.errors import ModelError
from tools.labels import EKMAN, UNKNOWN
from tools.records import Modality, Reading, Scores
from tools.situation import Situation


def reading(modality: Modality, weight: float, **scores: float) -> Reading:
    rest = (1 - sum(scores.values())) / (len(EKMAN) - len(scores))
    full: Scores = {label: scores.get(label, rest) for label in EKMAN}
    label = max(full, key=full.__getitem__)
    return Reading(
        modality=modality, model="made", label=label, confidence=full[label], scores=full,
        weight=weight, experimental=weight == 0, missing="", note="", detail={},
    )  # fmt: skip


def test_nothing_to_fuse_gives_no_scores() -> None:
    assert fuse([]) == {}


def test_fused_scores_sum_to_one() -> None:
    fused = fuse([reading("text", 0.5, joy=0.7), reading("face", 0.3, sadness=0.6)])
    assert math.isclose(sum(fused.values()), 1)


def test_a_source_of_weight_zero_changes_nothing() -> None:
    alone = fuse([reading("text", 0.5, joy=0.7)])
    both = fuse([reading("text", 0.5, joy=0.7), reading("voice", 0.0, anger=0.99)])
    assert both == pytest.approx(alone)


def test_agreeing_sources_make_it_surer() -> None:
    one = fuse([reading("text", 0.5, joy=0.7)])["joy"]
    assert fuse([reading("text", 0.5, joy=0.7), reading("face", 0.5, joy=0.7)])["joy"] > one


def test_the_more_skilled_source_wins() -> None:
    fused = fuse([reading("text", 0.6, joy=0.8), reading("face", 0.2, sadness=0.8)])
    assert max(fused, key=fused.__getitem__) == "joy"


def test_a_source_cannot_veto_a_label_that_it_cannot_emit() -> None:
    four = reading("voice", 0.9, joy=0.25, sadness=0.25, anger=0.25, neutral=0.25)
    assert fuse([reading("text", 0.9, fear=0.95), four])["fear"] > 0.3


def test_depression_joins_the_label_set_when_a_source_can_emit_it() -> None:
    source = reading("text", 0.5, sadness=0.5)
    source["scores"] = {**source["scores"], "depression": 0.3}
    assert "depression" in fuse([source]) and "depression" not in fuse([])


def test_confident_sources_of_opposite_valence_disagree() -> None:
    said = disagreement([reading("text", 0.5, joy=0.8), reading("face", 0.5, sadness=0.8)], 0.5)
    assert said == "text reads as joy, face as sadness"


def test_unsure_sources_do_not_disagree() -> None:
    sources = [reading("text", 0.5, joy=0.8), reading("face", 0.5, sadness=0.4)]
    assert disagreement(sources, 0.5) == ""


async def test_when_no_source_has_a_weight_the_emotion_is_unknown() -> None:
    services = stub_services(text={"missing": "failed"})
    report = await say(conversation(services), "Hello.")
    assert report["user_emotion"]["label"] == UNKNOWN
    assert report["user_emotion"]["sources"] == {}


async def test_gladness_is_not_shown_where_the_sources_disagree() -> None:
    services = stub_services(
        example(system_emotion="joy"),
        text={"scores": {"joy": 0.9, "sadness": 0.1}},
        face={"scores": {"joy": 0.1, "sadness": 0.9}},
    )
    report = await say(conversation(services), "I'm fine.", [face()], camera=True)
    assert report["user_emotion"]["disagreement"]
    assert report["system_emotion"]["label"] != "joy"


def test_temperature_softens_and_keeps_the_order() -> None:
    soft = calibrate({"a": 0.9, "b": 0.1}, 2.0)
    assert 0.5 < soft["a"] < 0.9 and math.isclose(sum(soft.values()), 1)


@pytest.mark.parametrize("scores", [{}, {"a": math.nan}, {"a": -0.1}, {"a": 0.0}])
def test_scores_that_are_no_probabilities_are_refused(scores: Scores) -> None:
    with pytest.raises(ModelError):
        calibrate(scores, 1.0)


def test_labels_are_mapped_by_name_and_summed() -> None:
    labels = {"calm": "neutral", "ok": "neutral", "mad": "anger"}
    mapped = to_emotions({"calm": 0.5, "ok": 0.3, "mad": 0.2}, labels)
    assert mapped["neutral"] == 0.8 and mapped["anger"] == 0.2


def test_a_label_without_a_map_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="'boredom'"):
        to_emotions({"boredom": 1.0}, {"calm": "neutral"})


def test_the_weight_is_skill_above_chance() -> None:
    def weight(uar: float) -> float:
        return Skill(uar=uar, classes=4, n=10, corpus="made").weight

    assert weight(0.25) == 0 and weight(0.1) == 0 and weight(1.0) == 1
    assert weight(0.625) == pytest.approx(0.5)


async def test_a_label_that_the_map_does_not_know_is_a_missing_modality() -> None:
    services = stub_services()
    services.models.configs["face"].labels.pop("joy")
    services.models.backend("face")._scores = {"joy": 1.0}
    report = await say(conversation(services), "Hello.", [face()], camera=True)
    assert report["readings"]["face"]["missing"] == "failed"
    assert "'joy'" in report["readings"]["face"]["note"]


async def test_a_model_of_another_kind_is_a_missing_modality() -> None:
    services = stub_services()
    services.models.backend("face").predict = lambda items: [{"joy": 1.0} for _ in items]
    report = await say(conversation(services), "Hello.", [face()], camera=True)
    assert report["readings"]["face"]["missing"] == "failed"


async def test_without_a_joint_model_the_sources_are_fused_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times: list[int] = []

    def counted(readings: list[Reading], told: str = "", weight: float = 0.9) -> Scores:
        times.append(len(readings))
        return fuse(readings, told, weight)

    monkeypatch.setattr(fusion, "fuse", counted)
    await say(conversation(stub_services()), "Hello.")
    assert times == [1]


@pytest.mark.parametrize(
    ("otherwise", "decider", "told"),
    [
        ({"joy": 1.0}, "", "'text' has no opinion, the examples decide"),
        ({}, "", "'text' has no opinion"),
        ({}, "the rule decides", "'text' has no opinion, the rule decides"),
    ],
)
async def test_a_model_without_an_opinion_is_told_of_plainly(
    otherwise: Scores, decider: str, told: str
) -> None:
    services = stub_services()
    kit = Kit(name="made", services=services, model=services.models.bound("text_emotion"))

    async def silent(item: Situation) -> Scores:
        return {}

    services.models.host("text").infer = silent
    found, notes = await ask(kit, Situation(said="Hello."), otherwise, 5.0, decider=decider)
    assert found == otherwise and notes == [{"node": "made", "text": told}]
