"""Deterministic fakes, registered like any other backend, for tests and for designing graphs.

They need no weights and answer at once, or as late and as badly as their options say: `delay` and
`fail` let a designer see what a slow or a broken model does to a turn.
"""

import hashlib
import re
import time
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from tools.backends.options import read_options
from tools.chat import ChatRequest
from tools.clips import SAMPLE_RATE
from tools.errors import ConfigError, ModelError
from tools.models import Loading
from tools.perceived import Perceived
from tools.records import Missing, Scores
from tools.transcript import Speech, Transcript

_CUE_SCORE = 0.8


class Options(BaseModel, extra="forbid"):
    """What every stub may be told.

    Attributes:
        delay: seconds to wait before an answer; a chat model waits before each word.
        fail: when given, every call fails with this message.
    """

    delay: float = Field(default=0.0, ge=0)
    fail: str = ""

    def obey(self) -> None:
        """Wait, and fail where the options say so.

        Raises:
            ModelError: `fail` is given.
        """
        if self.delay:
            time.sleep(self.delay)
        if self.fail:
            raise ModelError(self.fail)


class EmotionOptions(Options):
    """Options of `stub-emotion`.

    Attributes:
        scores: the finding for every item, in the model's own labels; they need not sum to 1.
        cues: word -> label; the first cue in a text outweighs `scores`. Only text has words.
        missing: when given, the finding is that there is none, for this reason.
    """

    scores: Scores = Field(default_factory=dict)
    cues: dict[str, str] = Field(default_factory=dict)
    missing: Missing = ""


class EmbedOptions(Options):
    """Options of `stub-embed`: `dimensions` is the length of a vector."""

    dimensions: int = Field(default=384, ge=2)


class ListenOptions(Options):
    """Options of `stub-listen`.

    Attributes:
        text: what every clip is heard to say; empty is heard as no speech.
        languages: languages it knows; another one is marked missing.
    """

    text: str = "I had a long day at work and I feel a little tired."
    languages: list[str] = Field(default_factory=lambda: ["en"])


class ChatOptions(Options):
    """Options of `stub-chat`.

    Attributes:
        reply: the reply to everything; left out, two sentences picked by the last message.
        fail_after: how many words come before the model fails.
    """

    reply: str | None = None
    fail_after: int | None = Field(default=None, ge=0)


def load_emotion(loading: Loading) -> "StubEmotion":
    """Make a fake emotion model of any modality.

    Raises:
        ConfigError: an option is wrong, or a label is missing from the model's `labels`.
    """
    options = read_options(EmotionOptions, loading)
    labels = loading.config.labels
    scores = options.scores or dict.fromkeys(labels, 1.0)
    unknown = sorted({*scores, *options.cues.values()} - set(labels))
    if unknown:
        raise ConfigError(
            f"the model {loading.name!r} uses the labels {', '.join(unknown)}, "
            "which its `labels:` in models.yaml does not map; add them there"
        )
    total = sum(scores.values())
    if any(score < 0 for score in scores.values()) or total <= 0:
        raise ConfigError(
            f"the scores of the model {loading.name!r} must be 0 or more, and one of them above 0"
        )
    return StubEmotion(options, {label: scores.get(label, 0.0) / total for label in labels})


def load_embedder(loading: Loading) -> "StubEmbedder":
    """Make a fake text encoder.

    Raises:
        ConfigError: an option is wrong.
    """
    return StubEmbedder(read_options(EmbedOptions, loading))


def load_listener(loading: Loading) -> "StubListener":
    """Make a fake speech recogniser.

    Raises:
        ConfigError: an option is wrong.
    """
    return StubListener(read_options(ListenOptions, loading))


def load_chat(loading: Loading) -> "StubChat":
    """Make a fake language model.

    Raises:
        ConfigError: an option is wrong.
    """
    return StubChat(read_options(ChatOptions, loading))


