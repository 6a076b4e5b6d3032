"""Lay out what the language model is told.

First what never changes, then the history, then what is new this turn: engines cache prefixes, so
that only the new part costs time. Demonstrations are chat turns with a plan in brackets, never
prose in the system message, because a small model copies prose.
"""

import re
from collections.abc import Collection, Mapping

from langchain_core.messages import AIMessage, HumanMessage

from agents.prompt import Prompt
from agents.state import ConversationState, thoughts_of, utterance
from tools.chat import Message
from tools.errors import ConfigError

_LONGEST = 1_200
"""Characters of one message that the prompt shows; the middle of a longer one is left out."""

_UNTOLD = frozenset({"opening", "no_start"})
"""Moments at which nothing was said of a feeling."""

_BRACKETS = str.maketrans("[]", "()")

_CONTROL = re.compile(
    r"<\|.{0,60}?\|>|</?s>|\[/?(?:INST|SYSTEM_PROMPT)\]|<</?SYS>>|<(?:start|end)_of_turn>", re.I
)
"""Marks with which chat templates set turns apart; a tokenizer would take a quoted one for real."""


def brief(
    state: ConversationState,
    prompt: Prompt,
    *,
    history: int,
    demonstrations: int,
    similar: float,
    without: Collection[str] = (),
) -> tuple[Message, ...]:
    """Return the messages of one request.

    Args:
        state: the turn, planned.
        prompt: the responder's prompt file.
        history: how many earlier messages to show at most, of those that `remember` left.
        demonstrations: how many retrieved examples of the planned strategy to show.
        similar: how like they must be to what was said, as a cosine.
        without: thoughts that are left out.
    """
    messages = [*fixed_messages(prompt), *past(state, prompt, history)]
    label = state["strategy"]["label"]
    fitting = [
        example
        for example in state["examples"]
        if example["strategy"] == label and example.get("similarity", 0.0) >= similar
    ]
    for example in fitting[:demonstrations]:
        note = plan(prompt, label, example["emotion"], example["system_emotion"])
        messages += _exchange(quote(example["said"]), note, quote(example["reply"]))
    felt = state["user_emotion"]
    known = thoughts_of(state)
    note = plan(
        prompt,
        label,
        felt["label"],
        state["system_emotion"]["label"],
        moment=state["moment"],
        thoughts={name: text for name, text in known.items() if name not in without},
    )
    if label and felt["disagreement"]:
        note = f"{note} {prompt.fill('disagreement')}"
    messages.append(Message("user", f"{shorten(utterance(state))}\n{note}".strip()))
    return tuple(messages)


def past(state: ConversationState, prompt: Prompt, history: int) -> list[Message]:
    """Return the summary of what is long ago, and the earlier messages that are still shown."""
    earlier = state["messages"][state["summary"]["upto"] : -1]
    shown = [
        Message("assistant" if isinstance(message, AIMessage) else "user", shorten(message.text))
        for message in (earlier[-history:] if history else [])
        if isinstance(message, (AIMessage, HumanMessage))
    ]
    lines = state["summary"]["lines"]
    first = next((i for i, message in enumerate(shown) if message.role == "user"), None)
    if lines and first is not None:
        note = prompt.fill("summary", summary=quote(" / ".join(lines)))
        shown[first] = Message("user", f"{note}\n{shown[first].content}")
    return shown


def fixed_messages(prompt: Prompt) -> list[Message]:
    """Return the beginning of every request, which an engine keeps: system and demonstrations.

    Raises:
        ConfigError: a demonstration is not in the form `strategy | emotion | system emotion`.
    """
    messages = [Message("system", prompt.fill("system"))]
    for heading, text in prompt.entries("demonstrations").items():
        parts = [part.strip() for part in heading.split("|")]
        said, cut, reply = text.partition("\n---\n")
        if len(parts) != 3 or not cut:
            raise ConfigError(
                f"the demonstration {heading!r} of the prompt {prompt.name!r} must be headed "
                "`strategy | emotion | system emotion` and hold `---` before the reply"
            )
        messages += _exchange(said, plan(prompt, *parts), reply)
    return messages


def plan(
    prompt: Prompt,
    strategy: str,
    felt: str,
    stance: str,
    *,
    moment: str = "",
    thoughts: Mapping[str, str] | None = None,
) -> str:
    """Return the plan in brackets that stands behind a person's words; empty without one.

    A moment of the conversation (`agents.moment`) adds what it asks for; at its very beginning no
    feeling is told, since none was, and no thought.
    """
    if not strategy and not thoughts:
        return ""
    begins = moment in _UNTOLD
    parts = (
        "" if begins else prompt.entries("feelings").get(felt, ""),
        *([] if begins else thoughts_told(prompt, thoughts or {})),
        prompt.entries("strategies").get(strategy, strategy),
        prompt.entries("moments").get(moment, ""),
        prompt.entries("stances").get(stance, ""),
    )
    told = " ".join(part for part in parts if part)
    return prompt.fill("plan", plan=told) if told else ""


def thoughts_told(prompt: Prompt, thoughts: Mapping[str, str]) -> list[str]:
    """Return the thoughts that a prompt has words for, in these words and in its order."""
    return [
        prompt.fill(f"thoughts/{name}", text=quote(thoughts[name]).translate(_BRACKETS))
        for name in prompt.entries("thoughts")
        if name in thoughts
    ]


def quote(text: str) -> str:
    """Return a text that comes from outside, without the marks that could end its turn."""
    while (plain := _CONTROL.sub(" ", text)) != text:  # what is left may close up to a new one
        text = plain
    return text


def shorten(text: str) -> str:
    """Quote a text, and cut the middle out of one longer than `_LONGEST` characters."""
    text = quote(text)
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]} … {text[-half:]}"


def _exchange(said: str, note: str, reply: str) -> list[Message]:
    return [
        Message("user", f"{said.strip()}\n{note}"),
        Message("assistant", reply.strip()),
    ]
