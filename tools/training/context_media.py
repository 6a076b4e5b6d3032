"""Vectors of voice and face for the turns of a corpus whose clips are at hand."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tools.clips import Clip
from tools.corpora.dialogue import MediaFile
from tools.errors import MediaError
from tools.models import ModelSet
from tools.training.context_rows import ContextRow

_BATCH = 16
"""Decoded clips that are held at once."""

SENSES: Mapping[str, str] = {"voice": "voice_emotion", "face": "face_emotion"}
"""Modality -> the task whose bound model gives its vector."""


@dataclass
class Seen:
    """What was found of the clips.

    Attributes:
        turns: modality -> turns that have its vector, `text` among them.
        sizes: modality -> length of its vectors, for modalities that any turn has.
        unread: clips that could not be decoded.
        models: modality -> the model that gave its vectors.
    """

    turns: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, int] = field(default_factory=dict)
    unread: int = 0
    models: dict[str, str] = field(default_factory=dict)


def with_vectors(
    rows: Sequence[ContextRow],
    models: ModelSet,
    read: Callable[[MediaFile], Clip],
    say: Callable[[str], None] = lambda text: None,
) -> tuple[list[ContextRow], Seen]:
    """Return the rows with vectors of voice and face, where they have clips.

    Each clip is decoded once, however many rows are part of its turn, and what is made of it is
    kept in memory alone.

    Args:
        rows: of a corpus.
        models: whose bound perception models are asked.
        read: decodes a clip.
        say: told how far it is.
    """
    clips = list(dict.fromkeys(row.media for row in rows if row.media is not None))
    seen, vectors = Seen(), dict[MediaFile, dict[str, tuple[float, ...]]]()
    for start in range(0, len(clips), _BATCH):
        part = clips[start : start + _BATCH]
        say(f"read clips {start + 1} to {start + len(part)} of {len(clips)}")
        for media, modality, vector in _read(part, models, read, seen):
            vectors.setdefault(media, {})[modality] = vector
            seen.sizes[modality] = len(vector)
    found = []
    for row in rows:
        own = vectors.get(row.media, {}) if row.media is not None else {}
        seen.turns.update(["text", *own])
        found.append(replace(row, situation=replace(row.situation, vectors=own)))
    return found, seen


def _read(
    part: Sequence[MediaFile],
    models: ModelSet,
    read: Callable[[MediaFile], Clip],
    seen: Seen,
) -> Iterator[tuple[MediaFile, str, tuple[float, ...]]]:
    decoded: list[tuple[MediaFile, Clip]] = []
    for media in part:
        try:
            decoded.append((media, read(media)))
        except MediaError:
            seen.unread += 1
    for modality, task in SENSES.items():
        bound = models.bound(task)
        if bound is None:
            continue
        given = [
            (media, clip.audio if modality == "voice" else clip.frames)
            for media, clip in decoded
            if (clip.audio is not None if modality == "voice" else clip.frames)
        ]
        if not given:
            continue
        seen.models[modality] = bound.name
        results = models.backend(bound.name).predict([item for _, item in given])
        for (media, _), found in zip(given, results, strict=True):
            if found.vector and not found.missing:
                yield media, modality, found.vector
