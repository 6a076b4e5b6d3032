"""What a speech recogniser is given, and what it makes of it."""

from dataclasses import dataclass

from tools.clips import Waveform
from tools.records import Missing


@dataclass(frozen=True)
class Speech:
    """One voice clip and the language it is expected to be in.

    Attributes:
        audio: mono, 16 kHz, values in [-1, 1].
        language: a two-letter code (ISO 639-1), e.g. `en`; a region behind it is ignored.
    """

    audio: Waveform
    language: str


@dataclass(frozen=True)
class Transcript:
    """What was said, in the speaker's own language.

    Attributes:
        text: the words; empty when `missing` says why.
        language: the language it was heard in, a two-letter code.
        seconds: how much of the clip was taken for speech.
        missing: why there are no words, e.g. `no speech` or `language`.
        note: one short clause for the designer; never a word of what was said.
    """

    text: str = ""
    language: str = ""
    seconds: float = 0.0
    missing: Missing = ""
    note: str = ""
