import math

import pytest
import torch

from tests.made_checkpoints import save_chat_model
from tests.made_loading import loading
from tools.backends import hf_chat
from tools.chat import ChatRequest, Message
from tools.errors import DataError, ModelError
from tools.metrics.perplexity import log_probabilities, perplexity

ASKED = ChatRequest((Message("user", "The dog and I."),))
REPLY = "Tell me more about it!"


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    folder = save_chat_model(tmp_path_factory.mktemp("chat"))
    return hf_chat.load(loading("hf-chat", folder, task="respond"))


def one_by_one(chat, prompt, reply):
    """Log-probabilities of the reply's tokens, each from a pass of its own over the whole text."""
    before, after = (chat._tokenizer.encode(t, add_special_tokens=False) for t in (prompt, reply))
    found = []
    for place, token in enumerate(after):
        with torch.inference_mode():
            logits = chat._model(torch.tensor([before + after[:place]])).logits[0, -1]
        found.append(logits.log_softmax(-1)[token].item())
    return found


def test_corpus_perplexity_is_of_all_tokens_and_the_other_of_sentences():
    found = perplexity([[math.log(0.5)] * 3, [math.log(0.125)]])
    assert found["corpus"] == pytest.approx(2 ** ((3 + 3) / 4))
    assert found["sentence_mean"] == pytest.approx((2 + 8) / 2)
    assert (found["n"], found["tokens"]) == (2, 4)


def test_a_reference_without_a_token_is_left_out_of_n():
    assert perplexity([[], [-1.0]])["n"] == 1
    with pytest.raises(DataError, match="no reference"):
        perplexity([[]])


def test_each_token_is_given_all_true_ones_before_it(chat):
    found = log_probabilities(chat._model, chat._tokenizer, "The dog", REPLY)
    assert found == pytest.approx(one_by_one(chat, "The dog", REPLY), abs=1e-4)


def test_a_model_scores_a_reply_after_its_own_template(chat):
    prompt = chat._prompt(ASKED)
    assert "<|im_start|>assistant" in prompt
    assert chat.likelihood(ASKED, REPLY) == pytest.approx(one_by_one(chat, prompt, REPLY), abs=1e-4)


def test_a_reply_after_a_prefix_begins_with_the_space_between_them(chat):
    request = ChatRequest(ASKED.messages, prefix="I am ")
    expected = one_by_one(chat, f"{chat._prompt(ASKED)}I am", " glad.")
    assert chat.likelihood(request, "glad.") == pytest.approx(expected, abs=1e-4)


def test_a_reply_without_a_token_has_no_likelihood(chat):
    assert chat.likelihood(ASKED, "") == []


def test_a_prompt_and_reply_that_are_too_long_are_refused(chat):
    with pytest.raises(ModelError, match="room for 256"):
        chat.likelihood(ASKED, REPLY * 60)


@pytest.mark.models
def test_the_engine_scores_what_it_wrote_as_likely_and_another_text_as_not():
    from tools.models import load_models

    models = load_models("small")
    try:
        model = models.backend("smollm2-135m")
        request = ChatRequest((Message("user", "What is the capital of France?"),), max_tokens=16)
        written = "".join(model.stream(request))
        likely, other = (model.likelihood(request, t) for t in (written, "Purple runs of under."))
        assert len(likely) > 3 and all(value <= 0 for value in likely + other)
        assert perplexity([likely])["corpus"] < 3 < 50 < perplexity([other])["corpus"]
        assert model.likelihood(request, written) == likely  # nothing of it is cached
        assert model.likelihood(request, "") == []
    finally:
        models.close()
