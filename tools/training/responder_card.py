"""The card of the tuned answer model: `card.yaml` for programs, `card.md` for people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

CARD_FILE, PROSE_FILE = "card.yaml", "card.md"

_TEXT = """# Adapter of the answer model

A low-rank adapter (LoRA, Hu et al. 2022) for the weights `{base}`: rank {rank} on attention and
feed-forward of the {layers} uppermost layers. `python -m tools weights get` merges it into the
model, because OpenVINO GenAI ignores adapters beside a GGUF file.

It makes replies short, plain and close to what was said, and lets them follow the plan in brackets
that the prompt file `respond_tuned` lays out; with another layout it is of little use.

## Data and licence

{chats:,} counselling examples of `tools/data/examples.jsonl` ({reply_tokens:,} tokens of replies),
original, written by language models for this project, CC BY 4.0. The adapter is Apache-2.0, as is
the model that it belongs to. The card counts the examples as they stood at the training; replies
that were mended since (`git log tools/data/examples.jsonl`) have not been learnt.

## Protocol

`python -m graphs chats` laid the examples out as the responder does; in 35 of 100 the feeling was
left out and in 10 of 100 a wrong one told. {epochs} epochs, AdamW, learning rate {rate}, seed
{seed}. Mean loss per reply token, in nats, on {unseen} examples that were held out: {losses}
(before, and after each epoch). What the replies are like is measured in `docs/care.md`.

## Limits

English alone. It has learnt a manner, not knowledge: it can still misread who did what, name a
wrong feeling, or follow its plan badly. No counsellor has signed the examples. It must not answer
people without the screen, the plan and the check around it.
"""


def write_card(folder: Path, base: str, scores: Mapping[str, Any]) -> None:
    """Write both cards.

    Args:
        folder: where the adapter is.
        base: the name of the weights it was tuned on.
        scores: what `tools.training.responder.train` returned.
    """
    card = {"base": base, **scores}
    (folder / CARD_FILE).write_text(yaml.safe_dump(card, sort_keys=False), "utf-8")
    losses = ", ".join(f"{loss:.3f}" for loss in scores["held_out_loss"])
    prose = _TEXT.format(**{**scores, **scores["tuning"], "base": base, "losses": losses})
    (folder / PROSE_FILE).write_text(prose, "utf-8")
