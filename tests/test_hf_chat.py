import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tests.made_checkpoints import Marker, plant_code, save_chat_model, save_classifier
from tests.made_loading import loading
from tools.backends import hf_chat
from tools.backends.drawn import DrawnLogits
from tools.chat import ChatRequest, Message
from tools.errors import ModelError, WeightsError

ASKED = (Message("system", "You are here."), Message("user", "The dog and I."))
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_chat_model(tmp_path_factory.mktemp("chat"))


@pytest.fixture(scope="module")
def chat(folder):
    return open_model(folder)


@pytest.fixture
def prompts(chat, monkeypatch):
    """The prompts that the model is given, decoded."""
    seen = []
    generate = chat._model.generate

    def spy(*args, **kwargs):
        seen.append(chat._tokenizer.decode(kwargs["input_ids"][0]))
        return generate(*args, **kwargs)

    monkeypatch.setattr(chat._model, "generate", spy)
    return seen


@pytest.fixture
def endless(chat, monkeypatch):
    """A model that never ends a reply by itself."""
    monkeypatch.setattr(chat._model.generation_config, "eos_token_id", None)
    return chat


@pytest.fixture
def slow(endless, monkeypatch):
    """A model that would take ten seconds for 200 tokens."""
    forward = endless._model.forward

    def slowly(*arguments, **named):
        time.sleep(0.05)
        return forward(*arguments, **named)

    monkeypatch.setattr(endless._model, "forward", slowly)
    return endless


def open_model(folder, **options):
    return hf_chat.load(loading("hf-chat", folder, task="respond", options=options))


def reply(chat, **settings):
    return "".join(chat.stream(ChatRequest(ASKED, **settings)))


def test_the_reply_comes_in_pieces(endless):
    pieces = list(endless.stream(ChatRequest(ASKED, max_tokens=24)))
    assert len([piece for piece in pieces if piece]) > 1


def test_the_reply_is_as_long_as_was_asked(endless, monkeypatch):
    tokens = []
    forward = endless._model.forward
    monkeypatch.setattr(
        endless._model, "forward", lambda *a, **k: tokens.append(1) or forward(*a, **k)
    )
    reply(endless, max_tokens=7)
    assert len(tokens) == 7


def test_at_temperature_zero_the_same_request_gets_the_same_reply(chat):
    assert reply(chat, max_tokens=12) == reply(chat, max_tokens=12) != ""


def drawn(chat, seed):
    return reply(chat, max_tokens=12, temperature=1.5, seed=seed)


def test_replies_of_other_seeds_differ(endless):
    assert len({drawn(endless, seed) for seed in range(4)}) > 1


def test_the_same_seed_draws_the_same_reply_whatever_was_drawn_before(endless):
    first = drawn(endless, 7)
    torch.rand(5)
    drawn(endless, 8)
    assert drawn(endless, 7) == first


def test_a_reply_leaves_the_draws_of_others_alone(endless):
    torch.manual_seed(3)
    expected = torch.rand(2).tolist()
    torch.manual_seed(3)
    drawn(endless, 7)
    assert torch.rand(2).tolist() == expected


def test_tokens_are_drawn_as_likely_as_the_model_says():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    counts = torch.zeros(4)
    draw = DrawnLogits(1, temperature=1.0, top_p=0.9, device=logits.device)
    for _ in range(4000):
        counts[draw(torch.zeros(1, 1), logits).argmax()] += 1
    shares = torch.tensor([0.5, 0.3, 0.15, 0.0]) / 0.95  # the unlikeliest is left out
    assert torch.allclose(counts / 4000, shares, atol=0.03) and counts[3] == 0


def test_models_that_draw_at_the_same_time_draw_as_if_alone(endless, folder):
    chats = [endless, open_model(folder)]
    alone = [[drawn(chat, seed) for seed in range(6)] for chat in chats]
    with ThreadPoolExecutor() as pool:
        together = [[pool.submit(drawn, chat, seed) for seed in range(6)] for chat in chats]
        assert [[future.result() for future in each] for each in together] == alone


def test_the_prompt_follows_the_chat_template(chat, prompts):
    reply(chat, max_tokens=1)
    assert prompts == [
        "<|im_start|>system\nYou are here.<|im_end|>\n<|im_start|>user\nThe dog and I.<|im_end|>\n"
        "<|im_start|>assistant\n"
    ]


def test_the_reply_goes_on_behind_its_prefix(chat, prompts):
    written = reply(chat, prefix="Tell me more. ", max_tokens=4)
    assert prompts[0].endswith("<|im_start|>assistant\nTell me more.")
    assert not written.startswith("Tell me more")


def test_a_template_without_a_system_role_gets_its_words_from_the_user(tmp_path):
    chat = open_model(save_chat_model(tmp_path, template=NO_SYSTEM))
    request = ChatRequest(ASKED)
    assert chat._prompt(request) == "<user>You are here.\n\nThe dog and I.<assistant>"


def test_neighbours_of_one_role_are_joined():
    joined = hf_chat.alternating([*ASKED, Message("user", "."), Message("assistant", "so")])
    assert [(m.role, m.content) for m in joined] == [
        ("user", "You are here.\n\nThe dog and I.\n\n."),
        ("assistant", "so"),
    ]


