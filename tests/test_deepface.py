import os
import socket
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import skimage.data
from onnx import TensorProto, helper, numpy_helper

from tests.made_loading import loading
from tools import weights
from tools.backends import deepface
from tools.backends.deepface import DeepFaceEmotion, Options, spread
from tools.errors import ConfigError, UnknownName, WeightsError
from tools.weights.conversion import DEEPFACE_FILE

LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
BLACK = np.zeros((90, 120, 3), np.uint8)


@pytest.fixture(autouse=True)
def environment():
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def offline(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def portrait():
    """The face of Eileen Collins (NASA, public domain), 256 by 192 pixels."""
    return skimage.data.astronaut()[:192, 130:386]


def expression(folder: Path, classes: int = 7, bright: int = 0, dark: int = 6) -> Path:
    """Write a model of DeepFace's contract: bright faces are `bright`, dark ones `dark`."""
    slope = np.zeros((1, classes), np.float32)
    level = np.zeros(classes, np.float32)
    slope[0, bright], level[dark % classes] = 100.0, 20.0
    nodes = [
        helper.make_node("ReduceMean", ["face", "axes"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "slope", "level"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "expression",
        [helper.make_tensor_value_info("face", TensorProto.FLOAT, ["n", 48, 48, 1])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", classes])],
        [
            numpy_helper.from_array(np.array([1, 2]), "axes"),
            numpy_helper.from_array(slope, "slope"),
            numpy_helper.from_array(level, "level"),
        ],
    )
    opset = [helper.make_opsetid("", 18)]
    (folder / DEEPFACE_FILE).parent.mkdir(parents=True)
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), folder / DEEPFACE_FILE)
    return folder


def open_model(folder: Path, **options) -> DeepFaceEmotion:
    return deepface.load(loading("deepface", folder, task="face_emotion", options=options))


def best(found):
    return max(found.scores, key=found.scores.__getitem__)


def test_a_face_is_found_and_read_without_any_connection(tmp_path, portrait, offline):
    found = open_model(expression(tmp_path)).predict([[portrait]])[0]
    assert list(found.scores) == LABELS
    assert sum(found.scores.values()) == pytest.approx(1)
    assert (best(found), found.missing) == ("angry", "")


def test_frames_without_a_face_are_no_reading(tmp_path):
    found = open_model(expression(tmp_path)).predict([[BLACK, BLACK]])[0]
    assert (found.missing, found.scores) == ("no face", {})
    assert found.note == "0 of 2 frames showed a face"


def test_a_clip_without_frames_is_no_reading(tmp_path):
    assert open_model(expression(tmp_path)).predict([[]])[0].missing == "no face"


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (2, 3)])
def test_frames_of_a_few_pixels_are_no_reading(tmp_path, shape):
    tiny = np.full((*shape, 3), 128, np.uint8)
    assert open_model(expression(tmp_path)).predict([[tiny]])[0].missing == "no face"


def test_the_note_counts_the_frames_with_a_face(tmp_path, portrait):
    found = open_model(expression(tmp_path)).predict([[portrait, BLACK, portrait]])[0]
    assert found.note == "2 of 3 frames showed a face"


def test_two_models_of_one_process_do_not_take_each_others_weights(tmp_path, portrait):
    first = open_model(expression(tmp_path / "a", bright=0))
    second = open_model(expression(tmp_path / "b", bright=3))
    read = [best(model.predict([[portrait]])[0]) for model in (first, second, first)]
    assert read == ["angry", "happy", "angry"]


def test_missing_weights_are_refused_before_deepface_could_fetch_them(tmp_path, offline):
    with pytest.raises(WeightsError, match="lacks facial_expression_model_weights.onnx"):
        open_model(tmp_path)


def test_a_detector_whose_file_is_missing_is_refused(tmp_path, offline):
    with pytest.raises(WeightsError, match="lacks face_detection_yunet_2023mar.onnx"):
        open_model(expression(tmp_path), detector="yunet")


def test_a_detector_that_fetches_by_itself_is_unknown(tmp_path):
    with pytest.raises(UnknownName, match="face detector 'mtcnn'"):
        open_model(expression(tmp_path), detector="mtcnn")


