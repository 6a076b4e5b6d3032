"""ESConv (Liu et al. 2021): people told a situation and named the emotion that it gave them.

It is read from a path and never ships (CC BY-NC 4.0). A folder holds `train.txt`, a conversation in
JSON a line.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tools.errors import DataError
from tools.labels import Emotion

LABELS: Mapping[str, str] = {
    "anger": Emotion.ANGER,
    "disgust": Emotion.DISGUST,
    "anxiety": Emotion.FEAR,
    "fear": Emotion.FEAR,
    "nervousness": Emotion.FEAR,
    "depression": Emotion.SADNESS,
    "sadness": Emotion.SADNESS,
}
"""ESConv's emotions that fall in an Ekman group; shame, guilt, pain and jealousy are left out."""


def read_situations(folder: Path) -> list[tuple[str, str]]:
    """Read the situations of the training conversations, each with its emotion.

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
                f"train.txt line {number} is no ESConv conversation: "
                f"{type(error).__name__}: {error}"
            ) from error
    return found
