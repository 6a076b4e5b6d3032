"""DFEW (Jiang et al. 2020): short clips of films, one emotion each, in five folds.

It is read from a path and never ships: its publishers give it by agreement. A folder holds the
lists of the folds, `split01/train.csv` and `split01/test.csv` to `split05` (or `train1.csv`,
`test1.csv` and so on), in which a line is the clip's path, a space and a number from 0 to 6. Paths
are relative to the folder, or whole. Only clips with a single label are listed. A test list is the
rest of its own fold: it shares clips with the training lists of the other folds.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tools.corpora.dialogue import Dialogue, MediaFile, Turn
from tools.corpora.trouble import Report, Trouble, refuse
from tools.errors import DataError

LABELS = ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear")
"""The labels in the order of their numbers, which is recalled and was not checked."""

_SPLIT = re.compile(r"(train|test)([1-5])")


def read(folder: Path, split: str = "train1", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the clips of a list, a dialogue of one turn without words each.

    Args:
        folder: of the corpus.
        split: `train1` or `test1` to `train5` or `test5`.
        report: told of each line that is not in the format.

    Raises:
        DataError: there is no such list, or a line is wrong and nobody is told.
    """
    named = _SPLIT.fullmatch(split)
    part, fold = named.groups() if named else (split, "0")
    file = folder / f"split{int(fold):02}" / f"{part}.csv"
    file = file if file.exists() else folder / f"{part}{fold}.csv"
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                path, _, label = line.strip().rpartition(" ")
                if path and label.isdecimal() and int(label) < len(LABELS):
                    yield _clip(folder, path.strip(), LABELS[int(label)], number, file.name)
                else:
                    what = (
                        f"a path and a number from 0 to {len(LABELS) - 1} were expected, not "
                        f"{label!r} at the end (lists with 1 to 7 must be shifted)"
                    )
                    report(Trouble(file.name, number, what))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read {file.name!r} of DFEW in {folder.name!r}: {error}; give the folder with "
            "the lists of the folds"
        ) from error


def _clip(folder: Path, path: str, label: str, line: int, file: str) -> Dialogue:
    clip = folder / path
    there = clip.is_file()
    turn = Turn(
        "person",
        "",
        label,
        media=MediaFile(clip, video=True) if there else None,
        missing="" if there else clip.name,
        line=line,
    )
    return Dialogue(id=path, turns=(turn,), line=line, file=file)
