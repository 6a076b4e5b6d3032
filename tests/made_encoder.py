"""A tiny sentence encoder with random weights, and a tiny corpus in GoEmotions' format."""

import json
import string
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

CUES = {
    "anger": "angry",
    "disgust": "gross",
    "fear": "afraid",
    "joy": "glad",
    "sadness": "sad",
    "surprise": "wow",
    "neutral": "table",
}
"""The word that tells each label of the made corpus."""

FINE = [*CUES, "annoyance"]
GROUPS = {label: [label] for label in CUES} | {"anger": ["anger", "annoyance"]}
_WORDS = [*CUES.values(), "i", "am", "so", "the", "day", "you", "and", "it", "was"]
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def save_encoder(folder: Path, *, width: int = 32, layers: int = 3) -> Path:
    """Save a BERT with its WordPiece tokenizer, in the files of all-MiniLM-L6-v2."""
    letters = string.ascii_lowercase + string.digits + string.punctuation + "אבגדהוזחטיכלמנסעפצקרשת"
    vocabulary = [*_SPECIAL, *_WORDS, *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(
        models.WordPiece({word: place for place, word in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]",
        cls_token="[CLS]", sep_token="[SEP]",
    ).save_pretrained(folder)  # fmt: skip
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=width, num_hidden_layers=layers,
        num_attention_heads=4, intermediate_size=48, max_position_embeddings=256,
        initializer_range=0.3,  # or every input gives much the same
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


def write_corpus(folder: Path, *, train: int = 240, dev: int = 70) -> Path:
    """Write comments whose label is the cue word in them."""
    chance = np.random.default_rng(0)
    labels = list(CUES)
    for name, rows in (("train", train), ("dev", dev)):
        lines = []
        for row in range(rows):
            label = labels[row % len(labels)]
            around = " ".join(chance.choice(_WORDS[len(CUES) :], size=chance.integers(2, 6)))
            lines.append(f"{around} {CUES[label]}\t{FINE.index(label)}\t{name}{row}\n")
        (folder / f"{name}.tsv").write_text("".join(lines), "utf-8")
    (folder / "labels.txt").write_text("\n".join(FINE), "utf-8")
    (folder / "ekman.json").write_text(json.dumps(GROUPS), "utf-8")
    return folder
