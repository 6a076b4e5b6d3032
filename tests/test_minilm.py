import threading
import time

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, BertModel

from tests.made_encoder import save_encoder
from tests.made_loading import loading
from tools import weights
from tools.backends import minilm
from tools.backends.minilm import MAX_CHARACTERS, MAX_TOKENS, open_encoder
from tools.errors import ConfigError, UnknownName, WeightsError

TEXTS = ["I am so glad.", "", "it was the day and you and i and the table and so it was"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module", params=["onnx", "torch"])
def encoder(request, folder):
    return minilm.load(loading("minilm", folder, options={"engine": request.param}))


@pytest.fixture(scope="module")
def reference(folder):
    """Transformers' own forward pass on one text: all hidden states, (layers, tokens, width)."""
    model = BertModel.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def run(text):
        with torch.inference_mode():
            out = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        return torch.cat(out.hidden_states)

    return run


def test_a_vector_is_the_normalised_mean_of_the_last_states(encoder, reference):
    mean = reference(TEXTS[0])[-1].mean(0)
    found = encoder.predict([TEXTS[0]])[0]
    assert found.dtype == np.float32
    assert found == pytest.approx((mean / mean.norm()).numpy(), abs=1e-5)


def test_a_batch_gives_what_each_text_gives_alone(encoder):
    alone = [encoder.predict([text])[0] for text in TEXTS]
    assert np.stack(encoder.predict(TEXTS)) == pytest.approx(np.stack(alone), abs=1e-5)


def test_results_stand_in_the_order_of_the_texts_over_several_batches(encoder):
    texts = ["you " * (1 + 7 * n % 41) for n in range(70)]
    alone = np.stack([encoder.predict([text])[0] for text in texts])
    assert np.stack(encoder.predict(texts)) == pytest.approx(alone, abs=1e-4)


def test_states_are_those_of_the_layers_that_were_asked_for(encoder, reference):
    (places, states), = encoder.stream(TEXTS[:1], [0, 2])  # fmt: skip
    expected = reference(TEXTS[0])[[0, 2]].transpose(0, 1)
    assert places == [0]
    assert torch.allclose(states.hidden[0], expected, atol=1e-5)


def test_states_of_padded_texts_are_marked(encoder):
    (places, states), = encoder.stream(["you", "you and i"], [1])  # fmt: skip
    lengths = dict(zip(places, states.mask.sum(1).tolist(), strict=True))
    assert lengths == {0: 3, 1: 5}
    assert states.hidden.shape == (2, 5, 1, encoder.width)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "\x00", "😀👩‍👧", "שלום", "\ud800", "a" * 100_000, "so " * 33_000, " " * 100_000],
    ids=["empty", "blank", "nul", "emoji", "rtl", "surrogate", "one word", "many words", "spaces"],
)
def test_any_text_gets_a_finite_vector_at_once(encoder, text):
    started = time.perf_counter()
    vector = encoder.predict([text])[0]
    assert np.isfinite(vector).all()
    assert time.perf_counter() - started < 5


def test_a_long_text_is_cut_before_it_is_tokenized(folder, monkeypatch):
    encoder, lengths = open_encoder(folder), []
    tokenizer = encoder._tokenizer

    class Recorded:
        def encode_batch_fast(self, texts):
            lengths.extend(map(len, texts))
            return tokenizer.encode_batch_fast(texts)

    monkeypatch.setattr(encoder, "_tokenizer", Recorded())
    encoder.predict(["so " * 40_000])
    assert lengths == [MAX_CHARACTERS]


def test_what_lies_beyond_the_limit_is_not_read(encoder):
    full = "so " * (MAX_TOKENS - 2)
    more = encoder.predict([full + "angry"])[0]
    assert more == pytest.approx(encoder.predict([full])[0])
    assert more != pytest.approx(encoder.predict(["angry " + full])[0], abs=1e-4)


def test_a_corpus_whose_turns_run_side_by_side_is_encoded_once(folder, monkeypatch):
    encoder, encoded = open_encoder(folder), []
    run = encoder._encode
    monkeypatch.setattr(
        encoder, "_encode", lambda tokens, layers: encoded.extend(tokens) or run(tokens, layers)
    )
    texts = ["you " * (1 + 7 * n % 41) for n in range(40)]
    alone = encoder.predict(texts)
    encoder.keep(64)
    encoded.clear()
    kept = encoder.predict(texts)
    again = encoder.predict(texts[::-1])[::-1]
    assert len(encoded) == len({text for text in texts})
    assert np.stack(kept) == pytest.approx(np.stack(alone), abs=1e-5)
    assert np.stack(again) == pytest.approx(np.stack(alone), abs=1e-5)


def test_no_texts_give_no_vectors(encoder):
    assert encoder.predict([]) == []


def test_many_threads_get_what_one_gets(encoder):
    alone = {text: encoder.predict([text])[0] for text in TEXTS}
    wrong = []

    def work():
        for _ in range(20):
            for text in TEXTS:
                if not np.allclose(encoder.predict([text])[0], alone[text], atol=1e-5):
                    wrong.append(text)
                encoder.forget()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_models_entry_opens_the_encoder_of_its_folder(folder):
    assert minilm.load(loading("minilm", folder)).width == 32


def test_an_unknown_option_is_named(folder):
    with pytest.raises(UnknownName, match="did you mean 'threads'"):
        minilm.load(loading("minilm", folder, options={"thread": 2}))


def test_a_device_that_is_not_there_is_refused(folder):
    with pytest.raises(ConfigError, match="cannot run on 'tpu'"):
        minilm.load(loading("minilm", folder, device="tpu"))


def test_an_empty_folder_is_no_encoder(tmp_path):
    with pytest.raises(WeightsError, match="cannot be loaded"):
        open_encoder(tmp_path)


def test_pickled_weights_are_refused(tmp_path):
    save_encoder(tmp_path)
    state = BertModel.from_pretrained(tmp_path).state_dict()
    (tmp_path / "model.safetensors").unlink()
    torch.save(state, tmp_path / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="cannot be loaded"):
        open_encoder(tmp_path)


def test_weights_that_lack_a_layer_are_refused(tmp_path):
    save_encoder(tmp_path, layers=3)
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(
        config.replace('"num_hidden_layers": 3', '"num_hidden_layers": 4')
    )
    with pytest.raises(WeightsError, match="lack 'encoder.layer.3"):
        open_encoder(tmp_path)


@pytest.mark.models
def test_the_real_encoder_puts_what_means_the_same_close():
    encoder = open_encoder(weights.require("all-minilm-l6-v2"))
    boss, manager, soup = encoder.predict(
        ["My boss shouted at me.", "The manager yelled at me at work.", "The soup needs salt."]
    )
    assert boss.shape == (384,)
    assert boss @ manager > 0.6 > 0.3 > boss @ soup