def test_an_opencv_without_cascades_is_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(deepface, "_CASCADES", ("haarcascade_gone.xml",))
    with pytest.raises(WeightsError, match="ships no Haar cascades"):
        open_model(expression(tmp_path))


def test_damaged_weights_are_one_clear_sentence(tmp_path):
    (expression(tmp_path) / DEEPFACE_FILE).write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="'made' cannot be loaded"):
        open_model(tmp_path)


def test_a_model_of_another_kind_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="gives \\(4,\\) scores"):
        open_model(expression(tmp_path, classes=4))


def test_deepface_on_another_engine_is_refused(tmp_path, monkeypatch):
    from deepface.commons import backend_utils

    monkeypatch.setattr(backend_utils, "_backend_engine", "pytorch")
    with pytest.raises(ConfigError, match="runs on 'pytorch'"):
        open_model(expression(tmp_path))


def test_loading_leaves_the_warnings_of_the_process_on(tmp_path, monkeypatch):
    open_model(expression(tmp_path))
    monkeypatch.delitem(sys.modules, "deepface.DeepFace")  # it is imported anew
    monkeypatch.delattr(sys.modules["deepface"], "DeepFace")
    with warnings.catch_warnings():
        warnings.resetwarnings()
        open_model(tmp_path)
        assert list(warnings.filters) == []


class FakeDeepFace(SimpleNamespace):
    """DeepFace's `analyze` as a script: one list of faces per call; None is no face."""

    def __init__(self, *answers):
        super().__init__(answers=list(answers), seen=[])

    def analyze(self, image, **options):
        self.seen.append((image, options))
        answer = self.answers.pop(0)
        if answer is None:
            raise LookupError
        return answer


def face(label, share, size=10):
    rest = {name: 0.0 for name in LABELS} | {"neutral": 100 - share, label: share}
    return {"emotion": rest, "region": {"x": 0, "y": 0, "w": size, "h": size}}


def scripted(*answers, **options):
    fake = FakeDeepFace(*answers)
    modeling = SimpleNamespace(cached_models={"facial_attribute": {}})
    errors = SimpleNamespace(FaceNotDetected=LookupError, ImgNotFound=LookupError)
    return DeepFaceEmotion(fake, modeling, object(), errors, Options(**options)), fake


def test_frames_with_a_face_are_averaged():
    model, _ = scripted([face("happy", 90.0)], None, [face("happy", 50.0)])
    found = model.predict([[BLACK] * 3])[0]
    assert found.scores["happy"] == pytest.approx(0.7)
    assert found.scores["neutral"] == pytest.approx(0.3)


def test_the_largest_face_of_a_frame_is_read():
    small, large = face("happy", 90.0, size=10), face("sad", 90.0, size=20)
    model, _ = scripted([small, large], [large, small], frames=1)
    assert [best(found) for found in model.predict([[BLACK], [BLACK]])] == ["sad", "sad"]


def test_deepface_is_given_blue_first_and_no_more_pixels_than_asked():
    model, fake = scripted([face("sad", 60.0)], side=60)
    red = np.zeros((90, 120, 3), np.uint8)
    red[:, :, 0] = 200
    model.predict([[red]])
    image, options = fake.seen[0]
    assert image.shape == (45, 60, 3)
    assert image[0, 0].tolist() == [0, 0, 200]
    assert options["actions"] == ["emotion"]
    assert options["enforce_detection"] is True


def test_as_many_frames_are_looked_at_as_the_option_says():
    model, fake = scripted(None, None, frames=2)
    model.predict([[BLACK] * 9])
    assert len(fake.seen) == 2


def test_frames_are_taken_from_the_middle_of_equal_parts():
    assert spread(list(range(12)), 4) == [1, 4, 7, 10]
    assert spread([1, 2], 4) == [1, 2]


@pytest.mark.models
def test_mini_xception_sees_the_smile(portrait):
    model = open_model(weights.require("mini-xception-onnx"))
    found = model.predict([[portrait] * 4])[0]
    assert best(found) == "happy"
    assert found.scores["happy"] > 0.9
