"""The card of a context head, and the models file by which it is used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.backends.heads import CARD_FILE

PROSE_FILE = "card.md"
MODELS_FILE = "models.yaml"

NAMES: Mapping[str, str] = {
    "user_emotion": "emotion",
    "strategy": "strategy",
    "system_emotion": "system-emotion",
}

_NODES: Mapping[str, str] = {"user_emotion": "fusion"}
"""Task -> the node that a head of it is bound to, where that is called otherwise."""

_TEXT = """# {title}

Reads {tasks} of a turn from its context, in English: what was said, the
messages before it ({context}), the finer scores of the text-emotion model, the form of the
message{history_read}{vectors_read}. One hidden layer of {hidden}
under {encoder}: {parameters:,} numbers in its file.

## Data and licence

{count:,} rows ({unit}) of {dialogues:,} dialogues, the training split of {corpus}; licence:
{licence}. {extra}**The weights stay with whoever trained them: pass them on to nobody.**
No validation or test dialogue was read, and no text that describes a clip.

| label | rows |
|---|---|
{rows}

Turns with each modality: {modalities}. {media}

## Protocol

A tenth of the training dialogues, whole, was held out: it decided when to stop and fitted the
temperature, and the table is of it. {history} {balance} Past labels were hidden in
{forgets:.0%} of the rows of each batch{dropping}. {seeds}

| held out, {means} | accuracy | weighted F1 | macro F1 | commonest label |
|---|---|---|---|---|
{scores}

These numbers chose the epoch, so that they flatter; `docs/training.md` has those on validation.

## Limits

It learnt how the writers of one corpus label one kind of talk, and names those labels on any other.
It reads English alone and no more than 256 tokens of a text. It has been compared on no group of
people. It says nothing about how somebody is, and must not be used for that.
"""

_HISTORIES = {
    "gold": "The labels of past turns are the corpus's own (gold): at run time nobody has those.",
    "predicted": "The labels of past turns are predicted, by networks that had not seen the "
    "dialogue, as they are at run time.",
    "none": "It reads no labels of past turns.",
}


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write `card.yaml` for programs and `card.md` for people."""
    text = yaml.safe_dump(dict(card), sort_keys=False, allow_unicode=True)
    (folder / CARD_FILE).write_text(text, "utf-8")
    data, recipe, layout = card["data"], card["recipe"], card["layout"]
    vectors, seeds = layout["vectors"], card["seeds"]
    extra = "".join(f"Beside it {note}. " for note in data["extra"])
    tuned = card["sizes"]["tuned"]
    prose = _TEXT.format(
        title=f"Context head: {', '.join(card['heads'])}",
        tasks=", ".join(NAMES[task].replace("-", " ") for task in card["heads"]),
        context=layout["context"],
        history_read=", the labels of past turns" if layout["history"] else "",
        vectors_read="".join(f", a vector of the {name}" for name in vectors),
        hidden=card["sizes"]["hidden"],
        encoder=f"the encoder, whose {tuned} upper layers it has of its own"
        if tuned
        else "the frozen encoder",
        parameters=card["parameters"],
        count=data["rows"],
        unit=card["unit"],
        dialogues=data["dialogues"],
        corpus=data["corpus"],
        licence=data["licence"],
        extra=extra,
        rows="\n".join(
            f"| {NAMES[task]}: {label} | {n:,} |"
            for task, counts in data["labels"].items()
            for label, n in counts.items()
        ),
        modalities=", ".join(f"{name} {n:,}" for name, n in data["modalities"].items()),
        media=f"Vectors of {data['perception']}; {data['unread']} clips could not be read."
        if vectors
        else "No clip was at hand: it reads text alone.",
        history=_HISTORIES[recipe["history"]],
        balance=f"Classes weigh by their rarity to the power {recipe['balance']}."
        if recipe["balance"]
        else "Classes weigh as often as they occur.",
        forgets=recipe["forgets"],
        dropping=", and voice or face in a third each" if vectors else "",
        seeds=f"Each of the seeds {', '.join(map(str, seeds))} parted the dialogues anew; the file "
        f"holds the network of seed {seeds[0]}."
        if len(seeds) > 1
        else f"Seed {seeds[0]} parted the dialogues.",
        means=f"mean (spread) of {len(seeds)} seeds" if len(seeds) > 1 else f"seed {seeds[0]}",
        scores="\n".join(
            f"| {NAMES[task]} | "
            + " | ".join(
                f"{part[m]['mean']:.3f}" + (f" ({part[m]['spread']:.3f})" if len(seeds) > 1 else "")
                for m in ("accuracy", "weighted_f1", "macro_f1")
            )
            + f" | {part['floor']:.3f} |"
            for task, part in card["scores"].items()
        ),
    )
    (folder / PROSE_FILE).write_text(prose, "utf-8")


def write_models(
    folder: Path, prefix: str, card: Mapping[str, Any], encoder: str, affect: str
) -> dict[str, str]:
    """Write the models file that makes the heads usable; return which node each can be bound to.

    Returns:
        Node of a graph -> name of a head.
    """
    options = {"encoder": encoder, "folder": str(folder.resolve())}
    if card["layout"]["affect"]:
        options["affect"] = affect
    data = card["data"]
    # A licence is what `about` ends with, behind its last semicolon.
    licence = str(data["licence"]).replace(";", ",")
    bound = f"bound by the licence of its data ({licence}), stays with whoever trained it"
    entries: dict[str, dict[str, Any]] = {
        f"{prefix}-{NAMES[task]}": {
            "task": task,
            "backend": "context-head",
            # What it can come to at all; labels of the other tasks are no emotions.
            **({"labels": {one: one for one in labels}} if task == "user_emotion" else {}),
            "options": dict(options),
            "max_batch": 32,
            "about": f"Trained on {data['corpus']}; {bound}",
        }
        for task, labels in card["heads"].items()
    }
    nodes = {_NODES.get(entry["task"], entry["task"]): name for name, entry in entries.items()}
    binding = ", ".join(f"{node}: {{model: {name}}}" for node, name in nodes.items())
    head = (
        "# Written by `python -m tools train`. If the folder moves, set its new place under\n"
        "# `folder`. `python -m graphs evaluate --models` with this file takes the heads by\n"
        f"# `{swaps(nodes)}`,\n"
        f"# and a graph file by `nodes: {{{binding}}}`.\n"
    )
    text = yaml.safe_dump({"models": entries}, sort_keys=False, allow_unicode=True)
    (folder / MODELS_FILE).write_text(head + text, "utf-8")
    return nodes


def swaps(nodes: Mapping[str, str]) -> str:
    """Return the options by which an evaluation binds heads to nodes."""
    return " ".join(f"--swap {node}={name}" for node, name in nodes.items())
