"""The supporter's cognitive chain, read from its turn: situation, thought, action, strategy.

SocialSim (AAAI 2025) lets a language model write these four before it answers. Here they are what
the graph's nodes decided, under the same names; `docs/simulate.md` has the mapping.
"""

from collections.abc import Collection, Mapping

from typing_extensions import TypedDict  # pydantic needs this one before 3.12

from graphs.events import TurnReport
from tools.labels import UNKNOWN
from tools.records import Scores


class Situation(TypedDict):
    """How the person stands: their feeling, what is behind it, and what kind of moment this is."""

    emotion: str
    confidence: float
    scores: Scores
    disagreement: str
    moment: str
    risk: str
    thoughts: dict[str, str]


class Thought(TypedDict):
    """What the supporter made of it before it chose."""

    thoughts: dict[str, str]


class Action(TypedDict):
    """How the reply was to sound, and who wrote it.

    `route` is `support` or `crisis`; `writer` the node.
    """

    system_emotion: str
    scores: Scores
    why: str
    route: str
    writer: str


class Plan(TypedDict):
    """The strategy, why, and what else was possible."""

    label: str
    why: str
    scores: Scores


class Chain(TypedDict):
    """One turn of the supporter, and its four steps as one line of text."""

    situation: Situation
    thought: Thought
    action: Action
    strategy: Plan
    text: str


def chain_of(
    report: TurnReport, *, writer: str, thoughts: Mapping[str, str], about: Collection[str] = ()
) -> Chain:
    """Return the chain of a turn.

    Args:
        report: what the turn came to.
        writer: the node that wrote the reply.
        thoughts: short intermediate texts by name, as the state has them.
        about: those about the person; all others are the supporter's own.
    """
    felt, strategy, stance = report["user_emotion"], report["strategy"], report["system_emotion"]
    theirs = {name: text for name, text in thoughts.items() if text and name in about}
    own = {name: text for name, text in thoughts.items() if text and name not in about}
    chain = Chain(
        situation={
            "emotion": felt["label"],
            "confidence": round(felt["confidence"], 4),
            "scores": _rounded(felt["scores"]),
            "disagreement": felt["disagreement"],
            "moment": report["moment"],
            "risk": report["risk"]["level"],
            "thoughts": theirs,
        },
        thought={"thoughts": own},
        action={
            "system_emotion": stance["label"],
            "scores": _rounded(stance["scores"]),
            "why": stance["why"],
            "route": report["route"],
            "writer": writer,
        },
        strategy={
            "label": strategy["label"],
            "why": strategy["why"],
            "scores": _rounded(strategy["scores"]),
        },
        text="",
    )
    chain["text"] = _text(chain)
    return chain


def _text(chain: Chain) -> str:
    """Return the steps in words, those that are empty left out."""
    situation, action, plan = chain["situation"], chain["action"], chain["strategy"]
    known = situation["emotion"] not in ("", UNKNOWN)
    feeling = f"{situation['emotion']} ({situation['confidence']:.2f})" if known else ""
    moment = f"moment {situation['moment']}" if situation["moment"] else ""
    steps = {
        "Situation": [
            feeling, situation["disagreement"], moment, *situation["thoughts"].values(),
        ],
        "Thought": list(chain["thought"]["thoughts"].values()),
        "Action": [action["system_emotion"], action["why"]],
        "Strategy": [plan["label"], plan["why"]],
    }  # fmt: skip
    told = {name: "; ".join(part for part in parts if part) for name, parts in steps.items()}
    return " | ".join(f"{name}: {text}" for name, text in told.items() if text)


def _rounded(scores: Scores) -> Scores:
    return {label: round(score, 4) for label, score in scores.items()}
