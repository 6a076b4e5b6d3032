"""Grade what the person said for danger, before and independent of every model."""

from typing import Literal

from langgraph.runtime import Runtime
from pydantic import BaseModel

from agents.context import Context, Kit, Update
from agents.node import node
from agents.state import ConversationState
from tools.labels import RISK_ORDER, Risk, highest
from tools.records import RiskGrade


class ScreenOptions(BaseModel, extra="forbid"):
    """Options of a screen.

    Attributes:
        of: what is graded: the typed `words`, or what was `heard` together with them, since a
            sentence may be begun in one and ended in the other.
    """

    of: Literal["words", "heard"] = "words"


@node(
    reads=("words",),
    wants=("heard",),
    writes=("grade", "risk", "route", "notes"),
    options=ScreenOptions,
    duty="screen",
    routes=("support", "crisis"),
)
async def screen(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Grade typed or spoken words; a screen that fails counts as danger (fail closed)."""
    assert isinstance(kit.options, ScreenOptions)  # `Node.parse` made it
    policy = kit.services.policy
    texts = [state["words"]]
    if kit.options.of == "heard":
        texts += [state["heard"]["text"], f"{state['words']} {state['heard']['text']}"]
    notes = []
    try:
        grade = max(map(policy.grade, texts), key=lambda g: RISK_ORDER.index(g["level"]))
    except Exception as error:
        grade = RiskGrade(
            level=Risk.MODERATE.value, evidence=["screen failed"], detector=type(error).__name__
        )
        notes = [{"node": kit.name, "text": f"the screen failed ({type(error).__name__})"}]
    danger = policy.is_crisis(grade)
    if highest(state["grade"]["level"], grade["level"]) == state["grade"]["level"]:
        grade = state["grade"] if state["grade"]["detector"] else grade
    return {
        "grade": grade,
        "risk": grade["level"],
        "route": "crisis" if danger else "support",
        "notes": notes,
    }
