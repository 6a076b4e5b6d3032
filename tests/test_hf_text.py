import json

import pytest
import torch
from safetensors.torch import load_file
from transformers import RobertaConfig, RobertaModel

from tests.made_checkpoints import Marker, plant_code, save_classifier, save_tokenizer
from tests.made_loading import loading
from tools.backends import hf_text
from tools.calibration import calibrate, to_emotions
from tools.errors import ConfigError, UnknownName, WeightsError
from tools.models import load_models

LABELS = ["anger", "amusement", "curiosity", "grief", "neutral"]
MAP = {"anger": "anger", "amusement": "joy", "grief": "sadness", "neutral": "neutral"}
TEXTS = ["I am so glad today", "sad.", "The dog and you were angry with me today. Tell me more!"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_classifier(tmp_path_factory.mktemp("text"), LABELS)


def open_model(folder, labels=None, **options):
    entry = loading(
        "hf-text",
        folder,
        task="text_emotion",
        labels=labels or MAP,
        options={"ignore": ["curiosity"], **options},
    )
    return hf_text.load(entry)


def test_detail_has_an_independent_probability_for_every_label(folder):
    detail = open_model(folder).predict(TEXTS[:1])[0].detail
    assert list(detail) == LABELS
    assert all(0 < p < 1 for p in detail.values())
    assert sum(detail.values()) != pytest.approx(1, abs=0.01)


def test_scores_share_the_probabilities_of_the_mapped_labels_out(folder):
    found = open_model(folder).predict(TEXTS[:1])[0]
    felt = {label: found.detail[label] for label in MAP}
    total = sum(felt.values())
    assert found.scores == pytest.approx({label: p / total for label, p in felt.items()})


def test_scores_go_through_calibration_and_the_label_map(folder):
    found = open_model(folder).predict(TEXTS[:1])[0]
    assert sum(to_emotions(calibrate(found.scores, 1.0), MAP).values()) == pytest.approx(1)


def test_a_model_of_one_label_a_text_gets_a_softmax(tmp_path):
    folder = save_classifier(tmp_path, LABELS, several=False)
    labels = {**MAP, "curiosity": "surprise"}
    found = open_model(folder, labels, ignore=[]).predict(TEXTS[:1])[0]
    assert found.scores == pytest.approx(found.detail)


def test_the_kind_of_head_can_be_set_by_hand(folder):
    found = open_model(folder, head="softmax").predict(TEXTS[:1])[0]
    assert sum(found.detail.values()) == pytest.approx(1)


def test_a_text_gets_the_same_scores_alone_and_in_a_batch(folder):
    model = open_model(folder)
    together = model.predict(TEXTS)
    for text, found in zip(TEXTS, together, strict=True):
        assert model.predict([text])[0].scores == pytest.approx(found.scores, abs=1e-5)
    assert together[0].scores != pytest.approx(together[1].scores, abs=0.01)


def test_a_long_text_is_read_from_its_beginning_and_says_so(folder):
    model = open_model(folder, longest=8)
    short, long = model.predict(["The dog and I were sad", "The dog and I were sad with me today"])
    assert long.scores == pytest.approx(short.scores, abs=1e-5)
    assert (short.note, long.note) == ("", "only the first 8 tokens were read")


def test_no_more_is_read_than_the_model_has_positions_for(folder):
    found = open_model(folder).predict(["dog " * 500])[0]
    assert found.note == "only the first 40 tokens were read"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_has_no_reading(folder, text):
    first, empty = open_model(folder).predict([TEXTS[0], text])
    assert first.scores
    assert (empty.missing, empty.scores) == ("not given", {})


def test_another_script_is_marked_missing_unless_the_model_reads_it(folder):
    text = "Мне сегодня грустно"
    assert open_model(folder).predict([text])[0].missing == "language"
    assert open_model(folder, english=False).predict([text])[0].scores


def test_half_a_character_does_no_harm(folder):
    assert open_model(folder).predict(["sad \ud83d"])[0].scores


def test_a_label_that_nothing_maps_is_refused(folder):
    with pytest.raises(ConfigError, match="labels curiosity of"):
        open_model(folder, ignore=[])


def test_a_misspelt_label_is_refused_with_the_nearest_one(folder):
    with pytest.raises(UnknownName, match="did you mean 'grief'"):
        open_model(folder, {**MAP, "greif": "sadness"})


def test_the_entry_of_the_hub_profile_maps_all_labels_of_goemotions(tmp_path):
    entry = load_models("hub").config("roberta-go-emotions")
    assert len(entry.labels) == 28
    folder = save_classifier(tmp_path, list(entry.labels))
    assert open_model(folder, entry.labels, **{"ignore": [], **entry.options}).predict(TEXTS)


def test_a_device_that_is_not_there_is_refused(folder):
    with pytest.raises(ConfigError, match="cannot run on 'cuda:99'"):
        hf_text.load(loading("hf-text", folder, device="cuda:99"))


def test_the_device_auto_is_always_there(folder):
    entry = loading("hf-text", folder, device="auto", labels={**MAP, "curiosity": "surprise"})
    assert hf_text.load(entry).predict(TEXTS[:1])[0].scores


def test_an_encoder_without_a_classifier_is_refused(tmp_path):
    RobertaModel(
        RobertaConfig(
            vocab_size=400,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=48,
        )
    ).save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    with pytest.raises(WeightsError, match="lack 'classifier"):
        open_model(tmp_path)


def test_pickled_weights_are_refused_even_where_they_hold_nothing_but_numbers(tmp_path):
    folder = save_classifier(tmp_path, LABELS)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match="cannot be read from its folder"):
        open_model(folder)


def test_pickled_weights_are_refused_without_being_opened(tmp_path):
    folder, marker = save_classifier(tmp_path / "model", LABELS), tmp_path / "ran"
    (folder / "model.safetensors").unlink()
    torch.save({"weight": Marker(marker)}, folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="cannot be read from its folder"):
        open_model(folder)
    assert not marker.exists()


def test_python_files_in_the_folder_are_never_run(tmp_path):
    folder, marker = save_classifier(tmp_path / "model", LABELS), tmp_path / "ran"
    plant_code(folder, marker, AutoConfig="C", AutoModelForSequenceClassification="M")
    with pytest.raises(WeightsError, match="cannot be read from its folder"):
        open_model(folder)
    assert not marker.exists()


def test_an_auto_map_beside_a_known_model_type_is_ignored(tmp_path):
    folder, marker = save_classifier(tmp_path / "model", LABELS), tmp_path / "ran"
    plant_code(folder, marker, AutoConfig="C", AutoModelForSequenceClassification="M")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "roberta"}))
    assert open_model(folder).predict(TEXTS[:1])[0].scores
    assert not marker.exists()