class StubEmotion:
    """One finding for everything, unless a word in a text says otherwise."""

    def __init__(self, options: EmotionOptions, scores: Scores) -> None:
        """Report `scores`: one for every label of the model, 1 in sum."""
        self._options = options
        self._scores = scores

    def predict(self, items: Sequence[object], /) -> list[Perceived]:
        """Return one finding per item: a text, a waveform or a list of frames."""
        self._options.obey()
        return [self._one(item) for item in items]

    def _one(self, item: object) -> Perceived:
        if self._options.missing:
            return Perceived(missing=self._options.missing, note="the stub was told so")
        if isinstance(item, str):
            for word in words(item):
                if label := self._options.cues.get(word):
                    rest = (1 - _CUE_SCORE) / max(1, len(self._scores) - 1)
                    return Perceived({**dict.fromkeys(self._scores, rest), label: _CUE_SCORE})
        return Perceived(self._scores)


class StubEmbedder:
    """A bag of hashed words: equal texts are equal, and shared words raise the cosine."""

    def __init__(self, options: EmbedOptions) -> None:
        """Make vectors of the length that the options say."""
        self._options = options

    def predict(self, items: Sequence[str], /) -> list[npt.NDArray[np.float32]]:
        """Return one vector of length 1 per text, shape (dimensions,)."""
        self._options.obey()
        return [self._one(item) for item in items]

    def _one(self, text: str) -> npt.NDArray[np.float32]:
        vector = np.sum([self._word(word) for word in words(text) or [""]], axis=0)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def _word(self, word: str) -> npt.NDArray[np.float64]:
        return np.random.default_rng(_number(word)).standard_normal(self._options.dimensions)


class StubListener:
    """Hears the same words in every clip."""

    def __init__(self, options: ListenOptions) -> None:
        """Hear what the options say."""
        self._options = options

    def predict(self, items: Sequence[Speech], /) -> list[Transcript]:
        """Return one transcript per clip."""
        self._options.obey()
        return [self._one(item) for item in items]

    def _one(self, speech: Speech) -> Transcript:
        language = speech.language.split("-")[0].lower()
        if language not in self._options.languages:
            return Transcript(missing="language", note=f"the stub does not know {language!r}")
        if not self._options.text or not len(speech.audio):
            return Transcript(language=language, missing="no speech", note="the stub heard nothing")
        return Transcript(self._options.text, language, len(speech.audio) / SAMPLE_RATE)


_OPENINGS = (
    "There is a lot behind what you just said.",
    "You put that into plain words.",
    "This clearly matters to you.",
    "Nobody could call that a small thing.",
)
_REST = "There is room for all of it here."
_QUESTIONS = (
    "What part of it is on your mind the most?",
    "How have the last few days been for you?",
    "What was that like for you?",
    "Which part of it comes back to you?",
)


class StubChat:
    """Answers with three fixed kinds of sentence; the same request always gets the same reply."""

    def __init__(self, options: ChatOptions) -> None:
        """Answer as the options say."""
        self._options = options

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        """Yield the reply word by word, from where the request's prefix ends.

        Raises:
            ModelError: the options say that it fails.
        """
        reply = self._reply(request)
        rest = reply.removeprefix(request.prefix.strip()).strip()
        written = rest.split()[: request.max_tokens]
        for index in range(len(written) + 1):
            self._options.obey()
            if index == self._options.fail_after:
                raise ModelError(f"the stub was told to fail after {index} words")
            if index < len(written):
                yield f"{written[index]} "

    def _reply(self, request: ChatRequest) -> str:
        if self._options.reply is not None:
            return self._options.reply
        last = request.messages[-1].content if request.messages else ""
        # A revision is asked for at a higher temperature and must say something else.
        number = _number(last) + (request.temperature > 0)
        opening = _OPENINGS[number % len(_OPENINGS)]
        return f"{opening} {_REST} {_QUESTIONS[number // len(_OPENINGS) % len(_QUESTIONS)]}"


def words(text: str) -> list[str]:
    """Return the words of `text` in lower case."""
    return re.findall(r"\w+", text.lower())


def _number(text: str) -> int:
    """Return a number that depends on `text` alone, unlike `hash`."""
    # A lone surrogate cannot be written as UTF-8.
    written = text.encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(written, digest_size=8).digest())
