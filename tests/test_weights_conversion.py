import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from tools import weights
from tools.errors import WeightsError
from tools.weights.cache import sha256
from tools.weights.conversion import DEEPFACE_FILE, deepface_onnx

Array = npt.NDArray[np.float64]
Weights = dict[str, dict[str, npt.NDArray[np.float32]]]

SIDE, CHANNELS, CLASSES = 64, 3, 7
EPSILON = 0.001


def layer(kind: str, name: str, reads: list[str], **config: Any) -> dict[str, Any]:
    inbound = [[[read, 0, 0, {}] for read in reads]] if reads else []
    return {"class_name": kind, "config": {"name": name, **config}, "inbound_nodes": inbound}


def network() -> list[dict[str, Any]]:
    """Every kind of layer that mini-XCEPTION has, once or twice, in one residual block."""
    valid = {"activation": "linear", "strides": [1, 1], "padding": "valid", "use_bias": False}
    same = {**valid, "padding": "same", "depth_multiplier": 1}
    halved = {"strides": [2, 2], "padding": "same"}
    return [
        layer("InputLayer", "input", [], batch_input_shape=[None, SIDE, SIDE, 1]),
        layer("Conv2D", "first", ["input"], **valid),
        layer("BatchNormalization", "norm", ["first"], epsilon=EPSILON),
        layer("Activation", "relu", ["norm"], activation="relu"),
        layer("SeparableConv2D", "separable", ["relu"], **same),
        layer("MaxPooling2D", "pool", ["separable"], pool_size=[3, 3], **halved),
        layer("Conv2D", "short_cut", ["relu"], **{**valid, **halved}),
        layer("Add", "add", ["pool", "short_cut"]),
        layer("Conv2D", "last", ["add"], **{**same, "use_bias": True}),
        layer("GlobalAveragePooling2D", "mean", ["last"]),
        layer("Activation", "softmax", ["mean"], activation="softmax"),
    ]


def random_weights() -> Weights:
    random = np.random.default_rng(3)

    def some(*shape: int) -> npt.NDArray[np.float32]:
        return random.normal(0, 0.5, shape).astype(np.float32)

    c = CHANNELS
    return {
        "first": {"kernel": some(3, 3, 1, c)},
        "norm": {
            "gamma": some(c),
            "beta": some(c),
            "moving_mean": some(c),
            "moving_variance": some(c) ** 2,
        },
        "separable": {"depthwise_kernel": some(3, 3, c, 1), "pointwise_kernel": some(1, 1, c, c)},
        "short_cut": {"kernel": some(1, 1, c, c)},
        "last": {"kernel": some(3, 3, c, CLASSES), "bias": some(CLASSES)},
    }


