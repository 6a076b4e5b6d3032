"""Put a low-rank adapter into a GGUF model: OpenVINO GenAI ignores adapters beside one.

Only the adapted tensors are computed anew, and written in eight bits (`Q8_0`); all others keep
their bytes. Every step is done in an order that does not depend on the machine, so that the same
files give the same bytes everywhere.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tools.errors import WeightsError

if TYPE_CHECKING:
    import gguf

Array = npt.NDArray[np.float32]

_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""What transformers and GGUF call the same layer of the Qwen2 family."""

_FAMILIES = ("qwen2", "qwen3")
"""Others turn the rows of attention about (`llama`), so that an adapter would land elsewhere."""

_BEYOND = ("use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save")
"""Settings of PEFT with which a change is not just `scale * B @ A`."""

_TENSOR = re.compile(r"layers\.(\d+)\.(.+)\.lora_([AB])\.weight$")


def merge_adapter(base: Path, adapter: Path, target: Path, *, strength: float = 1.0) -> None:
    """Write a model with its adapter merged in.

    Args:
        base: the GGUF file of a model of the Qwen2 family.
        adapter: a folder with `adapter_model.safetensors` and `adapter_config.json` of PEFT.
        target: the GGUF file to write.
        strength: by what the adapter is multiplied.

    Raises:
        WeightsError: a file is not of its kind, or the adapter does not fit the model.
    """
    import gguf

    changes = {
        name: (a, b * np.float32(strength)) for name, (a, b) in read_adapter(adapter).items()
    }
    try:
        reader = gguf.GGUFReader(base)
        architecture = reader.fields[gguf.Keys.General.ARCHITECTURE].contents()
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise WeightsError(
            f"the file {base.name!r} is no GGUF model ({type(error).__name__}); fetch it again"
        ) from error
    if architecture not in _FAMILIES:
        raise WeightsError(
            f"the model {base.name!r} is of the family {architecture!r}; adapters can be merged "
            f"into {' and '.join(_FAMILIES)} alone"
        )
    known = {str(tensor.name): tensor for tensor in reader.tensors}
    if foreign := sorted(set(changes) - set(known)):
        raise WeightsError(
            f"the adapter {adapter.name!r} does not fit {base.name!r}: it has no {foreign[0]!r}"
        )
    for name, (a, b) in changes.items():
        shape = (b.shape[0], a.shape[1])
        if tuple(int(n) for n in reversed(known[name].shape)) != shape:
            raise WeightsError(
                f"the adapter {adapter.name!r} does not fit {base.name!r}: its {name!r} is {shape}"
            )
    writer = gguf.GGUFWriter(target, architecture, endianess=reader.endianess)
    writer.data_alignment = reader.alignment
    _copy_fields(reader, writer)
    for tensor in reader.tensors:
        _announce(tensor, writer, changed=tensor.name in changes)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        data = tensor.data
        if tensor.name in changes:
            data = _changed(tensor, *changes[tensor.name])
        writer.write_tensor_data(data)
    writer.close()


def read_adapter(folder: Path) -> dict[str, tuple[Array, Array]]:
    """Return `(A, B)` by GGUF tensor name, `B` already scaled: the change of a weight is `B @ A`.

    `A` is (rank, inputs), `B` (outputs, rank).

    Raises:
        WeightsError: the folder holds no such adapter, or one of layers that are not known here.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        tensors = load_file(folder / "adapter_model.safetensors")
        scale = np.float32(config["lora_alpha"] / config["r"])
        beyond = [name for name in _BEYOND if config.get(name)]
    except (OSError, ArithmeticError, ValueError, LookupError, TypeError, SafetensorError) as error:
        raise WeightsError(
            f"{folder.name!r} holds no adapter of PEFT ({type(error).__name__}: {error})"
        ) from error
    if beyond:
        raise WeightsError(f"the adapter {folder.name!r} uses {beyond[0]!r}, unknown here")
    parts: dict[str, dict[str, Array]] = {}
    for name, tensor in tensors.items():
        found = _TENSOR.search(name)
        if found is None or found[2] not in _NAMES:
            raise WeightsError(f"the adapter {folder.name!r} changes {name!r}, unknown here")
        parts.setdefault(f"blk.{found[1]}.{_NAMES[found[2]]}.weight", {})[found[3]] = tensor.to(
            torch.float32
        ).numpy()
    if any(
        set(pair) != {"A", "B"} or pair["A"].shape[:1] != pair["B"].shape[1:]
        for pair in parts.values()
    ):
        raise WeightsError(f"the adapter {folder.name!r} is not whole")
    return {name: (pair["A"], pair["B"] * scale) for name, pair in sorted(parts.items())}


def _changed(tensor: Any, a: Array, b: Array) -> npt.NDArray[np.uint8]:
    import gguf

    weight: Array = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    # One rank after the other: a matrix product would sum in another order on another machine.
    for inputs, outputs in zip(a, b.T, strict=True):
        weight += outputs[:, None] * inputs[None, :]
    packed: npt.NDArray[np.uint8] = gguf.quants.quantize(weight, gguf.GGMLQuantizationType.Q8_0)
    return packed


def _announce(tensor: Any, writer: "gguf.GGUFWriter", *, changed: bool) -> None:
    import gguf

    kind = gguf.GGMLQuantizationType.Q8_0 if changed else tensor.tensor_type
    shape = tuple(int(n) for n in reversed(tensor.shape))
    if changed:
        shape = gguf.quant_shape_to_byte_shape(shape, kind)
        size, dtype = int(np.prod(shape)), np.dtype(np.uint8)
    else:
        shape, size, dtype = tensor.data.shape, int(tensor.n_bytes), tensor.data.dtype
    writer.add_tensor_info(tensor.name, shape, dtype, size, kind)


def _copy_fields(reader: Any, writer: "gguf.GGUFWriter") -> None:
    import gguf

    for field in _fields(reader):
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)


def _fields(reader: Any) -> Iterator[Any]:
    """Yield what the writer does not write of itself."""
    import gguf

    for field in reader.fields.values():
        if field.name != gguf.Keys.General.ARCHITECTURE and not field.name.startswith("GGUF."):
            yield field
