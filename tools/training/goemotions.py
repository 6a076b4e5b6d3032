"""GoEmotions as the columns that its head learns from; the corpus is read in `tools/corpora`."""

import hashlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tools.corpora.goemotions import read, read_labels
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
    labels, homes = read_labels(folder)
    groups = np.array([EKMAN.index(homes[label]) for label in labels], dtype=np.int64)
    places = {label: place for place, label in enumerate(labels)}
    comments = list(islice(read(folder, name.removesuffix(".tsv")), limit))
    if not comments:
        raise DataError(f"{name} in {folder.name!r} holds no comments")
    fine = np.zeros((len(comments), len(labels)), np.float32)
    for row, comment in zip(fine, comments, strict=True):
        row[[places[label] for label in comment.turns[0].labels]] = 1
    first = groups[[places[comment.turns[0].labels[0]] for comment in comments]]
    return Comments(
        [comment.turns[0].text for comment in comments],
        [comment.id for comment in comments],
        fine,
        labels,
        groups,
        first,
    )
