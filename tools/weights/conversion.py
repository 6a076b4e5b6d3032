"""Make one set of weights out of another, on this machine, without the framework it came from.

The tuned answer model is its base with a shipped adapter (`tools.weights.merging`). Mini-XCEPTION
(Arriaga, Ploeger and Valdenegro 2017, "Real-time convolutional neural
networks for emotion and gender classification", section 4 and figure 3), a Keras 2 model in HDF5.
It is rebuilt layer by layer as ONNX behind the input that DeepFace gives. No weight is computed
anew, so that the same HDF5 file gives the same bytes on every machine.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import numpy.typing as npt

from tools.errors import WeightsError
from tools.weights.merging import merge_adapter

if TYPE_CHECKING:
    import h5py
    import onnx

Array = npt.NDArray[np.float32]

DEEPFACE_FILE = ".deepface/weights/facial_expression_model_weights.onnx"
DEEPFACE_SIDE = 48
# 18 is the first opset whose Resize can leave the batch axis alone.
OPSET, IR_VERSION = 18, 8

ADAPTER = Path(__file__).parents[1] / "data" / "responder"
TUNED_FILE = "model.gguf"
STRENGTH = 0.7
"""Share of the adapter that is merged: all of it costs more of what the base understands."""


class Layer(TypedDict):
    """One layer of Keras' `model_config`; `inbound_nodes` names the layers that it reads."""

    class_name: str
    config: dict[str, Any]
    inbound_nodes: list[list[list[Any]]]


def deepface_onnx(source: Path, target: Path) -> None:
    """Convert the folder of `mini-xception` into the folder of `mini-xception-onnx`.

    Raises:
        WeightsError: the HDF5 file is no Keras model of the layers known here.
    """
    path = target / DEEPFACE_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    model = from_keras(source / "emotion_model.hdf5")
    path.write_bytes(model.SerializeToString(deterministic=True))


def tuned_gguf(source: Path, target: Path) -> None:
    """Merge the shipped adapter into the one GGUF file of a folder.

    Raises:
        WeightsError: the folder holds no such file, or the adapter does not fit it.
    """
    files = sorted(source.glob("*.gguf"))
    if not files:
        raise WeightsError(f"the weights {source.name!r} hold no .gguf file; fetch them again")
    target.mkdir(parents=True, exist_ok=True)
    merge_adapter(files[0], ADAPTER, target / TUNED_FILE, strength=STRENGTH)


CONVERTERS: dict[str, Callable[[Path, Path], None]] = {
    "mini-xception-onnx": deepface_onnx,
    "responder": tuned_gguf,
}
"""Converter name -> function `(source folder, target folder)`."""


def from_keras(path: Path) -> "onnx.ModelProto":
    """Rebuild a Keras classifier of square grey pictures as ONNX for DeepFace.

    The ONNX input is (n, 48, 48, 1) float32, grey in [0, 1]. It is resized bilinearly to the side
    the network wants and scaled to [-1, 1], as the network was trained. The output is the
    network's own, (n, classes); mini-XCEPTION's seven are, like DeepFace's, in the order angry,
    disgust, fear, happy, sad, surprise, neutral.

    Args:
        path: an HDF5 file with Keras' `model_config` and `model_weights`.

    Raises:
        WeightsError: it is no such file, or has a layer that is not known here.
    """
    import h5py
    import onnx

    try:
        with h5py.File(path) as file:
            layers: list[Layer] = json.loads(file.attrs["model_config"])["config"]["layers"]
            graph = _Graph(file["model_weights"])
            for layer in layers:
                graph.add(layer)
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise WeightsError(
            f"the file {path.name!r} is no Keras model of the expected kind "
            f"({type(error).__name__}: {error}); fetch its entry again"
        ) from error
    float32 = onnx.TensorProto.FLOAT
    face: list[str | int | None] = ["n", DEEPFACE_SIDE, DEEPFACE_SIDE, 1]
    return onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "expression",
            [onnx.helper.make_tensor_value_info("face", float32, face)],
            [onnx.helper.make_tensor_value_info(graph.last, float32, ["n", graph.classes])],
            graph.tensors,
        ),
        producer_name="attune",
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )


