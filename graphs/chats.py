"""`python -m graphs chats`: the counselling examples as chats, laid out as the responder does it.

A language model that is tuned on them (`python -m tools train responder`) meets at run time just
what it was trained on. What a turn cannot know for sure is left out, or wrong, in some of them, so
that the model does not lean on it.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from agents.briefing import brief
from agents.prompt import Prompt
from agents.remember import condense
from agents.state import ConversationState
from agents.turn import FRESH
from tools.labels import EKMAN, UNKNOWN
from tools.moments import load_moments
from tools.records import Example, Summary

_UNREAD = 0.35
"""Share of chats that name no feeling; the recogniser is unsure that often."""

_MISREAD = 0.1
"""Share of chats that name another feeling."""

_WINDOW = 8
"""Earlier messages that are shown; of those before, a summary is."""


@dataclass(frozen=True)
class Chat:
    """One example as a chat; the last message is the reply that is to be learnt."""

    id: str
    messages: list[dict[str, str]]


def chats(examples: Sequence[Example], prompt: Prompt, seed: int = 0) -> Iterator[Chat]:
    """Yield every example as a chat.

    Args:
        examples: rows of the source file.
        prompt: the responder's prompt file.
        seed: decides which chats are told no feeling, or a wrong one.
    """
    for example in examples:
        draw = random.Random(f"{seed}:{example['id']}")
        chance = draw.random()
        felt = example["emotion"]
        if chance < _UNREAD:
            felt = UNKNOWN
        elif chance < _UNREAD + _MISREAD:
            felt = draw.choice([emotion for emotion in EKMAN if emotion != felt])
        told = brief(
            _state(example, felt, prompt),
            prompt,
            history=2 * _WINDOW,
            demonstrations=0,
            similar=1.0,
        )
        messages = [{"role": m.role, "content": m.content} for m in told]
        yield Chat(example["id"], [*messages, {"role": "assistant", "content": example["reply"]}])


def write(examples: Sequence[Example], prompt: Prompt, path: Path, seed: int = 0) -> int:
    """Write the chats as JSON lines and return how many there are."""
    lines = [json.dumps(vars(chat), ensure_ascii=False) for chat in chats(examples, prompt, seed)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return len(lines)


def _state(example: Example, felt: str, prompt: Prompt) -> ConversationState:
    before = example["before"]
    found = load_moments().found(example["said"], 1 + len(before) // 2)
    known = prompt.entries("moments")
    upto = max(0, len(before) - _WINDOW)
    lines = condense([], (m["text"] for m in before[:upto] if m["speaker"] == "person"))
    messages: list[AnyMessage] = [
        HumanMessage(m["text"]) if m["speaker"] == "person" else AIMessage(m["text"])
        for m in before
    ]
    state: dict[str, Any] = {
        **FRESH,
        "messages": [*messages, HumanMessage(example["said"])],
        "words": example["said"],
        "summary": Summary(lines=lines, upto=upto),
        "user_emotion": {**FRESH["user_emotion"], "label": felt},
        "thoughts": {},
        "moment": next((name for name, _ in found if name in known), ""),
        "strategy": {"label": example["strategy"], "scores": {}, "why": ""},
        "system_emotion": {"label": example["system_emotion"], "scores": {}, "why": ""},
    }
    return cast(ConversationState, state)
