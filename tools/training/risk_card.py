"""The card of the risk head: `card.yaml` for programs, `card.md` for people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.backends.heads import CARD_FILE

PROSE_FILE = "card.md"

_TEXT = """# Risk head

Whether an English message shows danger, whose, of what kind and how grave. It mixes the token
states of layers {layers} of all-MiniLM-L6-v2, which the program shares with retrieval and the
reading of emotion and leaves as it is, and pools them by {queries} learned attentions and their
mean under one hidden layer of {hidden}: {parameters:,} numbers in half precision.

It stands beside the patterns of `tools/data/risk`, never in their place.

## Data and licence

The project's own rows (`tools/data/risk_rows`), the training half of its hard cases
(`tests/safety/hard_cases.jsonl`), and what people say in the counselling examples
(`tools/data/examples.jsonl`: heavy talk, and no danger in it), all CC BY 4.0 and written by
language models; the self-harm part
of the OpenAI moderation release (Markov et al. 2023, "A Holistic Approach to Undesired Content
Detection in the Real World"; MIT); the `ssh` and `spc_hlt` prompts of the AILuminate demo set
(MLCommons; CC BY 4.0); half of the comments of GoEmotions' `train.tsv` that were drawn (Demszky et
al. 2020; CC BY 4.0), taken as free of danger unless a pattern finds some. The weights are
Apache-2.0; whoever passes them on keeps this attribution.

| kind | rows |
|---|---|
{rows}

## Protocol

Rows were parted into {folds} folds by template family, and every row was judged by a network that
had seen none of its family. The threshold of danger leaves at most {false_alarms:.1%} of the other
half of the GoEmotions comments, {false_near:.1%} of the harmless rows that were written to be near
to danger and {false_turns:.1%} of the turns of harmless conversations above it; {false_almost:.1%}
of the comments reach the threshold from which a message counts for the trend over turns. The
network in this folder learned from all rows with the same recipe.

Judged unseen: area under the ROC curve {auc:.3f}, average precision {average_precision:.3f}. At
several thresholds, the first of them the one that is used:

| threshold | recall, outright | recall, indirect | false, near | false, turns | false, comments |
|---|---|---|---|---|---|
{at}

What it finds together with the patterns, on rows that neither was made from, stands in
`docs/safety.md`.

## Limits

It reads English alone and no more than 256 tokens. Most of its rows were written by language
models, so that it knows how people in danger write only at second hand. No clinician has reviewed
them. It has been compared on no group of people, no dialect and no age. It must not decide alone
about a person, not be used to rank or to report people, and not stand where nobody answers.
"""


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write both cards."""
    text = yaml.safe_dump(dict(card), sort_keys=False, allow_unicode=True)
    (folder / CARD_FILE).write_text(text, "utf-8")
    sizes, recipe = card["architecture"], card["recipe"]
    prose = _TEXT.format(
        layers=", ".join(map(str, sizes["layers"])),
        queries=sizes["queries"],
        hidden=sizes["hidden"],
        parameters=card["parameters"],
        rows="\n".join(f"| {kind} | {count:,} |" for kind, count in card["rows"].items()),
        folds=recipe["folds"],
        false_alarms=recipe["false_alarms"],
        false_near=recipe["false_near"],
        false_turns=recipe["false_turns"],
        false_almost=recipe["false_almost"],
        auc=card["scores"]["auc"],
        average_precision=card["scores"]["average_precision"],
        at="\n".join(map(_row, card["scores"]["at"])),
    )
    (folder / PROSE_FILE).write_text(prose, "utf-8")


def _row(scores: Mapping[str, float | None]) -> str:
    cells = ("–" if value is None else f"{value:.3f}" for value in scores.values())
    return f"| {' | '.join(cells)} |"
