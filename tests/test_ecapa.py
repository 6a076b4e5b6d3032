from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from safetensors.torch import save_file

from tests.made_loading import loading
from tools import weights
from tools.backends import ecapa
from tools.backends.ecapa import Architecture, Ecapa, build
from tools.backends.loudness import LoudnessNormalization
from tools.backends.voice_activity import speech_only
from tools.errors import ConfigError, WeightsError

LABELS = ["angry", "happy", "neutral", "sad"]
SMALL = Architecture(mels=16, channels=8, embedding=8)


@pytest.fixture(scope="module")
def voice():
    """A sentence of 2.9 s, spoken by espeak-ng."""
    return soundfile.read(Path(__file__).with_name("data") / "hello.wav", dtype="float32")[0]


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    weights_ = build(SMALL, LABELS).mods.state_dict()
    save_file(weights_, tmp_path / ecapa.WEIGHTS_FILE)
    card = {"labels": LABELS, "architecture": SMALL.model_dump(), "scores": {"uar": 0.25}}
    (tmp_path / ecapa.CARD_FILE).write_text(yaml.safe_dump(card), "utf-8")
    return tmp_path


def open_model(folder, **config) -> Ecapa:
    return ecapa.load(loading("ecapa", folder, task="voice_emotion", **config))


def test_a_voice_is_read_as_probabilities_over_the_cards_labels(folder, voice):
    found = open_model(folder).predict([voice])[0]
    assert list(found.scores) == LABELS
    assert sum(found.scores.values()) == pytest.approx(1)
    assert (found.missing, found.note) == ("", "2.9 s of speech")


def test_the_weights_of_the_file_are_used(folder, voice):
    torch.manual_seed(1)
    other = Ecapa(build(SMALL, LABELS)).predict([voice])[0].scores
    first, second = (open_model(folder).predict([voice])[0].scores for _ in range(2))
    assert first == second
    assert first != other


def test_clips_of_different_length_are_read_as_if_each_were_alone(folder, voice):
    model = open_model(folder)
    clips = [voice, voice[:20_000], voice[10_000:]]
    together = [list(found.scores.values()) for found in model.predict(clips)]
    alone = [list(model.predict([clip])[0].scores.values()) for clip in clips]
    np.testing.assert_allclose(together, alone, atol=0.02)


@pytest.mark.parametrize("level", [0.1, 3.0])
def test_loudness_does_not_matter(folder, voice, level):
    quiet, usual = open_model(folder).predict([voice * level, voice])
    assert list(quiet.scores.values()) == pytest.approx(list(usual.scores.values()), abs=0.02)


@pytest.mark.parametrize(
    "clip",
    [
        np.zeros(0, np.float32),
        np.zeros(32_000, np.float32),
        np.random.default_rng(0).standard_normal(32_000).astype(np.float32) * 0.05,
        np.full(32_000, np.nan, np.float32),
    ],
    ids=["empty", "silence", "noise", "not a number"],
)
def test_a_clip_without_speech_is_no_reading(folder, clip):
    found = open_model(folder).predict([clip])[0]
    assert (found.missing, found.scores) == ("no speech", {})


def test_a_word_of_a_third_of_a_second_is_too_short(folder, voice):
    found = open_model(folder).predict([voice[8_000:13_000]])[0]
    assert found.missing == "no speech"
    assert found.note.startswith("only 0.")


def test_findings_come_in_the_order_of_the_clips(folder, voice):
    silence = np.zeros(16_000, np.float32)
    found = open_model(folder).predict([silence, voice, silence])
    assert [f.missing for f in found] == ["no speech", "", "no speech"]


def test_the_end_of_a_long_clip_counts(folder, voice):
    model = open_model(folder, options={"longest": 1.0})
    assert model.predict([voice])[0].note == "1.0 s of speech"


def test_missing_weights_are_one_clear_sentence(tmp_path):
    with pytest.raises(WeightsError, match="cannot be loaded"):
        open_model(tmp_path)


def test_a_card_of_another_network_is_refused(folder):
    card = {"labels": LABELS, "architecture": {**SMALL.model_dump(), "embedding": 16}}
    (folder / ecapa.CARD_FILE).write_text(yaml.safe_dump(card), "utf-8")
    with pytest.raises(WeightsError, match="must come from one training run"):
        open_model(folder)


def test_an_unknown_device_is_refused(folder):
    with pytest.raises(ConfigError, match="cannot run on 'tpu'"):
        open_model(folder, device="tpu")


def test_normalisation_takes_out_level_and_spread_but_keeps_the_tilt():
    tilt = torch.linspace(-20, 20, 16).expand(2, 30, 16)
    normal = LoudnessNormalization()(tilt * 2 - 70, torch.ones(2))
    assert normal.mean().item() == pytest.approx(0, abs=1e-5)
    assert normal.std(correction=0).item() == pytest.approx(1, abs=1e-4)
    assert (normal.diff(dim=2) > 0).all()


def test_padding_takes_no_part_in_normalisation():
    features = torch.randn(1, 40, 16)
    padded = torch.cat([features, torch.full((1, 40, 16), -100.0)], dim=1)
    normalise = LoudnessNormalization()
    found = normalise(padded, torch.tensor([0.5]))
    torch.testing.assert_close(found[:, :40], normalise(features, torch.ones(1)))
    assert (found[:, 40:] == 0).all()


def test_pauses_are_cut_out_of_speech(voice):
    pause = np.zeros(32_000, np.float32)
    speech = speech_only(np.concatenate([pause, voice, pause, voice]))
    assert len(speech) == pytest.approx(2 * len(voice), rel=0.15)


@pytest.mark.models
def test_the_shipped_model_reads_a_voice(voice):
    found = open_model(weights.require("voice-emotion-ecapa")).predict([voice])[0]
    assert sorted(found.scores) == LABELS
