"""The card of a strategy head: `card.yaml` for programs, `card.md` for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.backends.heads import CARD_FILE

PROSE_FILE = "card.md"


@dataclass(frozen=True)
class About:
    """What a card says of the data.

    Attributes:
        name: of the corpus.
        licence: of the data.
        weights: what may be done with the weights.
    """

    name: str
    licence: str
    weights: str


OWN = About(
    name="the project's own counselling examples (`tools/data/examples.jsonl`)",
    licence="CC BY 4.0",
    weights="They are Apache-2.0.",
)
"""Of the head that ships."""

_TEXT = """# Strategy head

Which of MESC's ten support strategies suits a turn, in English. It reads three sentence vectors of
all-MiniLM-L6-v2, which the program shares with retrieval and leaves as it is: the message, the two
messages of the person before it, the last reply. Beside them stand the stage of the conversation,
the fused emotion, the strategies of past replies, and the message's length and form. One hidden
layer of {hidden}: {parameters:,} numbers in half precision.

It proposes. What may not be used on a person is decided after it, in `agents/strategy.py`.

## Data and licence

{count:,} replies from {name}; {licence}. {weights}

| strategy | rows |
|---|---|
{rows}

## Protocol

The rows were parted into {folds} folds by {family}, and each row was judged by a network that had
seen none of its family. The temperature, {temperature}, was fitted on these predictions. The
weights in this folder learned from all rows with the same recipe, seed {seed}.

| judged unseen | head | always the commonest |
|---|---|---|
| accuracy | {accuracy:.3f} | {floor_accuracy:.3f} |
| macro-F1 | {macro_f1:.3f} | {floor_macro_f1:.3f} |

| strategy | precision | recall | F1 | n |
|---|---|---|---|---|
{classes}

Several strategies often suit one turn, so that agreeing with the one that was chosen is no measure
of a good reply. The numbers on corpora that it was not trained on stand in `docs/planner.md`.

## Limits

It follows whoever wrote its data: the project's examples were written by language models, MESC is
a television drama, ESConv was written by trained crowd workers. It reads English alone and no more
than 256 tokens of a text. It has been compared on no group of people. It says nothing about how
somebody is, and must not be used for that.
"""


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write both cards."""
    text = yaml.safe_dump(dict(card), sort_keys=False, allow_unicode=True)
    (folder / CARD_FILE).write_text(text, "utf-8")
    scores, data = card["scores"], card["data"]
    own = data["name"] == OWN.name
    prose = _TEXT.format(
        hidden=card["sizes"]["hidden"],
        parameters=card["parameters"],
        count=sum(card["rows"].values()),
        **data,
        rows="\n".join(f"| {label} | {count:,} |" for label, count in card["rows"].items()),
        folds=card["recipe"]["folds"],
        family="their situation" if own else "conversation",
        temperature=card["temperature"],
        seed=card["recipe"]["seed"],
        accuracy=scores["accuracy"],
        floor_accuracy=scores["floor_accuracy"],
        macro_f1=scores["macro_f1"],
        floor_macro_f1=scores["floor_macro_f1"],
        classes="\n".join(
            f"| {label} | {part['precision']:.2f} | {part['recall']:.2f} | {part['f1']:.2f} "
            f"| {part['n']} |"
            for label, part in scores["classes"].items()
        ),
    )
    (folder / PROSE_FILE).write_text(prose, "utf-8")
