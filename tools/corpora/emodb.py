"""EmoDB (Burkhardt et al. 2005, "A database of German emotional speech"): acted; CC0 1.0.

A folder holds the wav files as published, such as `03a01Fa.wav` (speaker, sentence, the German
emotion's first letter, take), bare or in `wav`; or folders named by `LETTERS` with the wav files of
a class each. The first two digits of a name are the speaker.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.corpora.dialogue import Dialogue, MediaFile, Turn
from tools.corpora.trouble import Report, Trouble, refuse

LETTERS: Mapping[str, str] = {
    "W": "angry",
    "L": "bored",
    "E": "disgust",
    "A": "fear",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
"""Letter of Ärger (Wut), Langeweile, Ekel, Angst, Freude, Trauer, neutral -> name of its folder."""

SPEAKERS: Mapping[str, tuple[str, ...]] = {
    "train": ("03", "08", "09", "10", "11", "14"),
    "val": ("12", "13"),
    "test": ("15", "16"),
}
"""Split -> its speakers, as many men as women; ours, for EmoDB is published without splits."""

_PUBLISHED = re.compile(r"\d\d[ab]\d\d([A-Z])[a-z]")


def read(folder: Path, split: str = "train", report: Report = refuse) -> Iterator[Dialogue]:
    """Yield the utterances of a split, in the order of their names, a dialogue of one turn each.

    Args:
        folder: of the corpus.
        split: one of `SPEAKERS`, or `all`, to be parted by `who`.
        report: told of each file whose name is not in the format.

    Raises:
        DataError: a file's name is wrong and nobody is told.
    """
    chosen = SPEAKERS.get(split)
    files = [*folder.glob("*.wav"), *folder.glob("*/*.wav")]
    for file in sorted(files, key=lambda path: (path.name, path)):
        place, who = file.relative_to(folder).as_posix(), file.name[:2]
        letter = _PUBLISHED.fullmatch(file.stem)
        told = LETTERS.get(letter[1], "") if letter else ""
        home = file.parent.name if file.parent != folder and file.parent.name != "wav" else ""
        if why := _why_not(file, who, told, home):
            report(Trouble(place, 0, why))
        elif chosen is None or who in chosen:
            turn = Turn("person", "", home or told, media=MediaFile(file), who=who)
            id_ = file.stem if letter else f"{home}/{file.stem}"
            yield Dialogue(id=id_, turns=(turn,), file=place)


def _why_not(file: Path, who: str, told: str, home: str) -> str:
    if not who.isdecimal():
        return f"the file name {file.name!r} must begin with two digits, which are the speaker"
    if home and home not in LETTERS.values():
        return f"unknown emotion {home!r}; the folders are {', '.join(LETTERS.values())}"
    if not (home or told):
        return f"the file name {file.name!r} tells no emotion, as 03a01Fa.wav does"
    if home and told and home != told:
        return f"it stands under {home!r}, and its name says {told!r}"
    return ""
