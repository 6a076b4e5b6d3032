from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from tests.made_loading import loading
from tools import weights
from tools.backends import faster_whisper
from tools.backends.faster_whisper import FasterWhisper, Options, unlooped
from tools.errors import ConfigError, WeightsError
from tools.models import Loading
from tools.transcript import Speech

HELLO = Path(__file__).with_name("data") / "hello.wav"
SECOND = np.full(16_000, 0.1, np.float32)


@dataclass
class Segment:
    """What faster-whisper says of one part of a clip."""

    text: str = " I went home."
    avg_logprob: float = -0.3
    no_speech_prob: float = 0.05
    compression_ratio: float = 1.0


@dataclass
class FakeWhisper:
    """A `WhisperModel` that has written its segments down already."""

    segments: list[Segment] = field(default_factory=list)
    seconds: float = 1.0
    asked: dict[str, object] = field(default_factory=dict)
    feature_extractor = SimpleNamespace(sampling_rate=16_000)

    def transcribe(self, audio, **options):
        self.asked = options
        return iter(self.segments), SimpleNamespace(duration_after_vad=self.seconds)


def hear(*segments, audio=SECOND, language="en", seconds=1.0):
    model = FakeWhisper(list(segments), seconds)
    return FasterWhisper(model, Options(), frozenset({"en"})).predict([Speech(audio, language)])[0]


def test_the_parts_are_joined_into_one_text():
    found = hear(Segment(" I went home."), Segment(" It was late. "))
    assert (found.text, found.missing) == ("I went home. It was late.", "")
    assert (found.language, found.seconds) == ("en", 1.0)


def test_only_speech_is_decoded_and_always_in_the_same_way():
    model = FakeWhisper([Segment()])
    FasterWhisper(model, Options(), frozenset({"en"})).predict([Speech(SECOND, "en-US")])
    assert model.asked["vad_filter"] is True
    assert model.asked["temperature"] == 0.0
    assert model.asked["condition_on_previous_text"] is False
    assert model.asked["language"] == "en"


@pytest.mark.parametrize("language", ["de", "", "en2"])
def test_a_language_the_model_does_not_know_is_marked_missing(language):
    found = hear(Segment(), language=language)
    assert (found.missing, found.text) == ("language", "")


def test_a_clip_of_a_few_samples_is_not_decoded():
    assert hear(Segment(), audio=SECOND[:100]).missing == "no speech"


def test_a_clip_without_speech_is_marked_missing():
    assert hear(Segment(), seconds=0.0).missing == "no speech"


@pytest.mark.parametrize(
    "guess",
    [
        Segment(avg_logprob=-1.2),
        Segment(avg_logprob=-0.8, no_speech_prob=0.7),
        Segment(" Thank you.", no_speech_prob=0.4),
        Segment(" ."),
    ],
    ids=["unsure", "doubtful", "stock phrase", "no words"],
)
def test_what_whisper_makes_up_is_left_out(guess):
    found = hear(guess)
    assert (found.missing, found.text) == ("no speech", "")


@pytest.mark.parametrize(
    "said",
    [
        Segment(avg_logprob=-0.8, no_speech_prob=0.1),
        Segment(avg_logprob=-0.2, no_speech_prob=0.9),
        Segment(" Thank you.", no_speech_prob=0.1),
    ],
    ids=["mumbled", "clear", "thanks"],
)
def test_what_was_probably_said_is_kept(said):
    assert hear(said).text == said.text.strip()


def test_a_part_that_is_left_out_is_told_of_without_its_words():
    found = hear(Segment(), Segment(" Subscribe now.", avg_logprob=-1.5))
    assert found.text == "I went home."
    assert found.note == "1 of 2 parts could not be made out"


def test_a_loop_is_written_twice_and_nothing_around_it_is_lost():
    looped = "I said " + "go away, " * 30 + "and left."
    assert hear(Segment(looped, compression_ratio=9.0)).text == (
        "I said go away, go away, and left."
    )


def test_words_said_twice_are_left_as_they_are():
    assert unlooped("No, no, I do not. I do not.") == "No, no, I do not. I do not."


def test_a_folder_without_a_tokenizer_is_refused_before_anything_is_fetched(tmp_path):
    (tmp_path / "model.bin").touch()
    with pytest.raises(WeightsError, match=r"lacks config.json, tokenizer.json"):
        faster_whisper.load(loading("faster-whisper", tmp_path, task="listen"))


def test_damaged_weights_are_one_clear_sentence(tmp_path):
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(WeightsError, match="'made' cannot be opened on 'cpu'"):
        faster_whisper.load(loading("faster-whisper", tmp_path, task="listen"))


def test_an_unknown_device_is_refused(tmp_path):
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ConfigError, match="choose cpu, cuda or auto"):
        faster_whisper.load(loading("faster-whisper", tmp_path, task="listen", device="tpu"))


def real(**config) -> Loading:
    folder = weights.require("whisper-tiny-en")
    return loading("faster-whisper", folder, task="listen", **config)


@pytest.mark.models
def test_a_spoken_sentence_is_written_down():
    audio, _ = soundfile.read(HELLO, dtype="float32")
    found = faster_whisper.load(real()).predict([Speech(audio, "en")])[0]
    assert found.text == "I went for a walk in the park this morning."


@pytest.mark.models
def test_silence_noise_and_tones_say_nothing():
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32) * 0.1
    tone = np.sin(np.arange(48_000) / 6).astype(np.float32) * 0.3
    model = faster_whisper.load(real())
    clips = [np.zeros(48_000, np.float32), noise, tone, np.zeros(0, np.float32)]
    assert [f.missing for f in model.predict([Speech(c, "en") for c in clips])] == ["no speech"] * 4


@pytest.mark.models
def test_a_clip_longer_than_the_window_is_heard_to_its_end():
    audio, _ = soundfile.read(HELLO, dtype="float32")
    pause = np.zeros(8_000, np.float32)
    model = faster_whisper.load(real())
    found = model.predict([Speech(np.concatenate([audio, pause] * 11), "en")])[0]
    assert found.seconds > 30
    assert found.text.count("in the park") >= 2


@pytest.mark.models
def test_the_english_model_takes_no_other_language():
    with pytest.raises(ConfigError, match="does not know"):
        faster_whisper.load(real(options={"languages": ["en", "de"]}))
