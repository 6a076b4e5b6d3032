"""Checkpoints with random weights: the files of a real one, of whatever size a test wants."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
    Qwen2Config,
    RobertaConfig,
    Wav2Vec2Config,
    Wav2Vec2Model,
)

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LABELS_TEXT = (
    "'neu' => 0\n'ang' => 1\n'hap' => 2\n'sad' => 3\n================\n'starting_index' => 0\n"
)
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "<|endoftext|>"]
SENTENCES = [
    "I am so glad that you are here with me today.",
    "The dog and I were sad and angry. Tell me more about it!",
]

TINY_ROBERTA = {
    "vocab_size": 400,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 42,
    "type_vocab_size": 1,
    "pad_token_id": 1,
    "initializer_range": 0.3,  # or every input gives much the same
}
TINY_QWEN = {
    "vocab_size": 400,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 48,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,
}
TINY_WAV2VEC2 = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "initializer_range": 0.3,
}


def save_tokenizer(folder: Path, *, template: str | None = None) -> PreTrainedTokenizerFast:
    """Save a byte-level BPE tokenizer, RoBERTa's, or with a chat template, Qwen's."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    if template is None:
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    saved = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=None if template else "<s>",
        eos_token="<|im_end|>" if template else "</s>",
        pad_token="<|endoftext|>" if template else "<pad>",
        unk_token=None if template else "<unk>",
        chat_template=template,
    )
    saved.save_pretrained(folder)
    return saved


def save_classifier(
    folder: Path,
    labels: Sequence[str],
    *,
    several: bool = True,
    device: str = "cpu",
    **sizes: Any,
) -> Path:
    """Save a RoBERTa sequence classifier with its tokenizer."""
    torch.manual_seed(7)
    kind = "multi_label_classification" if several else "single_label_classification"
    config = RobertaConfig(
        **{**TINY_ROBERTA, **sizes}, id2label=dict(enumerate(labels)), problem_type=kind
    )
    with torch.device(device):
        model = AutoModelForSequenceClassification.from_config(config)
    model.save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def save_chat_model(
    folder: Path, *, template: str = TEMPLATE, device: str = "cpu", **sizes: Any
) -> Path:
    """Save a Qwen 2 language model with its tokenizer."""
    torch.manual_seed(7)
    config = Qwen2Config(
        **{**TINY_QWEN, **sizes}, eos_token_id=SPECIAL.index("<|im_end|>"), tie_word_embeddings=True
    )
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    with torch.device(device):
        AutoModelForCausalLM.from_config(config, dtype=dtype).save_pretrained(folder)
    save_tokenizer(folder, template=template)
    return folder


def save_iemocap(folder: Path, *, safe: bool = False, **sizes: Any) -> Path:
    """Save a voice model as SpeechBrain published it in 2021: its file names and its keys."""
    torch.manual_seed(7)
    config = Wav2Vec2Config(**{**TINY_WAV2VEC2, **sizes})
    model = Wav2Vec2Model(config)
    # Fresh norms are all alike, and would hide one that is left out.
    model.encoder.layers[-1].final_layer_norm.weight.data.uniform_(0.1, 3)
    model.encoder.layers[-1].final_layer_norm.bias.data.uniform_(-1, 1)
    state = {f"model.{key}": value for key, value in model.state_dict().items()}
    conv = "model.encoder.pos_conv_embed.conv."
    state[f"{conv}weight_g"] = state.pop(f"{conv}parametrizations.weight.original0")
    state[f"{conv}weight_v"] = state.pop(f"{conv}parametrizations.weight.original1")
    head = {"0.w.weight": torch.randn(4, config.hidden_size)}
    for stem, tensors in (("wav2vec2", state), ("model", head)):
        if safe:
            from safetensors.torch import save_file

            save_file(tensors, folder / f"{stem}.safetensors")
        else:
            torch.save(tensors, folder / f"{stem}.ckpt")
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    (folder / "label_encoder.txt").write_text(LABELS_TEXT)
    return folder


class Marker:
    """An object whose unpickling leaves a folder behind, a harmless stand-in for worse."""

    def __init__(self, path: Path) -> None:
        """Leave `path` behind."""
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Tell pickle to call `os.mkdir`."""
        return os.mkdir, (str(self.path),)


def plant_code(folder: Path, marker: Path, **auto_map: str) -> None:
    """Put a Python file into a model's folder, and a config that asks for it to be run."""
    (folder / "planted.py").write_text(f"import os\nos.mkdir({str(marker)!r})\n")
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "planted",
        "auto_map": {k: f"planted.{v}" for k, v in auto_map.items()},
    }
    (folder / "config.json").write_text(json.dumps(config))
