"""Videos of a series, told by season and episode, and the stretch of one that is a turn.

Two layouts are read, in a folder `videos`: `S01E15.mp4`, and `1/15.mp4` (a folder a season).
"""

import re
from collections.abc import Mapping
from pathlib import Path

from tools.corpora.dialogue import MediaFile
from tools.corpora.trouble import Report, Trouble

FOLDER = "videos"
VIDEO = frozenset({".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v"})
AUDIO = frozenset({".wav", ".flac", ".m4a", ".mp3", ".ogg"})

Episodes = Mapping[tuple[int, int], Path]
"""Season and episode -> file."""

_NAME = re.compile(r"S(\d+)E(\d+)", re.IGNORECASE)
_TIME = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)[,.](\d{3})")


def find_episodes(folder: Path, report: Report) -> Episodes:
    """Return the files of a corpus's `videos` folder; where it has none, nothing.

    A video wins over a sound file of the same episode. A file that cannot be told is reported.
    """
    found: dict[tuple[int, int], Path] = {}
    files = (p for p in (folder / FOLDER).rglob("*") if p.suffix.lower() in VIDEO | AUDIO)
    for file in sorted(files, key=lambda path: (path.suffix.lower() in AUDIO, path)):
        named = _NAME.fullmatch(file.stem)
        season, episode = named.groups() if named else (file.parent.name, file.stem)
        if season.isdecimal() and episode.isdecimal():
            found.setdefault((int(season), int(episode)), file)
        else:
            place = file.relative_to(folder).as_posix()
            report(Trouble(place, 0, "the name tells no season and episode, as S01E15 or 1/15 do"))
    return found


def seconds(time: str) -> float:
    """Return the seconds of `HH:MM:SS,mmm`.

    Raises:
        ValueError: it is not written so.
    """
    found = _TIME.fullmatch(time.strip())
    if found is None:
        raise ValueError(f"{time!r} is no time as HH:MM:SS,mmm")
    hours, minutes, whole, thousandths = map(int, found.groups())
    return hours * 3600 + minutes * 60 + whole + thousandths / 1000


def clip(
    episodes: Episodes, season: int, episode: int, begin: float, end: float
) -> tuple[MediaFile | None, str]:
    """Return the stretch of an episode, or the name of the episode that is missing.

    Args:
        episodes: the files that are there.
        season: from 1.
        episode: from 1.
        begin: seconds from the start of the episode.
        end: likewise, behind `begin`.
    """
    file = episodes.get((season, episode))
    if file is None:
        return None, f"S{season:02}E{episode:02}"
    return MediaFile(file, begin, end, video=file.suffix.lower() in VIDEO), ""
