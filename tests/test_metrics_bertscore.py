import pytest
import torch

from tests.made_checkpoints import save_classifier
from tools.errors import ConfigError, WeightsError
from tools.metrics.bertscore import bert_score, hub_folder

REPLIES = ["I am so glad.", "Tell me more about it!"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    from transformers import PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-roberta")
    save_classifier(folder, ["a", "b"], num_hidden_layers=3)
    named = {"cls_token": "<s>", "sep_token": "</s>"}
    PreTrainedTokenizerFast.from_pretrained(folder, **named).save_pretrained(folder)
    return folder


def test_a_reply_that_is_its_reference_scores_all_of_it(encoder):
    assert bert_score(REPLIES, REPLIES, encoder, 2).items == pytest.approx([100, 100], abs=0.01)


def test_the_score_is_that_of_the_formula(encoder):
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder)

    def states(text):
        ids = tokenizer(text, return_tensors="pt")
        with torch.inference_mode():
            rows = model.eval()(**ids, output_hidden_states=True).hidden_states[2][0]
        return torch.nn.functional.normalize(rows, dim=-1)

    likeness = states("I am so glad.") @ states("The dog and I.").T
    # The special tokens at both ends may be matched, and weigh 0 themselves.
    precision = likeness.max(1).values[1:-1].mean()
    recall = likeness.max(0).values[1:-1].mean()
    f1 = float(2 * precision * recall / (precision + recall))
    found = bert_score(["I am so glad."], ["The dog and I."], encoder, 2)
    assert found.mean == pytest.approx(100 * f1, abs=0.01)


def test_the_name_tells_model_and_layer(encoder):
    assert bert_score(REPLIES, REPLIES, encoder, 1, name="tiny").name == (
        "BERTScore F1 (tiny, layer 1)"
    )


def test_an_empty_reply_counts_as_nothing(encoder):
    found = bert_score(["", *REPLIES], ["Well.", *REPLIES], encoder, 2)
    assert found.items[0] == 0 and found.mean == pytest.approx(200 / 3, abs=0.01)


def test_a_layer_that_is_not_there_is_named(encoder):
    with pytest.raises(ConfigError, match="no layer 4"):
        bert_score(REPLIES, REPLIES, encoder, 4)


def test_a_folder_without_safetensors_is_not_unpickled(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(WeightsError, match="safetensors"):
        bert_score(REPLIES, REPLIES, tmp_path, 1)


def test_weights_of_another_model_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_classifier(tmp_path, ["a", "b"])
    save_file({"strange": torch.zeros(1)}, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(WeightsError, match="another kind of model"):
        bert_score(REPLIES, REPLIES, tmp_path, 1)


def test_a_text_longer_than_the_model_has_places_is_cut(encoder):
    assert bert_score(["so glad " * 90], ["so glad " * 80], encoder, 2).mean > 50


def test_only_safe_files_are_fetched_from_the_hub(monkeypatch, tmp_path):
    asked = {}

    def fetch(name, **named):
        asked.update(named, name=name)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert hub_folder("some/model", "abc") == tmp_path
    assert asked["revision"] == "abc" and "*.safetensors" in asked["allow_patterns"]
    assert not any("bin" in pattern or "py" in pattern for pattern in asked["allow_patterns"])


def test_an_unreachable_hub_is_told(monkeypatch):
    def fail(*_args, **_named):
        raise OSError("no route")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(WeightsError, match="'some/model' cannot be had"):
        hub_folder("some/model")


@pytest.mark.models
def test_the_encoder_of_the_small_profile_serves_as_a_model():
    from tools.weights import require

    found = bert_score(["I hear you."], ["I hear you well."], require("all-minilm-l6-v2"), 5)
    assert found.name == "BERTScore F1 (all-minilm-l6-v2, layer 5)"
    assert 80 < found.mean < 100
