"""Tuning a language model on chats: read, learnt, and written as PEFT writes adapters."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.progress import Progress
from safetensors.torch import load_file

from tests.made_checkpoints import save_chat_model
from tools.errors import ConfigError, DataError
from tools.training.chat_rows import ChatRow, read_chats
from tools.training.responder import (
    Tuning,
    _batches,
    _Chat,
    _load,
    _rate,
    _tokens,
    _Upper,
    train,
)
from tools.weights.merging import read_adapter

TUNING = Tuning(layers=1, rank=4, scale=8, epochs=8, rate=0.05, tokens=200, held_out=3)


def row(name: str, said: str, reply: str) -> ChatRow:
    messages = [{"role": "user", "content": said}, {"role": "assistant", "content": reply}]
    return ChatRow.model_validate({"id": name, "messages": messages})


# The same chat thrice, so that the one held out can be known by heart.
ROWS = [row(str(n), "I am sad.", "Tell me more about the dog.") for n in range(3)] + [
    row("other", "I am so glad today.", "I am glad that you are here with me.")
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chat_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def tuned(
    base: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Any], dict[int, int]]]:
    """Train once; give the adapter's folder, the report, and how often each layer ran."""
    from transformers.models.qwen2.modeling_qwen2 import Qwen2DecoderLayer

    calls: dict[int, int] = {}
    forward = Qwen2DecoderLayer.forward

    def counted(self: Any, *args: Any, **more: Any) -> Any:
        index = self.self_attn.layer_idx
        calls[index] = calls.get(index, 0) + 1
        return forward(self, *args, **more)

    folder = tmp_path_factory.mktemp("adapter") / "new"
    with pytest.MonkeyPatch.context() as patch, Progress(disable=True) as progress:
        patch.setattr(Qwen2DecoderLayer, "forward", counted)
        report = train(ROWS, base, folder, TUNING, progress)
    yield folder, report, calls


def test_the_loss_on_a_chat_that_can_be_known_by_heart_falls(tuned: Any) -> None:
    losses = tuned[1]["held_out_loss"]
    assert len(losses) == 1 + TUNING.epochs and losses[-1] < 0.5 * losses[0]


def test_the_report_counts_what_was_learnt(tuned: Any) -> None:
    _, report, _ = tuned
    assert (report["chats"], report["unseen"]) == (3, 1)
    assert report["tuning"] == vars(TUNING) and report["reply_tokens"] > 30


def test_the_untuned_layers_see_every_chat_once(tuned: Any) -> None:
    calls = tuned[2]
    assert calls[0] == len(ROWS) and calls[1] > TUNING.epochs


def test_only_the_upper_layers_have_an_adapter(tuned: Any) -> None:
    tensors = load_file(tuned[0] / "adapter_model.safetensors")
    assert len(tensors) == 2 * 7 and all(".layers.1." in name for name in tensors)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}


def test_the_adapter_is_one_that_peft_loads(base: Path, tuned: Any) -> None:
    import peft
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    ids = torch.tensor([[8, 9, 10]])
    before = model(ids).logits.detach()
    loaded = peft.PeftModel.from_pretrained(model, tuned[0])
    assert not torch.allclose(before, loaded(ids).logits, atol=0.1)


def test_the_adapter_is_one_that_can_be_merged(tuned: Any) -> None:
    changes = read_adapter(tuned[0])
    assert len(changes) == 7 and all(name.startswith("blk.1.") for name in changes)


def test_the_adapter_tells_nothing_of_this_machine(base: Path, tuned: Any) -> None:
    assert sorted(path.name for path in tuned[0].iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    config = (tuned[0] / "adapter_config.json").read_text("utf-8")
    assert str(base) not in config and json.loads(config)["base_model_name_or_path"] == ""


def test_the_same_chats_make_the_same_adapter(base: Path, tuned: Any, tmp_path: Path) -> None:
    with Progress(disable=True) as progress:
        again = train(ROWS, base, tmp_path, TUNING, progress)
    assert again == tuned[1]
    name = "adapter_model.safetensors"
    assert (tmp_path / name).read_bytes() == (tuned[0] / name).read_bytes()


def test_the_loss_is_that_of_the_whole_model_over_the_reply_alone(base: Path) -> None:
    model, tokenizer = _load(base)
    chats = [_tokens(ROWS[0], tokenizer), _tokens(ROWS[3], tokenizer)]
    wanted = 0.0
    for chat in chats:
        labels = torch.tensor([[-100] * chat.prompt + chat.ids[chat.prompt :]])
        loss = model(torch.tensor([chat.ids]), labels=labels).loss
        wanted += float(loss.detach()) * (len(chat.ids) - chat.prompt)
    upper = _Upper(model, TUNING)
    upper.train(False)
    for chat in chats:
        chat.lower = upper.below(chat.ids)
    total, count = upper.loss(chats)  # of unlike lengths, so that one is padded
    assert count == sum(len(chat.ids) - chat.prompt for chat in chats)
    assert float(total.detach()) == pytest.approx(wanted, rel=0.03)


def test_a_chat_ends_where_the_model_is_to_stop(base: Path) -> None:
    _, tokenizer = _load(base)
    chat = _tokens(ROWS[0], tokenizer)
    assert tokenizer.decode(chat.ids[chat.prompt :]) == "Tell me more about the dog.<|im_end|>"
    assert tokenizer.decode(chat.ids[: chat.prompt]).endswith("<|im_start|>assistant\n")


def test_too_few_chats_to_hold_any_out_are_named(base: Path, tmp_path: Path) -> None:
    with Progress(disable=True) as progress, pytest.raises(DataError, match="at least 3"):
        train(ROWS[:2], base, tmp_path, TUNING, progress)


def test_what_is_missing_for_training_is_named(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ConfigError, match="'peft'"):
        _load(base)


def test_batches_hold_every_chat_once_and_keep_to_the_tokens() -> None:
    import random

    chats = [_Chat([0] * length, 1) for length in (5, 90, 40, 41, 7, 130, 12)]
    batches = list(_batches(chats, 100, random.Random(0)))
    assert sorted(len(c.ids) for batch in batches for c in batch) == [5, 7, 12, 40, 41, 90, 130]
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(len(c.ids) for c in batch) <= 100


def test_the_rate_rises_over_a_tenth_and_then_falls() -> None:
    rates = [_rate(step, 40) for step in range(40)]
    assert rates[3] == max(rates) == 1.0 and rates[0] == 0.25
    assert rates[4:] == sorted(rates[4:], reverse=True) and 0 <= rates[-1] < 0.01


GOOD = '{"id": "a", "messages": [{"role": "user", "content": "Hi."}, ROLE]}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 2: the line: Invalid JSON"),
        (GOOD.replace("ROLE", '{"role": "user", "content": "x"}'), "line 2: the last message"),
        (GOOD.replace("ROLE", '{"role": "tool", "content": "x"}'), r"line 2: messages\.1\.role"),
        (GOOD.replace("ROLE", '{"role": "assistant", "content": ""}'), "line 2: messages"),
        (GOOD.replace(", ROLE", ""), "line 2: messages"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "chats.jsonl"
    whole = GOOD.replace("ROLE", '{"role": "assistant", "content": "Hello."}')
    path.write_text(f"{whole}\n{line}\n", "utf-8")
    with pytest.raises(DataError, match=reason):
        read_chats(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read the chats 'none\.jsonl'"):
        read_chats(tmp_path / "none.jsonl")
