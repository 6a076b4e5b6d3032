"""The card of the text-emotion head: `card.yaml` for programs, `card.md` for people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.backends.heads import CARD_FILE
from tools.training.goemotions import PAPER

PROSE_FILE = "card.md"

_TEXT = """# Text emotion head

Seven emotions (one distribution) and the 28 labels of GoEmotions (each for itself) from an English
text. It mixes the token states of layers {layers} of all-MiniLM-L6-v2, which the program shares
with retrieval and leaves as it is, and pools them by {queries} learned attentions and their mean
under one hidden layer of {hidden}: {parameters:,} numbers in half precision.

## Data and licence

Trained on GoEmotions: {paper}.
These are comments from Reddit in English, published under CC BY 4.0; no comment is part of this
folder. The weights are Apache-2.0; whoever passes them on keeps this attribution. The comments come
from one website whose writers are mostly young men, and were rated by English speakers from India;
neither is like a person who looks for support.

## Protocol

`train.tsv` was parted by the hash of the comment id: {learn:,} comments moved the weights, and
everything else was chosen on the other {choose:,} (sizes, recipe, temperature, thresholds), so that
their scores flatter a little. `dev.tsv` ({dev:,}) was scored once, at the end, with the file in
this folder.

*Single*: comments whose labels all fall in one group of the published Ekman grouping. *All*: every
comment; of one with labels in several groups, only the group of the label that is listed first
counts as right. A comment of several groups was trained on in equal shares. UAR is the recall
averaged over the classes, ECE the expected calibration error (15 bins), the floor is naming the
commonest class always.

| | the chosen tenth | dev |
|---|---|---|
{scores}

Dev, single:

| | precision | recall | F1 | n |
|---|---|---|---|---|
{classes}

## Calibration

The temperature {temperature:.3f} was fitted on the chosen tenth (single; Guo et al. 2017). It is
not in the weights: it stands in `models.yaml` and is applied by `tools.calibration`.

## How common a class is

{neutral:.0%} of the comments that trained it are neutral and {disgust:.1%} are disgust (single).
A model that has learned this names neutral too often for somebody who looks for support, so
{balance} times the log-frequency of each class was taken off its logit after training (Menon et al.
2021, "Long-tail learning via logit adjustment", post-hoc). The amount was chosen before dev was
read: half takes most of what balancing gains outside the corpus, and beyond it accuracy and
macro-F1 fall faster than anything rises. It was chosen with a look at MESC and ESConv, so that
scores on those flatter it a little. On the chosen tenth, each with a temperature of its own:

| balance | accuracy | macro-F1 | UAR | ECE |
|---|---|---|---|---|
{balances}

## Outside its corpus

```
python -m tools models check goemotions-head --data mesc:DIR --data esconv:DIR --split train
```

measures it where it did not learn. What the released weights scored there stands in `card.yaml`
under `outside`, and `python -m tools models card goemotions-head` shows it; `models.yaml` says by
which of it fusion weighs the model. Texts unlike its own make it far too sure.

## Not for

Diagnosis, or any judgement about a person's health; noticing a crisis (the screen does that, by
other means); judging people at work, in school, for insurance, credit or police; other languages
than English. It reads a text, not a person: irony, quotations and short answers ("fine.") mislead
it, and the published grouping calls curiosity and confusion surprise, so that it hears surprise in
many questions.

## Made with

```
python -m tools train text-emotion --data GOEMOTIONS --seed {seed}
```
"""


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write `card.yaml`, and `card.md` once the scores on dev are there."""
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100)
    (folder / CARD_FILE).write_text(text, "utf-8")
    if "dev" in card["scores"]:
        (folder / PROSE_FILE).write_text(prose(card), "utf-8")


def prose(card: dict[str, Any]) -> str:
    """Return the model card in Markdown."""
    sizes, scores, counts = card["architecture"], card["scores"], card["comments"]
    return _TEXT.format(
        layers=", ".join(map(str, sizes["layers"])),
        queries=sizes["queries"],
        hidden=sizes["hidden"],
        parameters=card["parameters"],
        paper=PAPER,
        learn=counts["learn"],
        choose=counts["choose"],
        dev=counts["dev"],
        scores="\n".join(_score_rows(scores["choose"], scores["dev"])),
        classes="\n".join(
            _row(label, *(f"{row[key]:.2f}" for key in ("precision", "recall", "f1")), row["n"])
            for label, row in scores["dev"]["single"]["classes"].items()
        ),
        temperature=card["temperature"],
        neutral=card["frequencies"]["neutral"],
        disgust=card["frequencies"]["disgust"],
        balance=card["recipe"]["balance"],
        balances="\n".join(_row(*row.values()) for row in card["balances"]),
        seed=card["recipe"]["seed"],
    )


def _score_rows(*files: Mapping[str, Any]) -> list[str]:
    names = {
        "n": "n",
        "accuracy": "accuracy",
        "macro_f1": "macro-F1",
        "uar": "UAR",
        "floor_accuracy": "floor, accuracy",
        "floor_macro_f1": "floor, macro-F1",
        "ece": "ECE",
    }
    fine = {
        "macro_f1_at_half": "28 labels, macro-F1, threshold 0.5",
        "macro_f1": "28 labels, macro-F1, thresholds of the chosen tenth",
    }
    return [
        *(
            _row(f"{protocol}: {name}", *(file[protocol][key] for file in files))
            for protocol in ("single", "all")
            for key, name in names.items()
        ),
        _row("single: ECE without the temperature", *(file["ece_uncalibrated"] for file in files)),
        *(_row(name, *(file["fine"][key] for file in files)) for key, name in fine.items()),
    ]


def _row(*cells: object) -> str:
    shown = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |"
