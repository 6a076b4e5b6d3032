"""The clue: voice and face in one hedged sentence, by template or by a video-language model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from agents.clue import sentence
from agents.context import Services
from agents.prompt import read_prompt
from graphs.deployment import deploy
from graphs.spec import find_graph, read_graph
from tests.made_services import LABELS, SKILL, stub_services
from tests.made_turn import conversation, face, say, thoughts, voice
from tools.backends.hf_video import Options, VideoDescriber
from tools.backends.stub_describe import StubDescriber
from tools.catalogue import ModelConfig, ModelFile
from tools.errors import ModelError
from tools.labels import EKMAN
from tools.models import ModelSet
from tools.records import Reading
from tools.scene import Scene

PROMPT = read_prompt("clue")
SAD = {"scores": {"sadness": 0.9, "joy": 0.1}}
GLAD = {"scores": {"sadness": 0.1, "joy": 0.9}}
TEXT = "They seem tired and look down."
POSSIBLE = "It is possible that they look sad."


def reading(modality: Any, label: str, weight: float = 0.8, confidence: float = 0.9) -> Reading:
    return {
        "modality": modality, "model": "made", "label": label, "confidence": confidence,
        "scores": {label: confidence}, "weight": weight, "experimental": weight == 0,
        "missing": "", "note": "", "detail": {},
    }  # fmt: skip


def told(*readings: Reading, **more: Any) -> str:
    return sentence({r["modality"]: r for r in readings}, PROMPT, **more)


def with_describer(**options: Any) -> Services:
    """Services whose profile binds a fake of the task `describe` besides."""
    services = stub_services(face=SAD)
    configs = {
        **services.models.configs,
        "eyes": ModelConfig(task="describe", backend="stub-describe", options=options),
    }
    bound: dict[str, Any] = {n: names[0] for n, names in services.models.choices().items()}
    file = ModelFile(models=configs, profiles={"stub": {**bound, "describe": "eyes"}})
    return Services(
        models=ModelSet(file, "stub"),
        examples=services.examples,
        policy=services.policy,
        phrases=services.phrases,
    )


def test_one_source_is_told_alone() -> None:
    assert told(reading("face", "sadness")) == "It seems likely that they look sad."
    assert told(reading("voice", "joy")) == "It seems likely that they sound glad."


def test_two_sources_that_agree_are_told_once() -> None:
    found = told(reading("face", "fear"), reading("voice", "fear"))
    assert found == "It seems likely that they look and sound worried or uneasy."


def test_two_sources_that_differ_are_each_told_as_sure_as_they_are() -> None:
    found = told(reading("face", "joy"), reading("voice", "sadness", confidence=0.4))
    assert found == ("It seems likely that they look glad; it is possible that they sound sad.")


def test_without_voice_and_face_nothing_is_told() -> None:
    absent: Reading = {**reading("face", "joy"), "missing": "no face"}
    assert told() == told(absent) == told(reading("text", "joy")) == ""


def test_a_reading_without_a_weight_is_told_only_where_that_is_asked_for() -> None:
    weightless = reading("voice", "anger", weight=0.0)
    assert told(weightless) == ""
    assert told(weightless, experimental=True).startswith("It is hardly sure, but perhaps")


@pytest.mark.parametrize("label", [*EKMAN, "depression"])
def test_no_clue_claims_to_know_or_names_a_gender(label: str) -> None:
    found = told(reading("face", label, 1.0, 1.0), reading("voice", "joy", 1.0, 1.0))
    words = set(found.lower().replace(";", "").replace(".", "").split())
    assert found.startswith("It seems likely") and label != "depression" or "very" in words
    assert not words & {"he", "she", "his", "her", "him", "man", "woman", "certainly", "clearly"}


async def test_the_clue_stands_before_the_words_are_read() -> None:
    services = stub_services(face=SAD)
    spec = read_graph(find_graph("smes"))
    assert spec.targets("clue") == ["text_emotion"]
    talk = conversation(services, "smes")
    await say(talk, "Well.", [face()], camera=True)
    assert await thoughts(talk) == {"clue": POSSIBLE}


async def test_without_consent_there_is_no_clue() -> None:
    talk = conversation(with_describer(), "smes")
    await say(talk, "Well.", [face()])
    assert await thoughts(talk) == {}


async def test_the_words_are_read_with_the_clue_where_that_is_asked_for(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "appended.yaml"
    file.write_text(
        "name: appended\ninclude: smes\nnodes: {text_emotion: {options: {clue: true}}}\n", "utf-8"
    )
    services = stub_services(face=SAD, text={**GLAD, "cues": {"look": "fear"}})
    plain = await say(conversation(services, "smes"), "Well.", [face()], camera=True)
    more = await say(conversation(services, str(file)), "Well.", [face()], camera=True)
    assert plain["readings"]["text"]["label"] == "joy"
    assert more["readings"]["text"]["label"] == "fear"


async def test_a_bound_model_describes_the_pictures_and_the_voice_is_told_besides() -> None:
    services = with_describer(text=TEXT)
    services.models.configs["voice"].skill = ModelConfig.model_validate(
        {"task": "voice_emotion", "backend": "made", "labels": LABELS, "skill": SKILL}
    ).skill
    services.models.configs["voice"].options["scores"] = {"anger": 0.9, "joy": 0.1}
    talk = conversation(services, "smes")
    clips = [voice(), face()]
    await say(talk, "Well.", clips, camera=True, microphone=True)
    assert (await thoughts(talk))["clue"] == (
        f"{TEXT} It is possible that they sound tense or annoyed."
    )


async def test_a_describer_that_fails_gives_way_to_the_template() -> None:
    services = with_describer(fail="it broke")
    talk = conversation(services, "smes")
    report = await say(talk, "Well.", [face()], camera=True)
    assert (await thoughts(talk))["clue"] == POSSIBLE
    assert {"node": "clue", "text": "not described: it broke"} in report["notes"]


async def test_a_description_that_the_policy_refuses_is_left_out() -> None:
    services = with_describer(text="Call 555 0100 at once.")
    report = await say(conversation(services, "smes"), "Well.", [face()], camera=True)
    assert "555" not in repr(report)
    assert any("the description was refused" in note["text"] for note in report["notes"])


async def test_of_a_description_one_sentence_is_kept() -> None:
    services = with_describer(text=f"{TEXT} The room is dark.")
    talk = conversation(services, "smes")
    await say(talk, "Well.", [face()], camera=True)
    assert (await thoughts(talk))["clue"] == TEXT


async def test_no_more_pictures_are_shown_than_the_options_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Scene] = []
    predict = StubDescriber.predict

    def spy(self: StubDescriber, items: Sequence[Scene], /) -> list[str]:
        seen.extend(items)
        return predict(self, items)

    monkeypatch.setattr(StubDescriber, "predict", spy)
    talk = conversation(with_describer(), "smes")
    await say(talk, "Well.", [face(frames=40)], camera=True)
    assert len(seen[0].frames) == 6 and seen[0].ask


def test_r18_at_work_no_pictures_are_described() -> None:
    spec = deploy(read_graph(find_graph("smes")), "workplace")
    assert "clue" not in spec.nodes


class MadeProcessor:
    """Counts pictures as tokens and gives one letter a number."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def apply_chat_template(self, messages: Any, **_: Any) -> Any:
        import torch
        from transformers import BatchFeature

        self.asked = messages
        return BatchFeature({"input_ids": torch.arange(len(messages[0]["content"]))[None]})

    def batch_decode(self, ids: Any, **_: Any) -> list[str]:
        return ["".join(chr(97 + int(i)) for i in row) + " " for row in ids]


