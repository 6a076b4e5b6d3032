"""What a turn tells while it runs, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from agents.state import ConversationState
from graphs.build import duty
from graphs.shelf import Version, label
from tools.records import (
    Choice,
    Example,
    Finding,
    Heard,
    Note,
    Reading,
    Standing,
    UserEmotion,
)
from tools.safety.course import level_now, peak_level


class RiskReport(TypedDict):
    """How dangerous this turn was, how it stands now, and how grave it has been so far.

    `dangers` holds the standing of each danger by its name.
    """

    level: str
    now: str
    peak: str
    dangers: dict[str, Standing]
    findings: list[Finding]


class TurnReport(TypedDict):
    """What one turn came to; JSON-able.

    Thoughts are not in it, because a page holds reports. `timings` are milliseconds by node, with
    `total` and `first_sentence` for the whole turn.
    `missing` says for each modality without a reading why. `models` names each node's model.
    """

    reply: str
    route: str
    heard: Heard
    user_emotion: UserEmotion
    readings: dict[str, Reading]
    moment: str
    strategy: Choice
    system_emotion: Choice
    risk: RiskReport
    examples: list[Example]
    timings: dict[str, float]
    missing: dict[str, str]
    models: dict[str, str]
    notes: list[Note]
    graph: str


@dataclass(frozen=True)
class Sentence:
    """One checked sentence, to be shown at once; an `aside` stands before or after the reply."""

    text: str
    aside: bool = False


@dataclass(frozen=True)
class Progress:
    """A node has finished."""

    node: str


@dataclass(frozen=True)
class Finished:
    """The turn is over."""

    report: TurnReport


@dataclass(frozen=True)
class Earlier:
    """A message that a crash had left open was answered, before the one that was sent now."""

    words: str
    reply: str


Event = Sentence | Progress | Finished | Earlier


def report_of(
    state: ConversationState, version: Version, *, route: str = "", notes: Sequence[str] = ()
) -> TurnReport:
    """Return what a turn came to.

    Args:
        state: at its end.
        version: the graph that it ran on.
        route: in place of the one that its writer tells.
        notes: what is to be told besides.
    """
    missing = {m: str(r["missing"]) for m, r in state["readings"].items() if r["missing"]}
    return {
        "reply": " ".join(state["said"]),
        "route": route
        or ("crisis" if duty(version.spec, state["writer"]) == "crisis" else "support"),
        "heard": state["heard"],
        "user_emotion": state["user_emotion"],
        "readings": state["readings"],
        "moment": state["moment"],
        "strategy": state["strategy"],
        "system_emotion": state["system_emotion"],
        "risk": {
            "level": state["grade"]["level"],
            "now": level_now(state["risk"]),
            "peak": peak_level(state["risk"]),
            "dangers": state["risk"]["now"],
            "findings": state["grade"]["findings"],
        },
        "examples": state["examples"],
        "timings": dict(state["timings"]),
        "missing": missing,
        "models": version.models,
        "notes": [*state["notes"], *(Note(node="", text=text) for text in notes)],
        "graph": label(version.spec, version.hash),
    }
