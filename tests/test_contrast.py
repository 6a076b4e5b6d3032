"""Contrastive decoding: a reply leans towards what a thought adds (PAL)."""

from pathlib import Path
from typing import Any

import pytest
import torch

from agents.contrast import Contrast
from agents.respond import RespondOptions
from graphs.spec import find_graph, read_graph
from tests.made_checkpoints import save_chat_model
from tests.made_loading import loading
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say, thoughts
from tools.backends import hf_chat
from tools.backends.stub import StubChat
from tools.chat import ChatRequest, Message
from tools.errors import ConfigError, ModelError
from tools.labels import Strategy

WITH = (Message("system", "You are here. They have a dog."), Message("user", "The dog and I."))
WITHOUT = (Message("system", "You are here."), Message("user", "The dog and I."))
SAID = "My sister has not called since the wedding."


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = save_chat_model(tmp_path_factory.mktemp("chat"))
    found: Any = hf_chat.load(loading("hf-chat", folder, task="respond"))
    found._model.generation_config.eos_token_id = None  # it never ends a reply by itself
    return found


def reply(chat: Any, **more: Any) -> str:
    return "".join(chat.stream(ChatRequest(WITH, max_tokens=12, **more)))


def by_hand(chat: Any, weight: float, prefix: str = "") -> str:
    """The greedy reply, each token from two whole forward passes."""
    prompts = [
        chat._tokenizer(
            chat._prompt(ChatRequest(messages, prefix)),
            add_special_tokens=False,
            return_tensors="pt",
        )["input_ids"]
        for messages in (WITH, WITHOUT)
    ]
    written = torch.zeros((1, 0), dtype=torch.long)
    with torch.inference_mode():
        for _ in range(12):
            one, other = (
                chat._model(torch.cat([prompt, written], dim=1)).logits[:, -1] for prompt in prompts
            )
            token = ((1 + weight) * one - weight * other).argmax(-1, keepdim=True)
            written = torch.cat([written, token], dim=1)
    return str(chat._tokenizer.decode(written[0], skip_special_tokens=True))


@pytest.mark.parametrize("weight", [0.5, 3.0])
def test_a_contrasted_reply_is_what_two_whole_passes_come_to(chat: Any, weight: float) -> None:
    found = reply(chat, contrast=WITHOUT, contrast_weight=weight)
    assert found == by_hand(chat, weight)


def test_a_contrast_makes_another_reply(chat: Any) -> None:
    assert reply(chat, contrast=WITHOUT, contrast_weight=3.0) != reply(chat)


def test_a_contrast_begins_behind_the_same_words(chat: Any) -> None:
    found = reply(chat, prefix="I am", contrast=WITHOUT, contrast_weight=3.0)
    assert found == by_hand(chat, 3.0, "I am")


def test_a_weight_of_nothing_is_no_contrast(chat: Any) -> None:
    assert reply(chat, contrast=WITHOUT, contrast_weight=0.0) == reply(chat)


def test_a_contrast_that_is_too_long_is_refused(chat: Any) -> None:
    endless = (Message("user", "The dog and I. " * 100),)
    with pytest.raises(ModelError, match="show it less history"):
        reply(chat, contrast=endless, contrast_weight=0.5)


def options(**contrast: Any) -> Contrast:
    found = RespondOptions.model_validate({"contrast": {"without": ["persona"], **contrast}})
    assert found.contrast is not None
    return found.contrast


def turn(strategy: str, **thoughts: str) -> Any:
    return {"thoughts": thoughts, "strategy": {"label": strategy}}


def test_the_weight_is_that_of_the_strategy() -> None:
    contrast = options(weights={"Approval": 0.75, "Open question": 0})
    persona = {"persona": "They cook."}
    assert contrast.share(turn("Approval", **persona)) == 0.75
    assert contrast.share(turn("Open question", **persona)) == 0.0
    assert contrast.share(turn("Interpretation", **persona)) == 0.5


def test_without_the_thought_there_is_no_contrast() -> None:
    assert options().share(turn("Approval", stimulus="It rains.")) == 0.0


def test_a_weight_for_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'Approval'"):
        options(weights={"Aproval": 1})


def test_the_checker_says_so_too(tmp_path: Path) -> None:
    from graphs.check import problems

    file = tmp_path / "made.yaml"
    file.write_text(
        "name: made\ninclude: pal\nnodes: {respond: {options: "
        "{contrast: {without: [persona], weights: {Approval: 9}}}}}\n",
        "utf-8",
    )
    assert "between 0 and 4" in "".join(problems(read_graph(file)))


def test_the_preset_of_pal_names_strategies_of_ours() -> None:
    spec = read_graph(find_graph("pal"))
    contrast = spec.nodes["respond"].options["contrast"]
    assert set(contrast["weights"]) <= {strategy.value for strategy in Strategy}


def pal(folder: Path) -> str:
    """PAL from the first turn on, with one weight for all strategies."""
    file = folder / "early.yaml"
    file.write_text(
        "name: early\ninclude: pal\nnodes:\n"
        "  persona: {use: think, prompt: pal}\n"
        "  respond: {options: {contrast: {without: [persona], weight: 0.5}}}\n",
        "utf-8",
    )
    return str(file)


async def test_the_other_prompt_lacks_the_persona_alone(
    asked: list[ChatRequest], tmp_path: Path
) -> None:
    talk = conversation(stub_services(example()), pal(tmp_path))
    await say(talk, SAID)
    last, persona = asked[-1], (await thoughts(talk))["persona"]
    told = f"About them: {persona} "
    assert told in last.messages[-1].content and last.contrast_weight == 0.5
    assert last.contrast[:-1] == last.messages[:-1]
    assert last.contrast[-1].content == last.messages[-1].content.replace(told, "")


async def test_a_model_without_logits_is_said_to_draw_no_contrast(tmp_path: Path) -> None:
    report = await say(conversation(stub_services(example()), pal(tmp_path)), SAID)
    text = "no contrast: the language model 'chat' gives no logits"
    assert [n["text"] for n in report["notes"] if n["node"] == "respond"] == [text]


async def test_a_model_with_logits_draws_it_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StubChat, "contrasts", True, raising=False)
    report = await say(conversation(stub_services(example()), pal(tmp_path)), SAID)
    assert not [n for n in report["notes"] if n["node"] == "respond"]


async def test_without_a_persona_nothing_is_contrasted(asked: list[ChatRequest]) -> None:
    report = await say(conversation(stub_services(example()), "pal"), SAID)
    assert asked[-1].contrast == () and not [n for n in report["notes"] if n["node"] == "respond"]


def test_an_unknown_option_of_a_contrast_is_refused() -> None:
    from agents.respond import respond

    with pytest.raises(ConfigError):
        respond.parse({"contrast": {"without": ["persona"], "strength": 1}})