def test_closing_the_reply_stops_the_model(slow):
    pieces = slow.stream(ChatRequest(ASKED, max_tokens=200))
    next(pieces)
    pieces.close()
    assert wait_until_idle(slow)


def test_a_closed_model_ends_its_reply_and_writes_no_other(slow, monkeypatch):
    monkeypatch.setattr(slow, "_closed", threading.Event())
    pieces = slow.stream(ChatRequest(ASKED, max_tokens=200))
    next(pieces)
    slow.close()
    assert wait_until_idle(slow)
    assert reply(slow) == ""


def test_one_reply_is_written_at_a_time(endless, monkeypatch):
    running, most = [], []
    forward = endless._model.forward

    def spy(*args, **kwargs):
        running.append(threading.get_ident())
        most.append(len(set(running)))
        time.sleep(0.005)
        output = forward(*args, **kwargs)
        running.remove(threading.get_ident())
        return output

    monkeypatch.setattr(endless._model, "forward", spy)
    replies = []
    threads = [
        threading.Thread(target=lambda: replies.append(reply(endless, max_tokens=6)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(replies) == 3 and len(set(replies)) == 1


def test_a_model_that_stands_still_is_given_up(folder):
    chat = open_model(folder, silent_s=0.05)
    with chat._lock, pytest.raises(ModelError, match="'made' wrote nothing for 0.05 s"):
        reply(chat)


def test_a_reply_that_was_given_up_in_the_queue_is_never_begun(folder, monkeypatch):
    chat = open_model(folder, silent_s=0.05)
    begun = []
    monkeypatch.setattr(chat, "_generate", lambda *arguments: begun.append(arguments))
    with chat._lock, pytest.raises(ModelError):
        reply(chat)
    assert wait_until_idle(chat)
    assert begun == []


def test_a_failure_is_told_without_what_was_said(chat, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("The dog and I.")

    monkeypatch.setattr(chat._model, "generate", fail)
    with pytest.raises(ModelError, match="'made' failed: RuntimeError$"):
        reply(chat)


def test_the_model_works_again_after_a_failure(folder, monkeypatch):
    chat = open_model(folder)
    with monkeypatch.context() as broken:
        broken.setattr(chat._model, "forward", lambda *a, **k: 1 / 0)
        with pytest.raises(ModelError):
            reply(chat)
    assert reply(chat, max_tokens=3)


def test_a_full_gpu_is_told_in_words(chat, monkeypatch):
    def fail(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(chat._model, "generate", fail)
    with pytest.raises(ModelError, match="the GPU has not enough memory"):
        reply(chat)


def test_a_prompt_that_does_not_fit_is_refused(chat):
    with pytest.raises(ModelError, match="room for 256"):
        reply(chat, max_tokens=250)


def test_the_models_own_sampling_settings_do_not_count(tmp_path):
    folder = save_chat_model(tmp_path)
    plain = reply(open_model(folder), max_tokens=12)
    (folder / "generation_config.json").write_text(
        '{"do_sample": true, "temperature": 9.0, "repetition_penalty": 9.0, "eos_token_id": [5]}'
    )
    assert reply(open_model(folder), max_tokens=12) == plain


def test_every_end_token_of_the_model_ends_a_reply(tmp_path):
    folder = save_chat_model(tmp_path)
    (folder / "generation_config.json").write_text('{"eos_token_id": [9, 11]}')
    assert open_model(folder)._model.generation_config.eos_token_id == [5, 9, 11]


def test_a_model_without_a_chat_template_is_refused(tmp_path):
    folder = save_chat_model(tmp_path, template="")
    with pytest.raises(WeightsError, match="no chat template"):
        open_model(folder)


def test_another_kind_of_model_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="lack 'lm_head"):
        open_model(save_classifier(tmp_path, ["a", "b"]))


def test_pickled_weights_are_refused_without_being_opened(tmp_path):
    folder, marker = save_chat_model(tmp_path / "model"), tmp_path / "ran"
    (folder / "model.safetensors").unlink()
    torch.save({"weight": Marker(marker)}, folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="cannot be read from its folder"):
        open_model(folder)
    assert not marker.exists()


def test_python_files_in_the_folder_are_never_run(tmp_path):
    folder, marker = save_chat_model(tmp_path / "model"), tmp_path / "ran"
    plant_code(folder, marker, AutoConfig="C", AutoModelForCausalLM="M", AutoTokenizer="T")
    with pytest.raises(WeightsError, match="cannot be read from its folder"):
        open_model(folder)
    assert not marker.exists()


def test_a_chat_template_cannot_reach_out_of_its_sandbox(tmp_path):
    template = "{{ messages.__class__.__base__.__subclasses__() }}"
    chat = open_model(save_chat_model(tmp_path, template=template))
    with pytest.raises(ModelError, match="SecurityError"):
        reply(chat)


def wait_until_idle(chat):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if not any(thread.name == "generate" for thread in threading.enumerate()):
            return not chat._lock.locked()
        time.sleep(0.01)
    return False
