import wave
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.made_checkpoints import LABELS_TEXT, TINY_WAV2VEC2, Marker, save_iemocap
from tests.made_loading import loading
from tools import weights
from tools.backends import voice_activity, wav2vec2_iemocap
from tools.clips import SAMPLE_RATE
from tools.errors import UnknownName, WeightsError
from tools.models import load_models
from tools.weights import Entry

HELLO = Path(__file__).parent / "data" / "hello.wav"
NOISE = [
    np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)
    for seed, samples in enumerate((16_000, 9_000, 23_456))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_iemocap(tmp_path_factory.mktemp("voice"))


@pytest.fixture(autouse=True)
def allowed(monkeypatch):
    """Let the made weights be an entry that may hold pickles."""
    pins = {"wav2vec2.ckpt": {"sha256": "0" * 64}}
    source = {"kind": "derived", "of": "other", "by": "hand"}
    entry = Entry(about="", upstream="", licence="", files=pins, sources=[source], pickle=True)
    monkeypatch.setattr(weights, "entries", lambda: {"made": entry})


@pytest.fixture(scope="module")
def speech():
    with wave.open(str(HELLO)) as file:
        assert file.getframerate() == SAMPLE_RATE
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return samples.astype(np.float32) / 32768


def open_model(folder, **options):
    entry = loading("wav2vec2-iemocap", folder, task="voice_emotion", options=options)
    return wav2vec2_iemocap.load(entry)


def test_speechbrains_own_modules_give_the_same_probabilities(folder, tmp_path):
    from speechbrain.integrations.huggingface.wav2vec2 import Wav2Vec2
    from speechbrain.nnet.linear import Linear
    from speechbrain.nnet.pooling import StatisticsPooling
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    config = Wav2Vec2Config(**TINY_WAV2VEC2)
    Wav2Vec2Model(config).save_pretrained(tmp_path)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(tmp_path)
    encoder = Wav2Vec2(str(tmp_path), str(tmp_path / "cache"), output_norm=True, freeze=True)
    encoder.load_state_dict(torch.load(folder / "wav2vec2.ckpt"))
    head = torch.nn.ModuleList([Linear(input_size=32, n_neurons=4, bias=False)])
    head.load_state_dict(torch.load(folder / "model.ckpt"))
    with torch.no_grad():
        for clip in (*NOISE, NOISE[0] / 20):
            pooled = StatisticsPooling(return_std=False)(encoder(torch.from_numpy(clip)[None]))
            theirs = head[0](pooled).softmax(-1).flatten().tolist()
            ours = open_model(folder).probabilities([clip])[0]
            assert ours == pytest.approx(theirs, abs=2e-3)  # their pooling adds noise


def test_a_clip_gets_the_same_scores_alone_and_in_a_batch(folder):
    model = open_model(folder)
    together = model.probabilities(NOISE)
    for clip, scores in zip(NOISE, together, strict=True):
        assert model.probabilities([clip])[0] == pytest.approx(scores, abs=1e-4)
    assert together[0] != pytest.approx(together[1], abs=0.01)


def test_loudness_does_not_count(folder):
    model = open_model(folder)
    loud, quiet = (model.probabilities([NOISE[0] * scale])[0] for scale in (1, 0.05))
    assert quiet == pytest.approx(loud, abs=2e-3)


def test_speech_gets_scores_over_the_four_classes(folder, speech):
    found = open_model(folder).predict([speech])[0]
    assert list(found.scores) == ["neu", "ang", "hap", "sad"]
    assert sum(found.scores.values()) == pytest.approx(1)
    assert found.note.endswith("s of speech")


def test_a_clip_without_speech_is_missing_and_leaves_the_others_alone(folder, speech):
    model = open_model(folder)
    found = model.predict([np.zeros(32_000, np.float32), speech, speech[:0]])
    assert [f.missing for f in found] == ["no speech", "", "no speech"]
    assert found[1].scores == pytest.approx(model.predict([speech])[0].scores, abs=1e-4)


def test_the_end_of_a_long_clip_counts(folder, speech, monkeypatch):
    monkeypatch.setattr(voice_activity, "speech_only", lambda audio: audio)
    long = np.concatenate([NOISE[0], speech[:16_000]])
    found = open_model(folder, longest=1.0).predict([long, speech[:16_000]])
    assert found[0].scores == pytest.approx(found[1].scores, abs=1e-5)
    assert found[0].note == "1.0 s of speech"


def test_safetensors_are_read_before_pickles(tmp_path):
    folder = save_iemocap(tmp_path, safe=True)
    (folder / "wav2vec2.ckpt").write_bytes(b"damaged")
    assert open_model(folder).probabilities(NOISE[:1])


def test_the_entry_of_the_hub_profile_maps_all_classes(folder):
    labels = wav2vec2_iemocap.read_labels(folder / "label_encoder.txt")
    assert set(load_models("hub").config("wav2vec2-iemocap").labels) == set(labels)


