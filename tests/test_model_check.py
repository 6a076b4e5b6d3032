"""Deliberately wrong text models and entries: the check catches each, and says what to do."""

import random
import socket
import threading
import time

from tests.made_models import LABELS, Right, check, made, wrong
from tools.catalogue import ModelConfig, ModelFile
from tools.checking.entry import entry_points, licence
from tools.models import ModelSet
from tools.perceived import Perceived


def test_a_model_that_keeps_its_contract_passes():
    report = check(Right)
    assert report.passed
    assert report.measured.first_ms is not None
    assert [row.batch for row in report.measured.latency] == [1, 2, 4]
    assert report.measured.load_mb is not None


@made
class Unfinished(Right):
    def scores(self, text):
        return {"up": 0.5, "down": 0.5}


def test_a_label_without_a_score_is_caught():
    assert "'even'" in wrong(Unfinished)["answers"]


@made
class Undeclared(Right):
    def scores(self, text):
        return {**dict.fromkeys(LABELS, 0.2), "sideways": 0.4}


def test_a_label_that_no_map_knows_is_caught():
    assert "'sideways'" in wrong(Undeclared)["answers"]


@made
class Unscaled(Right):
    def scores(self, text):
        return dict.fromkeys(LABELS, 0.5)


def test_probabilities_that_do_not_sum_to_one_are_caught():
    assert "sum to 1.5" in wrong(Unscaled)["answers"]


@made
class Nan(Right):
    def scores(self, text):
        return dict.fromkeys(LABELS, float("nan"))


def test_scores_that_are_no_numbers_are_caught():
    assert "finite" in wrong(Nan)["answers"]


@made
class Negative(Right):
    def scores(self, text):
        return {"up": -0.5, "down": 1.0, "even": 0.5}


def test_scores_below_zero_are_caught():
    assert "-0.5" in wrong(Negative)["answers"]


@made
class Relative(Right):
    """Divides by the largest of a batch, as a careless normalisation does."""

    def predict(self, items):
        found = [self.one(item) for item in items]
        if len(items) == 1:
            return found
        return [each if each.missing else Perceived(dict.fromkeys(LABELS, 1 / 3)) for each in found]


def test_an_answer_that_depends_on_its_batch_is_caught():
    assert "max_batch: 1" in wrong(Relative)["batches"]


def test_a_model_that_is_handed_one_item_at_a_time_has_no_neighbours():
    assert "batches" not in wrong(Relative, max_batch=1)


@made
class Sorted(Right):
    def predict(self, items):
        return super().predict(sorted(items))


def test_answers_in_another_order_are_caught():
    assert "keep the order" in wrong(Sorted)["batches"]


@made
class Short(Right):
    def predict(self, items):
        return super().predict(items)[:1]


def test_a_batch_with_too_few_answers_is_caught():
    assert "return one per item" in wrong(Short)["batches"]


@made
class Random(Right):
    def scores(self, text):
        up = random.random()
        return {"up": up, "down": 1 - up, "even": 0.0}


def test_another_answer_the_second_time_is_caught():
    assert "dropout" in wrong(Random, max_batch=1)["twice"]


@made
class Neutral(Right):
    def one(self, text):
        return Perceived({"up": 0.0, "down": 0.0, "even": 1.0})


def test_a_feeling_in_an_empty_text_is_caught():
    assert "missing='not given'" in wrong(Neutral)["nothing to read"]


@made
class Fragile(Right):
    def scores(self, text):
        text.encode()
        return super().scores(text)


def test_a_model_that_fails_on_a_lone_surrogate_is_caught():
    assert "lone surrogate" in wrong(Fragile)["hostile input"]


@made
class Deduplicating(Right):
    """Answers a text once, however many conversations ask for it in the same batch."""

    def predict(self, items):
        time.sleep(0.02)  # so that all who ask wait together
        return super().predict(list(dict.fromkeys(items)))


def test_a_model_that_fails_when_two_conversations_say_the_same_is_caught():
    found = wrong(Deduplicating, max_batch=32)
    assert set(found) == {"many at once"}


@made
class Calling(Right):
    def __init__(self):
        with socket.socket() as caller:
            caller.settimeout(0.2)
            caller.connect_ex(("127.0.0.1", 9))


def test_a_connection_while_loading_is_caught():
    assert "127.0.0.1" in wrong(Calling)["network"]


@made
class Sending(Right):
    def scores(self, text):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.connect(("192.0.2.1", 9))  # of no network; datagrams only: nothing is sent
        return super().scores(text)


def test_words_that_are_sent_away_are_caught():
    assert "192.0.2.1" in wrong(Sending)["privacy"]


@made
class Broken:
    def __init__(self):
        raise OSError("no such file")


def test_a_model_that_cannot_be_loaded_is_told_with_its_reason():
    assert "no such file" in wrong(Broken)["loading"]


def entry(name, **changes):
    return {point.name: point for point in check(Right, **changes).points}[name]


def test_a_model_without_a_licence_is_caught():
    assert "about:" in wrong(Right, about="Made")["licence"]


def test_a_model_that_was_trained_is_bound_by_the_licence_of_its_data(tmp_path):
    (tmp_path / "card.yaml").write_text("data: {licence: CC BY-NC 4.0}", "utf-8")
    options = {"made": "Right", "folder": str(tmp_path)}
    assert "CC BY-NC 4.0" in entry("licence", about="Made", options=options).said


def test_a_backend_that_is_built_in_gets_no_licence_of_its_own():
    config = ModelConfig(task="strategy", backend="blend", options={"parts": {"theirs": 1.0}})
    assert licence(config) == ""


def test_a_built_in_backend_with_somebody_s_weights_wants_a_licence(tmp_path):
    folder = {"encoder": "minilm", "folder": str(tmp_path)}
    config = ModelConfig(task="strategy", backend="context-head", options=folder)
    file = ModelFile(models={"head": config}, profiles={"only": {}})
    states = {p.name: p.state for p in entry_points(ModelSet(file, "only"), "head")}
    assert states["licence"] == "wrong"


def test_a_model_without_labels_is_caught():
    assert "map each label" in wrong(Right, labels={})["label map"]


def test_emotions_that_it_can_never_name_are_told():
    assert "anger" in entry("label map").said


def test_a_model_without_skill_is_told_to_weigh_nothing():
    assert "weighs 0" in entry("skill").said


def test_a_skill_says_what_it_weighs():
    skill = {"uar": 0.5, "classes": 3, "n": 90, "corpus": "made"}
    assert "0.25" in entry("skill", skill=skill).said


def test_weights_that_are_pickles_are_caught(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"x")
    options = {"made": "Right", "folder": str(tmp_path)}
    assert "'model.pt'" in wrong(Right, options=options)["format"]


def test_weights_that_stand_in_no_manifest_are_caught():
    assert "weights.yaml" in wrong(Right, weights="nowhere")["weights"]


def test_an_unknown_backend_is_caught_before_anything_is_loaded():
    found = wrong(Right, backend="minlm")
    assert "'minilm'" in found["entry"]
    assert "loading" not in found


def test_no_thread_of_the_model_outlives_its_check():
    check(Right)
    assert "host-made" not in [thread.name for thread in threading.enumerate()]
