"""Accuracy, calibration, skill and error by group of a model that reads emotions, on a corpus."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from tools.calibration import calibrate, to_emotions
from tools.catalogue import ModelConfig
from tools.clips import Clip
from tools.corpora.corpus import Corpus
from tools.corpora.dialogue import Dialogue, MediaFile, Turn, merged
from tools.errors import DataError, MediaError
from tools.labels import EKMAN, Emotion
from tools.perceived import Perceived

SMALLEST = 20
"""Items from which a group's error is shown; of fewer it says nothing."""

_BATCH = 32

_INPUT: Mapping[str, str] = {
    "text_emotion": "text",
    "voice_emotion": "sound",
    "face_emotion": "pictures",
}


@dataclass
class Item:
    """One turn of a person, its true emotion, and the groups that it belongs to."""

    given: object
    emotion: str
    groups: Mapping[str, str]


@dataclass
class Left:
    """What was not measured, by reason."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str) -> None:
        """Count one more."""
        self.counts[reason] = self.counts.get(reason, 0) + 1


def measures(config: ModelConfig) -> bool:
    """Say whether a model reads an emotion from words, sound or pictures."""
    return config.task in _INPUT


def require_measurable(name: str, config: ModelConfig) -> None:
    """Refuse a model that reads no emotion.

    Raises:
        DataError: it is one.
    """
    if not measures(config):
        raise DataError(
            f"--data measures models that read an emotion, and {name!r} is for {config.task!r}; "
            "use `python -m graphs evaluate` for whole turns"
        )


Predict = Callable[[Sequence[object]], Sequence[object]]


def measure(
    predict: Predict,
    config: ModelConfig,
    corpus: Corpus,
    folder: Path,
    split: str,
    limit: int | None = None,
    read: Callable[[MediaFile], Clip] | None = None,
) -> dict[str, object]:
    """Score a model on a split of a corpus; unread items are counted and left out.

    Args:
        predict: the model, over a batch.
        config: its entry, for labels and temperature.
        corpus: what it is measured on; its emotions are mapped onto `Emotion`.
        folder: where that lies.
        split: one of its splits.
        limit: how many items at most, evenly spread.
        read: decodes a clip.

    Raises:
        DataError: anything in the split is wrong, or nothing in it can be measured.
    """
    from tools.excerpts import read_clip

    left = Left()
    items = list(_items(corpus, folder, split, config.task, left))
    if limit is not None and len(items) > limit:
        items = [items[int(place * len(items) / limit)] for place in range(limit)]
    read_items, probabilities = _predicted(predict, config, items, left, read or read_clip)
    if not read_items:
        raise DataError(
            f"nothing in the split {split!r} of {corpus.title} has {_INPUT[config.task]} that "
            f"this model reads and an emotion ({_told(left)}); choose another corpus or split"
        )
    return _scores(config, corpus, split, read_items, probabilities, left)


def _items(corpus: Corpus, folder: Path, split: str, task: str, left: Left) -> Iterator[Item]:
    for dialogue in corpus.read(folder, split):
        for turn in _read_turns(dialogue):
            if turn.speaker != "person":
                continue
            emotion = corpus.emotions.get(turn.emotion, "")
            given = _given(turn, task)
            if not emotion:
                left.add("no single emotion")
            elif given is None:
                left.add(f"no {_INPUT[task]}")
            else:
                yield Item(given, emotion, _groups(dialogue, turn))


def _read_turns(dialogue: Dialogue) -> list[Turn]:
    """Return the merged turns; where the label is of the whole dialogue, its situation alone."""
    if dialogue.emotion:
        return [Turn("person", dialogue.situation, dialogue.emotion)]
    return merged(dialogue.turns)


def _given(turn: Turn, task: str) -> object | None:
    if task == "text_emotion":
        return turn.text or None
    if turn.media is None:
        return None
    has = turn.media.audio if task == "voice_emotion" else turn.media.video
    return turn.media if has else None


def _groups(dialogue: Dialogue, turn: Turn) -> dict[str, str]:
    named = {"speaker": turn.who, "problem": dialogue.problem}
    return {kind: name for kind, name in named.items() if name}


def _predicted(
    predict: Predict,
    config: ModelConfig,
    items: Sequence[Item],
    left: Left,
    read: Callable[[MediaFile], Clip],
) -> tuple[list[Item], list[dict[str, float]]]:
    kept: list[Item] = []
    found: list[dict[str, float]] = []
    waiting = iter(items)
    while part := list(islice(waiting, _BATCH)):
        decoded = [(item, given) for item in part if (given := _decoded(item, config, left, read))]
        answers = [
            answer
            for start in range(0, len(decoded), config.max_batch)
            for answer in predict([given[0] for _, given in decoded[start:][: config.max_batch]])
        ]
        for (item, _), answer in zip(decoded, answers, strict=True):
            if not isinstance(answer, Perceived) or answer.missing:
                left.add("not read by the model")
                continue
            scores = calibrate(answer.scores, config.temperature)
            kept.append(item)
            found.append(to_emotions(scores, config.labels))
    return kept, found


def _decoded(
    item: Item,
    config: ModelConfig,
    left: Left,
    read: Callable[[MediaFile], Clip],
) -> tuple[object] | None:
    if not isinstance(item.given, MediaFile):
        return (item.given,)
    try:
        clip = read(item.given)
    except MediaError:
        left.add("clip not readable")
        return None
    given: object = clip.audio if config.task == "voice_emotion" else clip.frames
    if given is None or (isinstance(given, list) and not given):
        left.add(f"no {_INPUT[config.task]}")
        return None
    return (given,)


def _scores(
    config: ModelConfig,
    corpus: Corpus,
    split: str,
    items: Sequence[Item],
    found: Sequence[Mapping[str, float]],
    left: Left,
) -> dict[str, object]:
    from tools.metrics.calibration import expected_calibration_error
    from tools.metrics.labels import label_scores

    gold = [item.emotion for item in items]
    labels = [emotion.value for emotion in Emotion if emotion in {*EKMAN, *gold}]
    named = [max(scores, key=lambda label: scores[label]) for scores in found]
    sure = [scores[label] for scores, label in zip(found, named, strict=True)]
    right = [one == other for one, other in zip(named, gold, strict=True)]
    scored = label_scores(gold, named, labels)
    emitted = set(config.labels.values())
    return {
        "corpus": corpus.title,
        "split": split,
        "licence": corpus.licence,
        "n": scored["n"],
        "accuracy": round(scored["accuracy"], 4),
        "uar": round(scored["uar"], 4),
        "macro_f1": round(scored["macro_f1"], 4),
        "weighted_f1": round(scored["weighted_f1"], 4),
        "ece": round(expected_calibration_error(sure, right), 4),
        "floor": {
            "label": scored["floor"]["label"],
            "accuracy": round(scored["floor"]["accuracy"], 4),
        },
        "sayable": round(float(np.mean([label in emitted for label in gold])), 4),
        "recall": {
            label: {"recall": round(row["recall"], 4), "n": row["n"]}
            for label, row in scored["classes"].items()
            if row["n"]
        },
        "skill": _skill(f"{corpus.title} {split}", gold, found, emitted),
        "groups": _by_group(items, right, sure),
        "left_out": left.counts,
    }


def _skill(
    corpus: str, gold: Sequence[str], found: Sequence[Mapping[str, float]], emitted: set[str]
) -> dict[str, object] | None:
    """Return the skill as an entry holds it: among the emotions that the corpus and the model have.

    Only so is one divided by their number the recall of guessing. None with fewer than two.
    """
    from tools.metrics.labels import label_scores

    classes = [e.value for e in Emotion if e in {*gold} and e in emitted]
    if len(classes) < 2:
        return None
    kept = [(label, scores) for label, scores in zip(gold, found, strict=True) if label in classes]
    named = [max(classes, key=lambda label: scores[label]) for _, scores in kept]
    scored = label_scores([label for label, _ in kept], named, classes)
    return {
        "uar": round(scored["uar"], 3),
        "classes": len(classes),
        "n": scored["n"],
        "corpus": f"{corpus}, among its emotions",
    }


def _by_group(
    items: Sequence[Item], right: Sequence[bool], sure: Sequence[float]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return the share of wrong answers and the mean confidence of every group."""
    places: dict[str, dict[str, list[int]]] = {}
    for place, item in enumerate(items):
        for kind, name in item.groups.items():
            places.setdefault(kind, {}).setdefault(name, []).append(place)
    return {
        kind: {
            name: {
                "n": len(own),
                "error": round(1 - float(np.mean([right[place] for place in own])), 4),
                "confidence": round(float(np.mean([sure[place] for place in own])), 4),
            }
            for name, own in sorted(groups.items())
            if len(own) >= SMALLEST
        }
        for kind, groups in places.items()
    }


def _told(left: Left) -> str:
    return ", ".join(f"{why}: {n:,}" for why, n in left.counts.items()) or "it holds no turn"
