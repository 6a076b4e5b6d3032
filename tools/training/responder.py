"""Tune a language model on chats with low-rank adapters (LoRA, Hu et al. 2022).

Only the upper layers are tuned. What the lower ones make of a chat never changes then, so that it
is computed once: on two cores that halves the time. The loss is that of the last message alone.
"""

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import Progress

from tools.errors import ConfigError, DataError
from tools.training.chat_rows import ChatRow

if TYPE_CHECKING:
    import torch

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The layers that are adapted: attention and feed-forward."""

_IGNORED = -100


@dataclass(frozen=True)
class Tuning:
    """How a model is tuned.

    Attributes:
        layers: how many of the uppermost layers get an adapter.
        rank: the adapters' rank.
        scale: the adapters' weight is `scale / rank`.
        epochs: how often every chat is read.
        rate: the highest learning rate; it rises over the first tenth and falls along a cosine.
        tokens: tokens of one batch, at least one chat.
        held_out: every so many-th chat is kept for measuring.
        seed: order of the chats and beginning of the adapters.
    """

    layers: int = 14
    rank: int = 8
    scale: int = 16
    epochs: int = 2
    rate: float = 4e-4
    tokens: int = 1024
    held_out: int = 25
    seed: int = 0


@dataclass
class _Chat:
    """A chat as tokens; `lower` is what the untuned layers make of it, (tokens, width)."""

    ids: list[int]
    prompt: int
    lower: "torch.Tensor | None" = None


def train(
    rows: Sequence[ChatRow], base: Path, folder: Path, tuning: Tuning, progress: Progress
) -> dict[str, Any]:
    """Tune the model in `base` on chats and write the adapter to `folder`, as PEFT does.

    Args:
        rows: the chats.
        base: a folder with one GGUF file, or with a checkpoint of transformers.
        folder: gets `adapter_model.safetensors` and `adapter_config.json`.
        tuning: how.
        progress: shows how far it has come.

    Returns:
        The mean loss per reply token on the chats held out, in nats, before and after every epoch.

    Raises:
        ConfigError: `peft` or `gguf` is not installed.
        DataError: there are too few chats to hold any out.
    """
    import torch

    torch.manual_seed(tuning.seed)
    model, tokenizer = _load(base)
    chats = [_tokens(row, tokenizer) for row in rows]
    held = [chat for i, chat in enumerate(chats) if i % tuning.held_out == tuning.held_out - 1]
    learnt = [chat for i, chat in enumerate(chats) if i % tuning.held_out != tuning.held_out - 1]
    if not held:
        raise DataError(f"{len(rows)} chats are too few; at least {tuning.held_out} are needed")
    upper = _Upper(model, tuning)
    task = progress.add_task("lower layers", total=len(chats))
    for chat in chats:
        chat.lower = upper.below(chat.ids)
        progress.advance(task)
    losses = [_measure(upper, held, tuning)]
    steps = tuning.epochs * sum(1 for _ in _batches(learnt, tuning.tokens, random.Random(0)))
    # bfloat16 cannot hold small steps; they are taken on copies in float32.
    masters = [p.detach().float().clone() for p in upper.parameters()]
    optimizer = torch.optim.AdamW(masters, lr=tuning.rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    draw = random.Random(tuning.seed)
    task = progress.add_task("tuning", total=steps)
    for _ in range(tuning.epochs):
        upper.train(True)
        for batch in _batches(learnt, tuning.tokens, draw):
            loss, count = upper.loss(batch)
            torch.autograd.backward(loss / count)
            _step(upper.parameters(), masters, optimizer)
            schedule.step()
            progress.advance(task)
        losses.append(_measure(upper, held, tuning))
        upper.save(folder)
        progress.console.print(f"held-out loss: {', '.join(f'{x:.3f}' for x in losses)}")
    return {
        "held_out_loss": [round(x, 4) for x in losses],
        "chats": len(learnt),
        "unseen": len(held),
        "reply_tokens": sum(len(chat.ids) - chat.prompt for chat in learnt),
        "tuning": {**vars(tuning)},
    }


def _step(
    parameters: "Sequence[torch.nn.Parameter]",
    masters: "Sequence[torch.Tensor]",
    optimizer: "torch.optim.Optimizer",
) -> None:
    """Take a step on the float32 copies and carry it over to the model."""
    import torch

    for parameter, master in zip(parameters, masters, strict=True):
        assert parameter.grad is not None  # every adapter takes part in every chat
        master.grad = parameter.grad.float()
        parameter.grad = None
    torch.nn.utils.clip_grad_norm_(masters, 1.0)
    optimizer.step()
    with torch.no_grad():
        for parameter, master in zip(parameters, masters, strict=True):
            parameter.copy_(master)


def _load(base: Path) -> tuple[Any, Any]:
    """Return model and tokenizer, in bfloat16; nothing but weights is read from the folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        import gguf  # noqa: F401
        import peft  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"training the responder needs {error.name!r}; install it with "
            "pip install -c constraints.txt -e '.[train]'"
        ) from error
    files = sorted(base.glob("*.gguf"))
    more = {"gguf_file": files[0].name} if files else {}
    tokenizer = AutoTokenizer.from_pretrained(base, **more)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16, **more)
    return model, tokenizer


