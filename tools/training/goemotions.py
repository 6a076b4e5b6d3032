"""GoEmotions (Demszky et al. 2020): Reddit comments with 28 labels, several a comment; CC BY 4.0.

A folder holds `train.tsv` and `dev.tsv` (`text<TAB>label ids with commas<TAB>comment id`),
`labels.txt` (one label a line, its number is the id) and `ekman.json` (the published grouping:
Ekman label -> labels).
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.errors import DataError
from tools.labels import EKMAN

PAPER = 'Demszky et al. 2020, "GoEmotions: A Dataset of Fine-Grained Emotions", ACL'

Matrix = npt.NDArray[np.float32]
Column = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Comments:
    """Labelled comments of one file.

    Attributes:
        texts: what was written.
        ids: the comments' ids.
        fine: 1 where a comment has a label, else 0; shape (comments, fine labels).
        fine_labels: the columns of `fine`.
        groups: for every column of `fine`, the place of its Ekman label in `EKMAN`.
        first: for every comment, the Ekman place of the first label that is listed.
    """

    texts: list[str]
    ids: list[str]
    fine: Matrix
    fine_labels: list[str]
    groups: Column
    first: Column

    @property
    def ekman(self) -> Matrix:
        """1 where a comment has a label of the Ekman group, else 0; shape (comments, 7)."""
        member = np.eye(len(EKMAN), dtype=np.float32)[self.groups]
        groups: Matrix = np.minimum(self.fine @ member, 1)
        return groups

    @property
    def single(self) -> npt.NDArray[np.bool_]:
        """True where all labels of a comment fall in one Ekman group."""
        one: npt.NDArray[np.bool_] = self.ekman.sum(1) == 1
        return one

    def take(self, places: Column) -> "Comments":
        """Return the comments at `places`."""
        return Comments(
            [self.texts[place] for place in places],
            [self.ids[place] for place in places],
            self.fine[places],
            self.fine_labels,
            self.groups,
            self.first[places],
        )

    def split(self) -> tuple["Comments", "Comments"]:
        """Part nine tenths to learn from and one tenth to choose by, by the hash of the id."""
        digests = (hashlib.sha256(name.encode()).hexdigest() for name in self.ids)
        held = np.array([int(digest, 16) % 10 == 0 for digest in digests], dtype=bool)
        return self.take(np.flatnonzero(~held)), self.take(np.flatnonzero(held))


def read_comments(folder: Path, name: str, limit: int | None = None) -> Comments:
    """Read one file of the corpus.

    Args:
        folder: where the corpus lies.
        name: the file's name, e.g. `train.tsv`.
        limit: how many comments to read at most.

    Raises:
        DataError: a file is missing, or a line is not in the format (the line is named).
    """
    labels, groups = read_labels(folder)
    texts: list[str] = []
    ids, rows, first = [], [], []
    for number, line in enumerate(_read(folder / name).split("\n"), start=1):
        if len(texts) == limit:
            break
        if not line.strip():
            continue
        parts = line.rstrip("\r").split("\t")
        if len(parts) != 3:
            raise DataError(
                f"{name} line {number} has {len(parts)} columns; "
                "it must be text, label ids and comment id, with tabs between"
            )
        numbers = [
            int(part) if part.isascii() and part.isdigit() else -1 for part in parts[1].split(",")
        ]
        if not all(0 <= place < len(labels) for place in numbers):
            raise DataError(
                f"{name} line {number} has the label ids {parts[1]!r}; they must be numbers "
                f"from 0 to {len(labels) - 1} with commas between"
            )
        row = np.zeros(len(labels), np.float32)
        row[numbers] = 1
        texts.append(parts[0])
        ids.append(parts[2])
        rows.append(row)
        first.append(groups[numbers[0]])
    if not texts:
        raise DataError(f"{name} in {folder.name!r} holds no comments")
    return Comments(texts, ids, np.stack(rows), labels, groups, np.array(first))


def read_labels(folder: Path) -> tuple[list[str], Column]:
    """Read the labels and the place in `EKMAN` of each.

    Raises:
        DataError: a file is missing, or a label belongs to no Ekman label or to two.
    """
    labels = _read(folder / "labels.txt").split()
    try:
        grouping: dict[str, list[str]] = dict(json.loads(_read(folder / "ekman.json")))
    except (ValueError, TypeError) as error:
        raise DataError(f"ekman.json in {folder.name!r} is no JSON object: {error}") from error
    groups = []
    for label in labels:
        homes = [ekman for ekman, members in grouping.items() if label in members]
        if len(homes) != 1 or homes[0] not in EKMAN:
            raise DataError(
                f"ekman.json must put the label {label!r} under exactly one of "
                f"{', '.join(EKMAN)}; it stands under {', '.join(homes) or 'none'}"
            )
        groups.append([str(emotion) for emotion in EKMAN].index(homes[0]))
    return labels, np.array(groups, dtype=np.int64)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read {path.name!r} of GoEmotions in {path.parent.name!r}: {error}"
        ) from error
