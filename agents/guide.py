"""Give a turn its plan at a moment that calls for a certain one; the reply is still written."""

from langgraph.runtime import Runtime
from pydantic import BaseModel, field_validator

from agents.context import Context, Kit, Update
from agents.given import mark
from agents.moment import OFFERED
from agents.node import node
from agents.state import ConversationState
from tools.labels import MASKED, STANCES, Strategy
from tools.phrases import MOMENTS
from tools.records import Choice


class GuideOptions(BaseModel, extra="forbid"):
    """Options of a guide.

    Attributes:
        moment: a section under `## moments` of the responder's prompt; the node's own name if left
            out.
        strategy: the strategy of the reply; left out, the planner behind this node chooses.
        stance: the system emotion of the reply; left out, likewise.
        tell: a moment of the phrase files whose line is said before the reply.
    """

    moment: str = ""
    strategy: Strategy | None = None
    stance: str = ""
    tell: str = ""

    @field_validator("strategy")
    @classmethod
    def _may_be_used(cls, value: Strategy | None) -> Strategy | None:
        if value in MASKED:
            raise ValueError("no person is met with this strategy; choose another")
        return value

    @field_validator("stance")
    @classmethod
    def _is_a_stance(cls, value: str) -> str:
        if value and value not in STANCES:
            raise ValueError(f"a stance is one of {', '.join(STANCES)}")
        return value

    @field_validator("tell")
    @classmethod
    def _has_words(cls, value: str) -> str:
        if value and value not in MOMENTS:
            raise ValueError(f"there are lines for {', '.join(sorted(MOMENTS))}")
        return value


@node(
    wants=("due",),
    writes=("moment", "strategy", "system_emotion", "due", "given"),
    options=GuideOptions,
)
async def guide(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Set the moment and, where they are given, the strategy and the stance."""
    assert isinstance(kit.options, GuideOptions)  # `Node.parse` made it
    options = kit.options
    name = options.moment or kit.name
    update: Update = {"moment": name}
    why = f"the moment {name!r} calls for it"
    if options.strategy:
        label = options.strategy.value
        update["strategy"] = Choice(label=label, scores={label: 1.0}, why=why)
    if options.stance:
        update["system_emotion"] = Choice(
            label=options.stance, scores={options.stance: 1.0}, why=why
        )
    if options.tell:
        due = state["due"]
        update["due"] = {**due, "before": [*due["before"], options.tell]}
        update["given"] = [mark(state, f"{OFFERED}letter")]
    return update
