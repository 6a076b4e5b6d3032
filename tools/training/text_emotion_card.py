"""The card of the text-emotion head: `card.yaml` for programs, `card.md` for people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.backends.heads import CARD_FILE
from tools.errors import DataError
from tools.training.goemotions import PAPER
from tools.training.skill import Balance, Outside
from tools.yaml_file import load_yaml

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
macro-F1 fall faster than anything rises. On the chosen tenth, each with a temperature of its own:

| balance | accuracy | macro-F1 | UAR | ECE |
|---|---|---|---|---|
{balances}

{outside}## Not for

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

_OUTSIDE = """## Outside its corpus

Neither corpus is part of this project. *Among*: the model may only name emotions that the corpus
has, so that chance is one divided by their number. *Free*: any of the seven, so that surprise is
always wrong on MESC. MESC is a drama that was labelled from sound and picture too. A turn is what a
client says until the therapist speaks, with the commonest label of its lines (ties are left out); a
line is a subtitle. Of ESConv's emotions, anxiety and nervousness count as fear and depression as
sadness.

| | n | classes | UAR among | UAR free | accuracy among | floor |
|---|---|---|---|---|---|---|
{rows}

`models.yaml` says by which of these rows fusion weighs the model. The amount of balancing was
chosen with a look at them, so that they flatter it by what the next table shows: other amounts, at
the same temperature. Its calibration errors tell how overconfident the model is on texts unlike its
own.

| | balance | UAR among | UAR free | ECE among | ECE free |
|---|---|---|---|---|---|
{balances}

"""


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write `card.yaml`, and `card.md` once the scores on dev are there."""
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100)
    (folder / CARD_FILE).write_text(text, "utf-8")
    if "dev" in card["scores"]:
        (folder / PROSE_FILE).write_text(prose(card), "utf-8")


def add_outside(folder: Path, outside: Sequence[Outside]) -> None:
    """Write scores from other corpora into a folder's card.

    Raises:
        DataError: the folder holds no card of a text-emotion head.
    """
    card = _read(folder)
    write_card(folder, {**card, "outside": [dict(scores) for scores in outside]})


def read_balance(folder: Path) -> Balance:
    """Read how far the model of a folder is balanced.

    Raises:
        DataError: the folder holds no card of a text-emotion head.
    """
    card = _read(folder)
    return Balance(card["recipe"]["balance"], card["frequencies"])


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
        outside=_outside(card["outside"]) if "outside" in card else "",
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


def _outside(corpora: Sequence[Outside]) -> str:
    rows = [
        _row(
            scores["corpus"],
            scores["among"]["n"],
            len(scores["among"]["classes"]),
            scores["among"]["uar"],
            scores["free"]["uar"],
            scores["among"]["accuracy"],
            scores["among"]["floor_accuracy"],
        )
        for scores in corpora
    ]
    told = [*corpora[:1], *corpora[1:][-1:]]  # the first and the last; `card.yaml` has them all
    balances = [
        _row(scores["corpus"], *row.values()) for scores in told for row in scores["balances"]
    ]
    return _OUTSIDE.format(rows="\n".join(rows), balances="\n".join(balances))


def _row(*cells: object) -> str:
    shown = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |"


def _read(folder: Path) -> dict[str, Any]:
    try:
        card = dict(load_yaml(folder / CARD_FILE))
    except (OSError, yaml.YAMLError, TypeError, ValueError) as error:
        raise DataError(f"{folder.name!r} holds no card of a text-emotion head: {error}") from error
    if absent := sorted({"frequencies", "scores", "recipe"} - card.keys()):
        raise DataError(
            f"{CARD_FILE} in {folder.name!r} lacks {absent[0]!r}; "
            "it must be the one that `train text-emotion` wrote"
        )
    return card
