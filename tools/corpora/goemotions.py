"""GoEmotions (Demszky et al. 2020): Reddit comments with 28 labels, several a comment; CC BY 4.0.

A folder holds `train.tsv`, `dev.tsv` and `test.tsv` (`text<TAB>label ids with commas<TAB>comment
id`), `labels.txt` (one label a line, its number is the id) and `ekman.json` (the published
grouping: Ekman label -> labels).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tools.corpora.dialogue import Dialogue, Turn
from tools.corpora.trouble import Report, Trouble, refuse
from tools.errors import DataError
from tools.labels import EKMAN

_GROUPING = TypeAdapter(dict[str, list[str]])


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the comments of a split (`train`, `dev`, `test`), a dialogue of one turn each.

    `labels` of a turn are all of a comment's, in their order. Its `emotion` is their Ekman label
    where all fall under one; a comment whose labels fall under several is kept with none.

    Raises:
        DataError: a file is missing, its labels are not those of the groups, or a line is not in
            the format and nobody is told.
    """
    labels, groups = read_labels(folder)
    file = folder / f"{split}.tsv"
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        parts = line.rstrip("\r\n").split("\t")
        if why := _why_not(parts, len(labels)):
            report(Trouble(file.name, number, why))
            continue
        text, ids, id_ = parts
        fine = tuple(labels[int(place)] for place in ids.split(","))
        ekman = {groups[label] for label in fine}
        turn = Turn(
            "person", text, ekman.pop() if len(ekman) == 1 else "", labels=fine, line=number
        )
        yield Dialogue(id=id_, turns=(turn,), line=number, file=file.name)


def _why_not(parts: Sequence[str], labels: int) -> str:
    if len(parts) != 3:
        return (
            f"the line has {len(parts)} columns; "
            "it must be text, label ids and comment id, with tabs between"
        )
    numbers = [int(p) if p.isascii() and p.isdigit() else -1 for p in parts[1].split(",")]
    if not all(0 <= place < labels for place in numbers):
        return (
            f"the line has the label ids {parts[1]!r}; they must be numbers "
            f"from 0 to {labels - 1} with commas between"
        )
    return ""


def read_labels(folder: Path) -> tuple[list[str], Mapping[str, str]]:
    """Return the labels in the order of their ids, and the Ekman label of each.

    Raises:
        DataError: a file is missing, or its labels are not those of the groups.
    """
    labels = [label for line in _lines(folder / "labels.txt") if (label := line.strip())]
    try:
        grouping = _GROUPING.validate_json("".join(_lines(folder / "ekman.json")))
    except ValidationError as error:
        raise DataError(
            f"ekman.json in {folder.name!r} is no JSON object of lists of labels: "
            f"{error.errors()[0]['msg']}; give the file as it was published"
        ) from error
    grouped = {label for members in grouping.values() for label in members}
    if lacking := sorted(grouped - {*labels}):  # each label below it would be another
        raise DataError(
            f"labels.txt in {folder.name!r} lacks {', '.join(lacking)}, which ekman.json groups; "
            "give both files as they were published"
        )
    groups: dict[str, str] = {}
    for label in labels:
        homes = [ekman for ekman, members in grouping.items() if label in members]
        if len(homes) != 1 or homes[0] not in EKMAN:
            raise DataError(
                f"ekman.json must put the label {label!r} under exactly one of "
                f"{', '.join(EKMAN)}; it stands under {', '.join(homes) or 'none'}"
            )
        groups[label] = homes[0]
    return labels, groups


def _lines(path: Path) -> Iterator[str]:
    try:
        # Only "\n" ends a line: comments hold other marks that Python would cut at.
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read {path.name} of GoEmotions in {path.parent.name!r}: {error}; "
            "give the folder as it was published"
        ) from error