def _tokens(row: ChatRow, tokenizer: Any) -> _Chat:
    messages = [message.model_dump() for message in row.messages]
    asked = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
    reply = messages[-1]["content"].strip()
    end = tokenizer.eos_token
    prompt = tokenizer(asked, add_special_tokens=False)["input_ids"]
    answer = tokenizer(reply + end, add_special_tokens=False)["input_ids"]
    return _Chat([*prompt, *answer], len(prompt))


class _Upper:
    """The tuned upper layers, and the untuned ones below them."""

    def __init__(self, model: Any, tuning: Tuning) -> None:
        import peft

        count = model.config.num_hidden_layers
        self._from = max(0, count - tuning.layers)
        config = peft.LoraConfig(
            task_type="CAUSAL_LM",
            r=tuning.rank,
            lora_alpha=tuning.scale,
            target_modules=list(TARGETS),
            layers_to_transform=list(range(self._from, count)),
        )
        # In the model's own precision: peft would turn every input to float32 and back.
        self._peft: Any = peft.get_peft_model(model, config, autocast_adapter_dtype=False)
        self._model: Any = self._peft.get_base_model()
        self._core: Any = self._model.model

    def parameters(self) -> "list[torch.nn.Parameter]":
        return [p for p in self._peft.parameters() if p.requires_grad]

    def train(self, on: bool) -> None:
        self._peft.train(on)

    def below(self, ids: Sequence[int]) -> "torch.Tensor":
        """Return what the untuned layers make of a chat, (tokens, width)."""
        import torch

        with torch.inference_mode():
            hidden = self._core.embed_tokens(torch.tensor([ids]))
            hidden = self._through(hidden, self._core.layers[: self._from])
        lower: torch.Tensor = hidden[0].clone()
        return lower

    def loss(self, batch: Sequence[_Chat]) -> "tuple[torch.Tensor, int]":
        """Return the summed loss over the replies' tokens, and how many they are."""
        import torch

        longest = max(len(chat.ids) for chat in batch)
        width = batch[0].lower.shape[1] if batch[0].lower is not None else 0
        hidden = torch.zeros(len(batch), longest, width, dtype=torch.bfloat16)
        wanted = torch.full((len(batch), longest), _IGNORED)
        for row, chat in enumerate(batch):
            assert chat.lower is not None  # computed before training
            hidden[row, : len(chat.ids)] = chat.lower
            wanted[row, chat.prompt - 1 : len(chat.ids) - 1] = torch.tensor(chat.ids[chat.prompt :])
        # Causal attention sees nothing behind a token, so that padding needs no mask.
        hidden = self._core.norm(self._through(hidden, self._core.layers[self._from :]))
        chosen = wanted != _IGNORED
        scores = self._model.lm_head(hidden[chosen]).float()
        total = torch.nn.functional.cross_entropy(scores, wanted[chosen], reduction="sum")
        return total, int(chosen.sum())

    def _through(self, hidden: Any, layers: Any) -> Any:
        import torch

        places = torch.arange(hidden.shape[1])[None]
        rotary = self._core.rotary_emb(hidden, places)
        for layer in layers:
            out = layer(hidden, position_embeddings=rotary, attention_mask=None)
            hidden = out if isinstance(out, torch.Tensor) else out[0]
        return hidden

    def save(self, folder: Path) -> None:
        """Write the adapter, in bfloat16."""
        import torch

        folder.mkdir(parents=True, exist_ok=True)
        self._peft.save_pretrained(folder, safe_serialization=True)
        (folder / "README.md").unlink(missing_ok=True)
        from safetensors.torch import load_file, save_file

        path = folder / "adapter_model.safetensors"
        save_file({k: v.to(torch.bfloat16) for k, v in load_file(path).items()}, path)
        config = folder / "adapter_config.json"
        kept = json.loads(config.read_text("utf-8"))
        # Where the base stood on this machine is nobody's business.
        kept["base_model_name_or_path"] = ""
        config.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")


def _measure(upper: _Upper, chats: Sequence[_Chat], tuning: Tuning) -> float:
    import torch

    upper.train(False)
    total, count = 0.0, 0
    with torch.inference_mode():
        for batch in _batches(chats, tuning.tokens, random.Random(0)):
            loss, tokens = upper.loss(batch)
            total, count = total + float(loss), count + tokens
    return total / count


def _batches(chats: Sequence[_Chat], tokens: int, draw: random.Random) -> Iterator[list[_Chat]]:
    """Yield the chats in batches of similar length, in a random order."""
    batches: list[list[_Chat]] = [[]]
    longest = 0
    for chat in sorted(chats, key=lambda chat: (len(chat.ids), chat.ids)):
        longest = max(longest, len(chat.ids))
        if batches[-1] and longest * (len(batches[-1]) + 1) > tokens:
            batches.append([])
            longest = len(chat.ids)
        batches[-1].append(chat)
    draw.shuffle(batches)
    yield from batches


def _rate(step: int, steps: int) -> float:
    warm = max(1, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
