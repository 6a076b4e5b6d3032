"""An adapter merged into a GGUF file: the adapted tensors change, and nothing else does."""

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tools.errors import WeightsError
from tools.weights.merging import merge_adapter, read_adapter

INPUTS, OUTPUTS, RANK, SCALE = 64, 32, 4, 2.0
Q8 = gguf.GGMLQuantizationType.Q8_0
SHAPES = {
    "token_embd.weight": (40, INPUTS),
    "blk.0.attn_q.weight": (OUTPUTS, INPUTS),
    "blk.1.attn_q.weight": (OUTPUTS, INPUTS),
    "blk.1.ffn_down.weight": (INPUTS, OUTPUTS),
}
ADAPTED = {"blk.1.attn_q.weight": "self_attn.q_proj", "blk.1.ffn_down.weight": "mlp.down_proj"}


def save_model(path: Path, architecture: str = "qwen2") -> Path:
    """Write a GGUF file with tensors in eight bits, in 16 and in 32."""
    draw = np.random.default_rng(7)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("made")
    writer.add_block_count(2)
    writer.add_rope_freq_base(1e6)
    writer.add_token_list(["a", "b", "ü"])
    writer.add_array("made.numbers", [1, 2, 3])
    writer.add_bool("made.flag", True)
    for name, shape in SHAPES.items():
        weight = draw.standard_normal(shape).astype(np.float32)
        writer.add_tensor(name, gguf.quants.quantize(weight, Q8), raw_dtype=Q8)
    half = draw.standard_normal((OUTPUTS, INPUTS)).astype(np.float16)
    writer.add_tensor("blk.0.attn_v.weight", half)
    writer.add_tensor("blk.1.attn_norm.weight", np.ones(INPUTS, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def save_adapter(folder: Path, layer: int = 1, **changes: Any) -> dict[str, Any]:
    """Write an adapter as PEFT does; return the change that it makes of each tensor."""
    folder.mkdir(exist_ok=True)
    draw = np.random.default_rng(11)
    tensors, wanted = {}, {}
    for name, ours in ADAPTED.items():
        outputs, inputs = SHAPES[name]
        stem = f"base_model.model.model.layers.{layer}.{ours}"
        a = torch.tensor(draw.standard_normal((RANK, inputs))).to(torch.bfloat16)
        b = torch.tensor(draw.standard_normal((outputs, RANK))).to(torch.bfloat16)
        tensors |= {f"{stem}.lora_A.weight": a, f"{stem}.lora_B.weight": b}
        wanted[name] = SCALE * (b.float() @ a.float()).numpy()
    tensors |= changes.pop("tensors", {})
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": SCALE * RANK, **changes}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return wanted


def tensors(path: Path) -> dict[str, Any]:
    return {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}


def values(tensor: Any) -> Any:
    return gguf.quants.dequantize(tensor.data, tensor.tensor_type)


@pytest.fixture
def merged(tmp_path: Path) -> tuple[Path, Path, dict[str, Any]]:
    base = save_model(tmp_path / "base.gguf")
    wanted = save_adapter(tmp_path / "adapter")
    merge_adapter(base, tmp_path / "adapter", tmp_path / "merged.gguf")
    return base, tmp_path / "merged.gguf", wanted


def test_an_adapted_tensor_is_its_old_self_and_the_change(merged: Any) -> None:
    base, target, changes = merged
    before, after = tensors(base), tensors(target)
    for name, change in changes.items():
        wanted = values(before[name]) + change
        step = np.abs(wanted).max() / 127  # of eight bits
        assert np.abs(values(after[name]) - wanted).max() <= step
        assert np.abs(change).max() > 10 * step


def test_other_tensors_keep_their_bytes_and_their_kind(merged: Any) -> None:
    base, target, changes = merged
    before, after = tensors(base), tensors(target)
    assert list(before) == list(after)
    for name in set(before) - set(changes):
        assert after[name].data.tobytes() == before[name].data.tobytes()
        assert after[name].tensor_type == before[name].tensor_type
        assert list(after[name].shape) == list(before[name].shape)


def test_adapted_tensors_keep_their_shape(merged: Any) -> None:
    base, target, changes = merged
    before, after = tensors(base), tensors(target)
    for name in changes:
        assert list(after[name].shape) == list(before[name].shape)
        assert after[name].tensor_type == Q8


def test_what_the_file_says_of_the_model_is_kept(merged: Any) -> None:
    base, target, _ = merged
    before, after = (gguf.GGUFReader(path).fields for path in (base, target))
    own = [name for name in before if not name.startswith("GGUF.")]
    assert [name for name in after if not name.startswith("GGUF.")] == own
    for name in own:
        assert after[name].contents() == before[name].contents()
        assert after[name].types == before[name].types


def test_the_same_files_give_the_same_bytes(merged: Any, tmp_path: Path) -> None:
    base, target, _ = merged
    merge_adapter(base, tmp_path / "adapter", tmp_path / "again.gguf")
    assert (tmp_path / "again.gguf").read_bytes() == target.read_bytes()


def test_the_base_is_left_as_it_was(tmp_path: Path) -> None:
    base = save_model(tmp_path / "base.gguf")
    held = base.read_bytes()
    save_adapter(tmp_path / "adapter")
    merge_adapter(base, tmp_path / "adapter", tmp_path / "merged.gguf")
    assert base.read_bytes() == held


def test_an_adapter_of_layers_that_the_model_has_not_is_refused(tmp_path: Path) -> None:
    base = save_model(tmp_path / "base.gguf")
    save_adapter(tmp_path / "adapter", layer=9)
    with pytest.raises(WeightsError, match=r"does not fit 'base\.gguf': it has no 'blk\.9\."):
        merge_adapter(base, tmp_path / "adapter", tmp_path / "merged.gguf")


def test_an_adapter_of_another_kind_is_refused(tmp_path: Path) -> None:
    foreign = {"base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight": torch.ones(1)}
    save_adapter(tmp_path / "adapter", tensors=foreign)
    with pytest.raises(WeightsError, match="qkv_proj.*unknown here"):
        read_adapter(tmp_path / "adapter")


def test_half_an_adapter_is_refused(tmp_path: Path) -> None:
    half = {"base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight": torch.ones(1)}
    save_adapter(tmp_path / "adapter", tensors=half)
    with pytest.raises(WeightsError, match="not whole"):
        read_adapter(tmp_path / "adapter")


@pytest.mark.parametrize("missing", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_folder_without_an_adapter_is_named(tmp_path: Path, missing: str) -> None:
    save_adapter(tmp_path / "adapter")
    (tmp_path / "adapter" / missing).unlink()
    with pytest.raises(WeightsError, match="'adapter' holds no adapter of PEFT"):
        read_adapter(tmp_path / "adapter")


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "base.gguf").write_bytes(b"no model at all, but long enough to be looked at")
    save_adapter(tmp_path / "adapter")
    with pytest.raises(WeightsError, match=r"'base\.gguf' is no GGUF model"):
        merge_adapter(tmp_path / "base.gguf", tmp_path / "adapter", tmp_path / "merged.gguf")