def test_the_order_of_the_classes_is_that_of_the_label_file(tmp_path):
    path = tmp_path / "label_encoder.txt"
    path.write_text("'sad' => 1\n'neu' => 0\n================\n'starting_index' => 0\n")
    assert wav2vec2_iemocap.read_labels(path) == ["neu", "sad"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'neu' => 0\n'ang' => 2\n",
        "'neu' => 0\n'ang' => 1\nimport os\n",
        "'neu' => 0\n'ang' => 0\n'hap' => 1\n",
    ],
)
def test_a_label_file_of_another_form_is_refused(tmp_path, text):
    path = tmp_path / "label_encoder.txt"
    path.write_text(text)
    with pytest.raises(WeightsError, match="number its labels from 0"):
        wav2vec2_iemocap.read_labels(path)


def test_a_missing_label_file_is_told_in_words(folder, tmp_path):
    with pytest.raises(WeightsError, match=r"label_encoder\.txt' cannot be read"):
        open_model(tmp_path)


def test_more_classes_than_the_head_has_are_refused(tmp_path):
    folder = save_iemocap(tmp_path)
    (folder / "label_encoder.txt").write_text(LABELS_TEXT.replace("====", "'exc' => 4\n====", 1))
    with pytest.raises(WeightsError, match="does not fit its architecture"):
        open_model(folder)


def test_an_encoder_of_another_size_is_refused(tmp_path):
    folder = save_iemocap(tmp_path)
    (folder / "config.json").unlink()  # the sizes of wav2vec 2.0 base
    with pytest.raises(WeightsError, match="does not fit its architecture"):
        open_model(folder)


def test_an_encoder_with_a_layer_too_few_is_refused(tmp_path):
    folder = save_iemocap(tmp_path)
    state = torch.load(folder / "wav2vec2.ckpt")
    del state["model.encoder.layer_norm.weight"]
    torch.save(state, folder / "wav2vec2.ckpt")
    with pytest.raises(WeightsError, match=r"'encoder\.layer_norm\.weight' to begin with"):
        open_model(folder)


def test_what_only_training_needs_may_be_absent(tmp_path):
    folder = save_iemocap(tmp_path)
    state = torch.load(folder / "wav2vec2.ckpt")
    del state["model.masked_spec_embed"]
    torch.save(state, folder / "wav2vec2.ckpt")
    assert open_model(folder)


def test_the_published_config_file_is_not_taken_for_sizes(tmp_path):
    (tmp_path / "config.json").write_text('{"speechbrain_interface": "EncoderWav2vecClassifier"}')
    config = wav2vec2_iemocap._config(tmp_path)
    assert (config.hidden_size, config.num_hidden_layers, config.feat_extract_norm) == (
        768,
        12,
        "group",
    )


@pytest.mark.parametrize("file", ["wav2vec2.ckpt", "model.ckpt"])
def test_a_pickle_that_runs_code_is_refused_without_running_it(tmp_path, file):
    (tmp_path / "model").mkdir()
    folder, marker = save_iemocap(tmp_path / "model"), tmp_path / "ran"
    torch.save({"model.encoder": Marker(marker)}, folder / file)
    with pytest.raises(WeightsError, match="cannot be read"):
        open_model(folder)
    assert not marker.exists()


def test_the_marker_of_these_tests_does_run_code(tmp_path):
    torch.save(Marker(tmp_path / "ran"), tmp_path / "file.pt")
    torch.load(tmp_path / "file.pt", weights_only=False)
    assert (tmp_path / "ran").exists()


def test_pickles_are_refused_where_the_entry_does_not_say_so(folder, monkeypatch):
    monkeypatch.setattr(weights, "entries", dict)
    with pytest.raises(WeightsError, match="is a pickle, and its weights 'made' are not allowed"):
        open_model(folder)


def test_the_published_pickles_need_an_opt_in_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path))
    monkeypatch.delenv("ATTUNE_ALLOW_PICKLE", raising=False)
    with pytest.raises(WeightsError, match="--allow-pickle wav2vec2-iemocap"):
        weights.require("wav2vec2-iemocap")


def test_python_and_yaml_in_the_folder_are_never_run(tmp_path):
    (tmp_path / "model").mkdir()
    folder, marker = save_iemocap(tmp_path / "model"), tmp_path / "ran"
    (folder / "custom_interface.py").write_text(f"import os\nos.mkdir({str(marker)!r})\n")
    (folder / "hyperparams.yaml").write_text(f"x: !apply:os.mkdir [{str(marker)!r}]\n")
    assert open_model(folder).probabilities(NOISE[:1])
    assert not marker.exists()


def test_a_misspelt_option_is_refused(folder):
    with pytest.raises(UnknownName, match="did you mean 'longest'"):
        open_model(folder, longst=3)
