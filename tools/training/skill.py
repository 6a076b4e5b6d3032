"""How well a text-emotion model does outside the corpus it was trained on.

Fusion weighs a model by this number (`tools.calibration.Skill`), not by the score on the corpus
that it knows. Both corpora are read from a path and never ship: MESC (Chu et al. 2024), the lines
of clients in a television drama about psychotherapy, and ESConv (Liu et al. 2021), in which people
described a situation and named the emotion it gave them.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tools.calibration import Skill, calibrate, to_emotions
from tools.errors import ConfigError, DataError
from tools.labels import EKMAN, Emotion
from tools.models import ModelConfig
from tools.perceived import Perceived
from tools.training.scores import ClassScores, class_scores

MESC_LABELS: Mapping[str, str] = {
    label: label
    for label in (
        Emotion.ANGER,
        Emotion.DISGUST,
        Emotion.FEAR,
        Emotion.JOY,
        Emotion.SADNESS,
        Emotion.NEUTRAL,
    )
}
"""MESC's labels that are Ekman's; it has no surprise, and lines labelled `depression` are left out."""

MESC_DEPRESSION_AS_SADNESS: Mapping[str, str] = {
    **MESC_LABELS,
    Emotion.DEPRESSION: Emotion.SADNESS,
}

ESCONV_LABELS: Mapping[str, str] = {
    "anger": Emotion.ANGER,
    "disgust": Emotion.DISGUST,
    "anxiety": Emotion.FEAR,
    "fear": Emotion.FEAR,
    "nervousness": Emotion.FEAR,
    "depression": Emotion.SADNESS,
    "sadness": Emotion.SADNESS,
}
"""ESConv's emotions that fall in an Ekman group; shame, guilt, pain and jealousy are left out."""

MESC = "MESC train, client lines, depression left out"
MESC_SADNESS = "MESC train, client lines, depression as sadness"
ESCONV = "ESConv train, situations, anxiety and nervousness as fear, depression as sadness"

Line = tuple[str, str]
"""A text and its corpus's own label."""


class TextEmotionModel(Protocol):
    """What can be measured: any text-emotion backend."""

    def predict(self, items: Sequence[str], /) -> Sequence[Perceived]:
        """Return one finding per text."""
        ...


def measure_corpora(
    model: TextEmotionModel, config: ModelConfig, mesc: Path | None, esconv: Path | None
) -> dict[str, ClassScores]:
    """Score a model on the corpora that are given; the keys say what was measured and how.

    The first is the one that fusion should weigh a model by.

    Raises:
        ConfigError: no corpus is given.
        DataError: a corpus is not in its format.
    """
    if mesc is None and esconv is None:
        raise ConfigError("there is nothing to measure on; give --mesc DIR, --esconv DIR or both")
    found = {}
    if mesc is not None:
        lines = mesc_lines(mesc)
        found[MESC] = measure(model, lines, MESC_LABELS, config)
        found[MESC_SADNESS] = measure(model, lines, MESC_DEPRESSION_AS_SADNESS, config)
    if esconv is not None:
        found[ESCONV] = measure(model, esconv_situations(esconv), ESCONV_LABELS, config)
    return found


def mesc_lines(folder: Path) -> list[Line]:
    """Read what clients say in MESC's training dialogues: those of `MESC.csv` not in `val.json`.

    The files share no id, so a dialogue of `val.json` is known by its utterances, which begin with
    those of the table.

    Raises:
        DataError: a file is missing or not in its format.
    """
    try:
        with (folder / "MESC.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        held = [
            [turn["text"] for turn in dialogue["dialog"]]
            for dialogue in json.loads((folder / "val.json").read_text("utf-8"))
        ]
        dialogues: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            dialogues.setdefault(row["Dialogue_ID"], []).append(row)
        by_length: dict[int, list[list[str]]] = {}
        for texts in held:
            by_length.setdefault(len(texts), []).append(texts)
        return [
            (row["Utterance"], row["Emotion"])
            for lines in dialogues.values()
            if not any(_same(texts, lines) for texts in by_length.get(len(lines), []))
            for row in lines
            if row["Speaker"] == "Client"
        ]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise DataError(
            f"cannot read MESC in {folder.name!r}: {type(error).__name__}: {error}; "
            "it must hold MESC.csv and val.json as published"
        ) from error


def esconv_situations(folder: Path) -> list[Line]:
    """Read the situations that open ESConv's training conversations.

    Raises:
        DataError: the file is missing, or a line is not in its format (the line is named).
    """
    try:
        lines = (folder / "train.txt").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read train.txt of ESConv in {folder.name!r}: {error}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            conversation = json.loads(line)
            found.append((str(conversation["situation"]), str(conversation["emotion_type"])))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"train.txt line {number} is no ESConv conversation: {error}"
            ) from error
    return found


def measure(
    model: TextEmotionModel,
    lines: Sequence[Line],
    corpus_labels: Mapping[str, str],
    config: ModelConfig,
) -> ClassScores:
    """Score a model on another corpus, with all seven emotions to choose from.

    Lines that the model marks missing are left out, as fusion leaves them out.

    Args:
        model: the backend.
        lines: texts with the corpus's labels.
        corpus_labels: the corpus's labels -> `Emotion`; other lines are left out.
        config: the model's entry, for its label map and temperature.

    Raises:
        DataError: no line is left.
    """
    kept = [(text, corpus_labels[label]) for text, label in lines if label in corpus_labels]
    findings = model.predict([text for text, _ in kept])
    emotions = [str(emotion) for emotion in EKMAN]
    rows, truth = [], []
    for finding, (_, label) in zip(findings, kept, strict=True):
        if not finding.missing:
            scores = to_emotions(calibrate(finding.scores, config.temperature), config.labels)
            rows.append([scores[emotion] for emotion in emotions])
            truth.append(emotions.index(label))
    if not rows:
        raise DataError(f"no line with one of the labels {', '.join(corpus_labels)} could be read")
    return class_scores(np.array(rows), np.array(truth), emotions)


def as_skill(scores: ClassScores, corpus: str) -> Skill:
    """Return the scores as fusion wants them; `corpus` tells what they were measured on."""
    return Skill(
        uar=round(scores["uar"], 3), classes=len(scores["classes"]), n=scores["n"], corpus=corpus
    )


def _same(texts: Sequence[str], lines: Sequence[Mapping[str, str]]) -> bool:
    return all(
        text.startswith(line["Utterance"].strip()) for text, line in zip(texts, lines, strict=True)
    )
