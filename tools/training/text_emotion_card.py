"""The card of the text-emotion head: `card.yaml` for programs, `card.md` for people."""

from pathlib import Path
from typing import Any

import yaml

from tools.backends.minilm_head import CARD_FILE
from tools.training.goemotions import PAPER

PROSE_FILE = "card.md"

_TEXT = """# Text emotion head

Seven emotions (softmax) and the 28 labels of GoEmotions (independent) from an English text. It
stands on layer {trunk} of all-MiniLM-L6-v2, which the program shares with retrieval, and goes on
with {layers} transformer layers of its own, attention pooling with {queries} queries beside the
mean, and one hidden layer of {hidden}. {parameters:,} numbers in half precision.

## Data and licence

Trained on GoEmotions ({paper}), Reddit comments in English, published under CC BY 4.0; no comment
is part of this folder. Its own layers began as layers {first_own} to {last_own} of
all-MiniLM-L6-v2 (Apache-2.0) and were changed by training. The weights are Apache-2.0; whoever
passes them on should keep the attribution above.

The comments are from one website, mostly by young men from the United States; the raters were
English speakers from India. Neither is how a person in need of support writes.

## Protocol

`train.tsv` was parted by the hash of the comment id: {learn:,} comments moved the weights, {choose:,}
chose everything else (recipe, temperature, thresholds). `dev.tsv` ({dev:,}) was scored at the end
with the file that ships. The 28 labels are grouped by the published Ekman grouping. *Single* counts
comments whose labels fall in one group; *all* counts every comment, and of one with labels in
several groups only the group of the label listed first is right. A comment of several groups was
trained on in equal shares.

| | chosen tenth | dev |
|---|---|---|
{table}

On dev, single, by class:

| | precision | recall | F1 | n |
|---|---|---|---|---|
{classes}

## Calibration

Temperature {temperature} was fitted on the chosen tenth (single). It is not in the weights: it
stands in `models.yaml` and is applied by `tools.calibration`. Expected calibration error on dev,
15 bins: {ece_before} before, {ece_after} after.

## The commonness of neutral

{prior}

{outside}## Not for

Diagnosis, or any judgement about a person's health; noticing a crisis (the screen does that, with
other means); judging people at work, in school, for insurance, credit or police; languages other
than English. A reading is a guess about a text, not about a person, and irony, quotations and short
answers ("fine.") mislead it.

## Made with

```
python -m tools train text-emotion --data GOEMOTIONS --seed {seed}
```
"""

_PRIOR = """Neutral is 32 % of GoEmotions' comments (single) and disgust 1 %. After training, {balance}
times the log-frequency of each class was taken off its logit (Menon et al. 2021, section 4.1)."""

_OUTSIDE = """## Outside its corpus

{rows}

The first number is what fusion weighs the model by. Neither corpus is part of this project.

"""


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write `card.yaml`, and `card.md` once the scores on dev are there."""
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100)
    (folder / CARD_FILE).write_text(text, "utf-8")
    if "dev" in card.get("scores", {}):
        (folder / PROSE_FILE).write_text(prose(card), "utf-8")


def prose(card): return ""