class MadeModel:
    """Writes three letters after any prompt."""

    def __init__(self) -> None:
        import torch

        self.device, self.dtype = torch.device("cpu"), torch.float32

    def generate(self, input_ids: Any, **_: Any) -> Any:
        import torch

        return torch.cat([input_ids, torch.tensor([[0, 1, 2]])], dim=1)


def describer(model: Any = None) -> tuple[VideoDescriber, MadeProcessor]:
    processor = MadeProcessor()
    made: Any = model or MadeModel()
    return VideoDescriber("made", made, processor, Options(side=64)), processor  # type: ignore[arg-type]


def test_a_video_language_model_is_shown_small_pictures_and_the_question() -> None:
    made, processor = describer()
    frame = np.zeros((200, 100, 3), np.uint8)
    assert made.predict([Scene((frame, frame), "What is there?")]) == ["abc"]
    *pictures, text = processor.asked[0]["content"]
    assert [picture["image"].size for picture in pictures] == [(32, 64)] * 2
    assert text == {"type": "text", "text": "What is there?"}


def test_without_pictures_a_video_language_model_is_not_asked() -> None:
    made, processor = describer()
    assert made.predict([Scene((), "What?")]) == [""] and not processor.asked


def test_the_failure_of_a_video_language_model_tells_nothing_of_what_it_saw() -> None:
    class Broken(MadeModel):
        def generate(self, input_ids: Any, **_: Any) -> Any:
            raise ValueError("a face")

    made, _ = describer(Broken())
    with pytest.raises(ModelError, match="'made' failed: ValueError$"):
        made.predict([Scene((np.zeros((8, 8, 3), np.uint8),), "What?")])