class _Graph:
    """ONNX nodes and tensors, added one Keras layer at a time."""

    def __init__(self, weights: "h5py.Group") -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.last = ""
        self.classes = 0

    def add(self, layer: Layer) -> None:
        kind, config = layer["class_name"], layer["config"]
        name = str(config["name"])
        reads = [str(node[0]) for nodes in layer["inbound_nodes"] for node in nodes]
        match kind, config.get("activation"):
            case "InputLayer", _:
                self._face(name, int(config["batch_input_shape"][1]))
            case "Conv2D", "linear":
                self._convolve(name, reads, config)
            case "SeparableConv2D", "linear":
                self._separable(name, reads, config)
            case "BatchNormalization", _:
                stored = ["gamma", "beta", "moving_mean", "moving_variance"]
                tensors = [self._tensor(f"{name}_{s}", self._stored(name, s)) for s in stored]
                epsilon = float(config["epsilon"])
                self._node("BatchNormalization", [*reads, *tensors], name, epsilon=epsilon)
            case "MaxPooling2D", _:
                self._node("MaxPool", reads, name, **_window(config, config["pool_size"]))
            case "GlobalAveragePooling2D", _:
                self._node("ReduceMean", [*reads, self._axes("pooled", [2, 3])], name, keepdims=0)
            case "Add", _:
                self._node("Add", reads, name)
            case "Activation", "relu":
                self._node("Relu", reads, name)
            case "Activation", "softmax":
                self._node("Softmax", reads, name, axis=-1)
            case unknown:
                raise ValueError(f"the layer {name!r} is a {unknown}, which is not known here")

    def _face(self, name: str, side: int) -> None:
        """Resize DeepFace's picture, channels first, and scale it from [0, 1] to [-1, 1]."""
        self._node("Transpose", ["face"], "channels_first", perm=[0, 3, 1, 2])
        sizes = self._axes("side", [side, side])
        reads = ["channels_first", "", "", sizes]
        self._node("Resize", reads, "resized", mode="linear", axes=[2, 3])
        self._node("Mul", ["resized", self._tensor("two", np.float32(2))], "doubled")
        self._node("Sub", ["doubled", self._tensor("one", np.float32(1))], name)

    def _convolve(self, name: str, reads: list[str], config: dict[str, Any]) -> None:
        kernel = self._stored(name, "kernel")
        tensors = [self._tensor(f"{name}_kernel", kernel.transpose(3, 2, 0, 1))]
        if config["use_bias"]:
            tensors.append(self._tensor(f"{name}_bias", self._stored(name, "bias")))
        self._node("Conv", [*reads, *tensors], name, **_window(config, kernel.shape[:2]))
        self.classes = kernel.shape[3]

    def _separable(self, name: str, reads: list[str], config: dict[str, Any]) -> None:
        """Convolve each channel by itself, then mix the channels pixel by pixel."""
        if config["use_bias"] or config["depth_multiplier"] != 1:
            raise ValueError(f"the layer {name!r} has a bias or a depth multiplier")
        depth = self._stored(name, "depthwise_kernel")
        mix = self._stored(name, "pointwise_kernel")
        kernel = self._tensor(f"{name}_depth_kernel", depth.transpose(2, 3, 0, 1))
        window = _window(config, depth.shape[:2])
        self._node("Conv", [*reads, kernel], f"{name}_depth", group=depth.shape[2], **window)
        mixer = self._tensor(f"{name}_mix_kernel", mix.transpose(3, 2, 0, 1))
        self._node("Conv", [f"{name}_depth", mixer], name)

    def _stored(self, layer: str, weight: str) -> Array:
        group = self._weights[layer]
        names = [_text(n) for n in group.attrs["weight_names"]]
        found = next((n for n in names if n.rpartition("/")[2].partition(":")[0] == weight), None)
        if found is None:
            raise KeyError(f"no {weight!r} in the layer {layer!r}")
        return np.asarray(group[found], dtype=np.float32)

    def _node(self, kind: str, reads: list[str], writes: str, **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, reads, [writes], name=writes, **attributes))
        self.last = writes

    def _tensor(self, name: str, values: npt.NDArray[Any] | np.generic) -> str:
        from onnx import numpy_helper

        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _axes(self, name: str, values: list[int]) -> str:
        return self._tensor(name, np.array(values, dtype=np.int64))


def _window(config: dict[str, Any], kernel: tuple[int, ...] | list[int]) -> dict[str, Any]:
    """Return kernel, strides and padding; Keras' `same` puts the odd pixel at the end."""
    return {
        "kernel_shape": list(kernel),
        "strides": list(config["strides"]),
        "auto_pad": "SAME_UPPER" if config["padding"] == "same" else "VALID",
    }


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
