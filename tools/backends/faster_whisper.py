"""Speech recognition with faster-whisper, kept from writing down what nobody said.

Whisper was trained on subtitles and makes words up where it hears none. Three things hold it back:
the bundled Silero voice activity detector hands it speech only; it decodes greedily, without the
previous text and without hotter retries, so that the same clip always gives the same words; and
what it is unsure of is left out (Radford et al. 2022, section 4.5, has the two thresholds).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from tools.backends.options import read_options
from tools.errors import ConfigError, WeightsError
from tools.models import Loading
from tools.records import Missing
from tools.transcript import Speech, Transcript

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

_FILES = ("model.bin", "config.json", "tokenizer.json")
_SHORTEST_S = 0.2

# What Whisper likes to write under noise, breath and silence (the commonest entries of the "bag of
# hallucinations" of Barański et al. 2025, ICASSP). People say these too: they are only left out
# where the model itself doubts that there was speech.
_STOCK = frozenset(
    {"", "you", "thank you", "thanks", "thank you very much", "thanks for watching", "bye", "so"}
    | {"thank you for watching", "please subscribe", "the end", "okay", "oh"}
)


class Options(BaseModel, extra="forbid"):
    """What `options:` of a faster-whisper model may say.

    Attributes:
        beam: beam width; 1 is greedy and quickest.
        threads: CPU threads of one call.
        languages: languages to accept; left out, those the model itself knows.
        no_speech: a segment of at least this no-speech probability is doubtful, in [0, 1].
        sure: a segment whose mean log-probability is lower is left out if it is doubtful too.
        audible: a segment whose mean log-probability is lower is left out in any case.
        repetition: text that compresses better than this many times is a loop.
    """

    beam: int = Field(default=1, ge=1, le=10)
    threads: int = Field(default=2, ge=1)
    languages: list[str] | None = None
    no_speech: float = Field(default=0.6, ge=0, le=1)
    sure: float = Field(default=-0.7, le=0)
    audible: float = Field(default=-1.0, le=0)
    repetition: float = Field(default=2.4, gt=1)


def load(loading: Loading) -> "FasterWhisper":
    """Load a CTranslate2 Whisper from its verified folder; nothing is ever fetched.

    Raises:
        WeightsError: a file of the model is missing or cannot be read.
        ConfigError: an option, the device or a language is wrong.
    """
    options = read_options(Options, loading)
    folder = loading.weights()
    # Without its tokenizer the library would ask a model hub for one.
    absent = [file for file in _FILES if not (folder / file).is_file()]
    if absent:
        raise WeightsError(
            f"the speech model {loading.name!r} lacks {', '.join(absent)}; "
            f"fetch the weights {loading.config.weights!r} again"
        )
    model = _open(folder, loading, options)
    known = frozenset(model.supported_languages)
    chosen = known if options.languages is None else frozenset(options.languages)
    if not chosen <= known:
        raise ConfigError(
            f"the speech model {loading.name!r} does not know {sorted(chosen - known)}; "
            f"it knows {', '.join(sorted(known))}"
        )
    return FasterWhisper(model, options, chosen)


def _open(folder: Path, loading: Loading, options: Options) -> "WhisperModel":
    from faster_whisper import WhisperModel

    device = loading.config.device
    if device not in ("cpu", "cuda", "auto"):
        raise ConfigError(
            f"the model {loading.name!r} cannot run on {device!r}; choose cpu, cuda or auto"
        )
    if device == "auto":
        import ctranslate2  # type: ignore[import-untyped]  # it ships no types

        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    try:
        return WhisperModel(
            str(folder),
            device=device,
            compute_type="float16" if device == "cuda" else "int8",
            cpu_threads=options.threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise WeightsError(
            f"the speech model {loading.name!r} cannot be opened on {device!r}: {error}"
        ) from error


class FasterWhisper:
    """Whisper on CTranslate2, one clip after the other."""

    def __init__(self, model: "WhisperModel", options: Options, languages: frozenset[str]) -> None:
        """Use an open `model` for clips in one of `languages`."""
        self._model = model
        self._options = options
        self._languages = languages

    def predict(self, items: Sequence[Speech], /) -> list[Transcript]:
        """Write down each clip; a clip may be longer than Whisper's window of 30 s."""
        return [self._one(item) for item in items]

    def _one(self, speech: Speech) -> Transcript:
        language = re.split("[-_]", speech.language.strip().lower())[0]
        if language not in self._languages:
            known = ", ".join(sorted(self._languages)[:5])
            more = "" if len(self._languages) <= 5 else " and others"
            return Transcript(
                missing="language",
                note=f"this recogniser writes down {known}{more}, not {language or 'no language'}",
            )
        rate = self._model.feature_extractor.sampling_rate
        if len(speech.audio) < _SHORTEST_S * rate:
            return _nothing("no speech", f"the clip is shorter than {_SHORTEST_S:g} s", language)
        segments, info = self._model.transcribe(
            speech.audio,
            language=language,
            beam_size=self._options.beam,
            temperature=0.0,
            condition_on_previous_text=False,
            vad_filter=True,
            # The guards below decide, with both numbers at hand.
            no_speech_threshold=None,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
        )
        seconds = info.duration_after_vad
        if seconds < _SHORTEST_S:
            return _nothing("no speech", "no speech was found in the clip", language)
        heard = list(segments)
        kept = [segment for segment in heard if self._is_speech(segment)]
        text = " ".join(part for segment in kept if (part := segment.text.strip()))
        if any(segment.compression_ratio > self._options.repetition for segment in kept):
            text = unlooped(text)
        if not text:
            return _nothing("no speech", "the words could not be made out", language, seconds)
        left_out = len(heard) - len(kept)
        note = f"{left_out} of {len(heard)} parts could not be made out" if left_out else ""
        return Transcript(text, language, seconds, note=note)

    def _is_speech(self, segment: "Segment") -> bool:
        sure, doubtful = segment.avg_logprob, segment.no_speech_prob
        bare = re.sub(r"[\W_]+", " ", segment.text).strip().lower()
        if not bare or sure < self._options.audible:
            return False
        if doubtful >= self._options.no_speech and sure < self._options.sure:
            return False
        return not (doubtful >= self._options.no_speech / 2 and bare in _STOCK)


def unlooped(text: str) -> str:
    """Return `text` with a phrase that is said three times or more in a row written twice.

    A decoder that is stuck repeats itself; so does a person, whose words must not be lost. Phrases
    of up to 120 characters are looked at.
    """
    loop = re.compile(r"\b(\w.{0,119}?)(\W+)(?:\1(?:\W+|$)){2,}", re.IGNORECASE)
    return loop.sub(lambda match: f"{match[1]}{match[2]}{match[1]}{match[2]}", text).strip()


def _nothing(missing: Missing, note: str, language: str, seconds: float = 0.0) -> Transcript:
    return Transcript(language=language, seconds=seconds, missing=missing, note=note)
