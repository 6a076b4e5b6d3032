import io
import wave

import numpy as np
import pytest
import yaml
from rich.console import Console

from tests.made_loading import loading
from tools.backends import ecapa
from tools.backends.ecapa import Architecture
from tools.errors import DataError
from tools.training.emodb import LABELS, part_speakers, read_emodb
from tools.training.voice_emotion import Augmentation, Recipe, train

PITCH = {"angry": 400, "happy": 800, "neutral": 1600, "sad": 3200}
SMALL = Architecture(mels=16, channels=8, embedding=8, dropout=0.0)
QUICK = Recipe(epochs=8, batch=8, rate=1e-2, augmentation=Augmentation(crop_s=0.5, masks=0))


def write_wav(path, samples, rate=16_000, channels=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.asarray(samples) * 20_000).astype("<i2").tobytes())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Tones whose pitch is the class, by three made speakers, in EmoDB's layout."""
    folder = tmp_path_factory.mktemp("emodb")
    chance = np.random.default_rng(0)
    for label, pitch in PITCH.items():
        for speaker in ("03", "08", "11"):
            for take in "abc":
                time = np.arange(9_600 + 800 * ord(take) % 3_000) / 16_000
                tone = np.sin(2 * np.pi * pitch * time * chance.uniform(0.95, 1.05))
                noise = chance.standard_normal(len(time)) * 0.02
                write_wav(folder / label / f"{speaker}a0{take}.wav", tone * 0.5 + noise)
    return folder


def quick_train(corpus, out, **changed):
    given = {"folds": 3, "recipe": QUICK, "architecture": SMALL, **changed}
    return train(corpus, out, console=Console(file=io.StringIO()), **given)


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    return out, quick_train(corpus, out)


def test_utterances_come_with_label_and_speaker(corpus):
    found = read_emodb(corpus)
    assert len(found) == 36
    assert {LABELS[u.label] for u in found[:9]} == {"angry"}
    assert {u.speaker for u in found} == {"03", "08", "11"}
    assert found[0].audio.dtype == np.float32


def test_a_folder_without_a_class_is_refused(tmp_path):
    write_wav(tmp_path / "angry" / "03a.wav", [0.1])
    with pytest.raises(DataError, match="no wav files under 'happy'"):
        read_emodb(tmp_path)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "told"),
    [
        ("a3.wav", 16_000, 1, "'a3.wav' must begin with two digits"),
        ("03.wav", 8_000, 1, "'03.wav' has 1 channels at 8000 Hz"),
        ("03.wav", 16_000, 2, "'03.wav' has 2 channels"),
    ],
)
def test_a_file_out_of_format_is_named(tmp_path, name, rate, channels, told):
    write_wav(tmp_path / "angry" / name, [0.1] * 8, rate, channels)
    for label in LABELS[1:]:
        write_wav(tmp_path / label / "03.wav", [0.1] * 8)
    with pytest.raises(DataError, match=told):
        read_emodb(tmp_path)


def test_a_file_that_is_no_sound_is_named(tmp_path):
    for label in LABELS:
        write_wav(tmp_path / label / "03.wav", [0.1] * 8)
    (tmp_path / "sad" / "03.wav").write_bytes(b"text")
    with pytest.raises(DataError, match=r"cannot read '03.wav'"):
        read_emodb(tmp_path)


def test_every_speaker_is_held_out_once(corpus):
    groups = part_speakers(read_emodb(corpus), 2)
    assert sorted(sum(groups, [])) == ["03", "08", "11"]


def test_more_folds_than_speakers_are_refused(corpus):
    with pytest.raises(DataError, match="choose from 2 to 3"):
        part_speakers(read_emodb(corpus), 4)


def test_speakers_never_heard_are_read_far_above_chance(trained):
    _, card = trained
    scores = card["scores"]
    assert scores["n"] == 36
    assert scores["uar"] > 0.8 > scores["floor_accuracy"]


def test_the_card_tells_every_fold_and_the_spread(trained):
    out, _ = trained
    card = yaml.safe_load((out / "card.yaml").read_text("utf-8"))
    folds = card["scores"]["folds"]
    assert [fold["speakers"] for fold in folds] == [["03"], ["08"], ["11"]]
    mean = sum(fold["uar"] for fold in folds) / 3
    assert card["scores"]["over_folds"]["uar"]["mean"] == pytest.approx(mean, abs=1e-4)
    assert card["temperature"] > 0


def test_the_prose_names_data_protocol_and_limits(trained):
    out, card = trained
    prose = (out / "card.md").read_text("utf-8")
    for part in ("CC0", "Acted German only", "weighs 0", f"{card['scores']['uar']:.3f}", "Not for"):
        assert part in prose


def test_the_written_files_are_what_the_backend_loads(trained):
    out, card = trained
    model = ecapa.load(loading("ecapa", out, task="voice_emotion"))
    assert model.labels == card["labels"]


def test_the_same_seed_gives_the_same_weights(corpus, tmp_path):
    recipe = Recipe(epochs=1, batch=8)
    for name in ("a", "b"):
        quick_train(corpus, tmp_path / name, folds=2, recipe=recipe)
    first, second = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("a", "b"))
    assert first == second
