"""Models of the other tasks: the right ones pass, and each wrong one is caught."""

import itertools
import time
from typing import get_args

import numpy as np
import pytest

from tests.made_models import LABELS, made, models, wrong
from tools.catalogue import ModelConfig, Task
from tools.checking.check import check_model
from tools.checking.contracts import contract
from tools.guard import Verdict
from tools.models import load_models
from tools.perceived import Perceived
from tools.safety.detector import Estimate
from tools.transcript import Transcript

WORDS = [f"word{number}" for number in range(60)]


@made
class Drawn:
    """Finds a face in anything, also in nothing."""

    def predict(self, items):
        return [Perceived(dict.fromkeys(LABELS, 1 / 3)) for _ in items]


def test_a_face_where_there_is_none_is_caught():
    assert "a clip without frames" in wrong(Drawn, "face_emotion")["nothing to read"]


def test_a_voice_in_silence_is_caught():
    assert "silence" in wrong(Drawn, "voice_emotion")["nothing to read"]


@made
class Hearing:
    def predict(self, items):
        return [Transcript("thank you for watching", "en", 1.0) for _ in items]


def test_words_in_silence_are_caught():
    assert "silence" in wrong(Hearing, "listen")["nothing to read"]


@made
class Long:
    def predict(self, items):
        return [np.ones(8, np.float32) * (2 + len(item) % 2) for item in items]


def test_a_vector_that_is_not_of_length_one_is_caught():
    assert "length" in wrong(Long, "embed")["answers"]


@made
class Uneven:
    def predict(self, items):
        return [np.eye(1, 8 + len(item) % 2, dtype=np.float32)[0] for item in items]


def test_vectors_of_two_widths_are_caught():
    assert "[8, 9]" in wrong(Uneven, "embed")["vectors"]


@made
class Foreign:
    def predict(self, items):
        return [{"Comforting": 1.0} for _ in items]


def test_a_strategy_of_another_corpus_is_caught():
    assert "'Comforting'" in wrong(Foreign, "strategy")["answers"]


@pytest.mark.parametrize("task", ["strategy", "system_emotion", "user_emotion"])
def test_having_no_opinion_is_allowed(task):
    @made
    class Silent:
        def predict(self, items):
            return [{} for _ in items]

    assert wrong(Silent, task) == {}


@made
class Alarmed:
    def predict(self, items):
        found = {
            "danger": "boredom", "level": "high", "whose": "own", "act": "disclosure",
            "rule": "", "detector": "trained",
        }  # fmt: skip
        return [Estimate(0.9, [found]) for _ in items]


def test_a_danger_that_nobody_knows_is_caught():
    assert "'boredom'" in wrong(Alarmed, "risk")["answers"]


@made
class Mute:
    def predict(self, items):
        return [Verdict(safe=False) for _ in items]


def test_a_refusal_without_a_category_is_caught():
    assert "category" in wrong(Mute, "guard")["answers"]


def test_every_task_that_an_entry_may_have_is_held_to_a_contract():
    for task in set(get_args(Task)) - {"respond"}:  # has a check of its own
        held = contract(ModelConfig(task=task, backend="made"))
        assert held.items and held.hostile, task


@made
class Imagining:
    """Describes a clip without frames as if it had been seen."""

    def predict(self, items):
        return [f"They sit still for {len(scene.frames)} pictures." for scene in items]


def test_a_description_of_a_clip_without_frames_is_caught():
    points = wrong(Imagining, "describe")
    assert list(points) == ["nothing to read"]
    assert "return an empty text" in points["nothing to read"]


@made
class Measuring:
    """Gives the brightness of a clip in place of words."""

    def predict(self, items):
        return [float(np.mean(scene.frames)) if scene.frames else 0.0 for scene in items]


def test_a_description_that_is_no_text_is_caught():
    assert "float; return text" in wrong(Measuring, "describe")["answers"]


def test_a_description_that_changes_is_caught():
    @made
    class Sampling:
        def __init__(self):
            self.words = itertools.cycle(WORDS)

        def predict(self, items):
            return [next(self.words) if scene.frames else "" for scene in items]

    assert "sampling" in wrong(Sampling, "describe")["twice"]


def test_of_a_model_that_cannot_be_loaded_nothing_is_said_of_its_answers():
    @made
    class Absent:
        def __init__(self):
            raise OSError("no such file")

    report = check_model(models(Absent), "made")
    assert report.points[-1].name == "loading" and report.points[-1].state == "wrong"


class Writer:
    """A language model that keeps its contract."""

    def stream(self, request):
        for word in WORDS[: request.max_tokens]:
            yield f"{word} "


made(Writer)


def test_a_language_model_that_keeps_its_contract_passes():
    assert wrong(Writer, "respond") == {}


@made
class Endless:
    def stream(self, request):
        yield from (f"{word} " for word in WORDS)


def test_a_reply_beyond_its_bound_is_caught():
    assert "heed `max_tokens`" in wrong(Endless, "respond")["max_tokens"]


@made
class Whole:
    def stream(self, request):
        yield " ".join(WORDS[: request.max_tokens])


def test_a_reply_in_one_piece_is_caught():
    assert "one piece" in wrong(Whole, "respond")["streams"]


@made
class Echo:
    def stream(self, request):
        yield from (f"{word} " for word in [*request.prefix.split(), *WORDS][: request.max_tokens])


def test_a_repeated_prefix_is_caught():
    assert "`prefix`" in wrong(Echo, "respond")["prefix"]


@made
class Listed:
    def stream(self, request):
        return iter([f"{word} " for word in WORDS[: request.max_tokens]])


def test_a_reply_that_cannot_be_closed_is_caught():
    assert "does not stop it" in wrong(Listed, "respond")["stopping"]


@made
class Moody:
    def __init__(self):
        self.count = itertools.count()

    def stream(self, request):
        start = next(self.count)
        yield from (f"{word} " for word in WORDS[start : start + request.max_tokens])


def test_another_reply_to_the_same_request_is_caught():
    assert "greedily" in wrong(Moody, "respond")["twice"]


@made
class Shared:
    """Keeps the place of its reply outside the generator, so that two replies mix."""

    def stream(self, request):
        own = request.messages[-1].content.split()
        self.words = [f"{own[0]}-{word}" for word in WORDS[: request.max_tokens]]
        while self.words:
            time.sleep(0.002)
            if self.words:
                yield f"{self.words.pop(0)} "


def test_replies_that_mix_are_caught():
    assert "not its own" in wrong(Shared, "respond")["many at once"]


STUBS = load_models("stub")


@pytest.mark.parametrize("name", [n for n in STUBS.configs if n.startswith("stub-")])
def test_every_stub_keeps_its_contract(name):
    assert [p for p in check_model(load_models("stub"), name).points if p.state == "wrong"] == []


@pytest.mark.models
@pytest.mark.parametrize("name", dict.fromkeys(load_models("small").names()))
def test_every_model_of_the_small_profile_keeps_its_contract(name):
    found = load_models("small")
    try:
        assert [p for p in check_model(found, name).points if p.state == "wrong"] == []
    finally:
        found.close()


@pytest.mark.parametrize("name", ["stance", "rule-stance", "knn-strategy", "knn-stance"])
def test_every_planner_without_weights_keeps_its_contract(name):
    assert [p for p in check_model(load_models("stub"), name).points if p.state == "wrong"] == []