def write_keras(path: Path, layers: list[dict[str, Any]], stored: Weights) -> None:
    """Write a model the way Keras 2 does."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"config": {"layers": layers}})
        for described in layers:
            name = described["config"]["name"]
            group = file.create_group(f"model_weights/{name}")
            names = [f"{name}_1/{weight}:0" for weight in stored.get(name, {})]
            group.attrs["weight_names"] = np.array([n.encode() for n in names], dtype="S64")
            for full, values in zip(names, stored.get(name, {}).values(), strict=True):
                group[full] = values


def windows(x: Array, side: int, stride: int, *, same: bool, fill: float = 0.0) -> Array:
    """Return (rows, columns, side, side, channels); `same` pads as TensorFlow does."""
    if same:
        out = -(-x.shape[0] // stride)
        total = max((out - 1) * stride + side - x.shape[0], 0)
        before = total // 2
        x = np.pad(x, ((before, total - before),) * 2 + ((0, 0),), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(0, 1))
    return view[::stride, ::stride].transpose(0, 1, 3, 4, 2)


def resized(face: Array, side: int) -> Array:
    """Resize a square picture bilinearly, pixel centres at halves."""
    n = len(face)
    at = np.clip((np.arange(side) + 0.5) * n / side - 0.5, 0, n - 1)
    low = np.floor(at).astype(int)
    high, part = np.minimum(low + 1, n - 1), at - low
    rows = face[low] * (1 - part)[:, None] + face[high] * part[:, None]
    return np.asarray(rows[:, low] * (1 - part) + rows[:, high] * part)


def expected(face: Array, w: Weights) -> Array:
    """Compute the network of `network` by hand; `face` is (48, 48) in [0, 1]."""
    x = (resized(face, SIDE) / 0.5 - 1)[:, :, None]
    x = np.einsum("ijklc,klco->ijo", windows(x, 3, 1, same=False), w["first"]["kernel"])
    norm = w["norm"]
    x = (x - norm["moving_mean"]) / np.sqrt(norm["moving_variance"] + EPSILON)
    x = np.maximum(x * norm["gamma"] + norm["beta"], 0)
    depth = windows(x, 3, 1, same=True)
    y = np.einsum("ijklc,klc->ijc", depth, w["separable"]["depthwise_kernel"][:, :, :, 0])
    y = y @ w["separable"]["pointwise_kernel"][0, 0]
    y = windows(y, 3, 2, same=True, fill=-np.inf).max(axis=(2, 3))
    y = y + x[::2, ::2] @ w["short_cut"]["kernel"][0, 0]
    z = np.einsum("ijklc,klco->ijo", windows(y, 3, 1, same=True), w["last"]["kernel"])
    logits = (z + w["last"]["bias"]).mean(axis=(0, 1))
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_keras(tmp_path / "emotion_model.hdf5", network(), random_weights())
    return tmp_path


def test_the_onnx_computes_what_the_keras_network_computes(source: Path, tmp_path: Path) -> None:
    deepface_onnx(source, tmp_path / "out")
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / DEEPFACE_FILE))
    faces = np.random.default_rng(5).random((4, 48, 48, 1)).astype(np.float32)
    (scores,) = session.run(None, {session.get_inputs()[0].name: faces})
    by_hand = [expected(face[:, :, 0].astype(np.float64), random_weights()) for face in faces]
    assert scores.shape == (4, CLASSES)
    np.testing.assert_allclose(scores, by_hand, atol=1e-5)


def test_the_same_file_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    deepface_onnx(source, tmp_path / "one")
    deepface_onnx(source, tmp_path / "two")
    first, second = (tmp_path / n / DEEPFACE_FILE for n in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_an_unknown_layer_is_refused(tmp_path: Path) -> None:
    layers = [*network(), layer("Dropout", "dropout", ["softmax"])]
    write_keras(tmp_path / "emotion_model.hdf5", layers, random_weights())
    with pytest.raises(WeightsError, match="'dropout' is a .*Dropout.*not known"):
        deepface_onnx(tmp_path, tmp_path / "out")


def test_a_missing_weight_is_refused(tmp_path: Path) -> None:
    stored = random_weights()
    del stored["last"]["bias"]
    write_keras(tmp_path / "emotion_model.hdf5", network(), stored)
    with pytest.raises(WeightsError, match="no 'bias' in the layer 'last'"):
        deepface_onnx(tmp_path, tmp_path / "out")


def test_what_is_no_hdf5_is_refused(tmp_path: Path) -> None:
    (tmp_path / "emotion_model.hdf5").write_bytes(b"not HDF5")
    with pytest.raises(WeightsError, match="no Keras model"):
        deepface_onnx(tmp_path, tmp_path / "out")


@pytest.mark.models
def test_the_real_weights_convert_to_the_pinned_file(tmp_path: Path) -> None:
    deepface_onnx(weights.require("mini-xception"), tmp_path)
    pin = weights.entries()["mini-xception-onnx"].files[DEEPFACE_FILE]
    assert sha256(tmp_path / DEEPFACE_FILE) == pin.sha256
