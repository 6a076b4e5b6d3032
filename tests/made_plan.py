"""Run a planner's node on a made state, without a graph."""

from functools import cache
from typing import Any, cast

from langchain_core.messages import AIMessage, HumanMessage

from agents.context import Kit, Services
from agents.node import Node
from agents.state import ConversationState
from agents.turn import FRESH
from tests.made_services import stub_services
from tools.catalogue import ModelConfig
from tools.models import Bound
from tools.records import Choice, Example, Scores, UserEmotion
from tools.safety.course import untroubled
from tools.situation import Situation


class Answering:
    """A host that says the same of every turn, or fails; it keeps what it was asked."""

    def __init__(self, scores: Scores, error: Exception | None = None) -> None:
        self.scores, self.error = scores, error
        self.asked: list[Situation] = []

    async def infer(self, situation: Situation) -> Scores:
        self.asked.append(situation)
        if self.error:
            raise self.error
        return self.scores


def felt(disagreement: str = "", label: str = "", **scores: float) -> UserEmotion:
    label = label or max(scores, key=scores.__getitem__, default="unknown")
    return {
        "label": label,
        "confidence": scores.get(label, 0.0),
        "scores": scores,
        "sources": {},
        "disagreement": disagreement,
    }


def state(
    said: str,
    *examples: Example,
    turn: int = 1,
    tried: tuple[str, ...] = (),
    feels: UserEmotion | None = None,
    risk: dict[str, str] | None = None,
) -> ConversationState:
    """Return a state in which `said` is to be answered; `risk` is the peak by danger."""
    earlier = [m for n in range(turn - 1) for m in (HumanMessage(f"m{n}"), AIMessage(f"r{n}"))]
    course = untroubled()
    course["peak"] = dict(risk or {})
    return cast(
        ConversationState,
        {
            **FRESH,
            "messages": [*earlier, HumanMessage(said)],
            "turn": turn,
            "words": said,
            "risk": course,
            "tried": list(tried),
            "examples": list(examples),
            "thoughts": {},
            "user_emotion": feels or felt(),
        },
    )


@cache  # reading the safety policy takes longest, and no planner asks it
def _services(unmasked: bool) -> Services:
    return stub_services(unmasked=unmasked)


async def plan(
    node: Node,
    given: ConversationState,
    host: Answering | None = None,
    *,
    unmasked: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Return what the node writes; `host` is the bound model."""
    config = ModelConfig.model_validate({"task": node.model, "backend": "made"})
    kit = Kit(
        name=node.name,
        services=_services(unmasked),
        model=Bound("made", config, host) if host else None,
        options=node.parse(options),
    )
    return await node.run(given, cast(Any, None), kit)


async def chosen(node: Node, given: ConversationState, **more: Any) -> Choice:
    """Return the decision alone."""
    return cast(Choice, (await plan(node, given, **more))[node.name])
