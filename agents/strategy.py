"""Choose how to support: one of MESC's ten strategies.

The bound model says what it would do (`docs/planner.md`), the stage of the conversation what is
usual there, the form of the message what it invites. What may not be used is policy, and holds
whatever model is bound.
"""

from collections.abc import Mapping, Sequence

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.invites import INVITES, SAYS, UNEARNED, Sign, sign_of, tells_of_doing, worn
from agents.node import node
from agents.situation import ask, situate
from agents.stage import stage
from agents.state import ConversationState, utterance
from tools.examples.votes import votes
from tools.labels import MASKED, Stage, Strategy
from tools.records import Choice, Example, Scores
from tools.safety.course import has_minor
from tools.stage import asks_advice

PRIOR: dict[Stage, dict[Strategy, float]] = {
    Stage.EXPLORATION: {
        Strategy.OPEN_QUESTION: 0.30,
        Strategy.RESTATEMENT: 0.24,
        Strategy.COMMUNICATION: 0.18,
        Strategy.APPROVAL: 0.12,
        Strategy.INTERPRETATION: 0.06,
        Strategy.GUIDING: 0.06,
        Strategy.OTHERS: 0.03,
        Strategy.ADVISEMENT: 0.01,
    },
    Stage.COMFORTING: {
        Strategy.APPROVAL: 0.20,
        Strategy.RESTATEMENT: 0.20,
        Strategy.COMMUNICATION: 0.20,
        Strategy.OPEN_QUESTION: 0.15,
        Strategy.INTERPRETATION: 0.10,
        Strategy.GUIDING: 0.09,
        Strategy.ADVISEMENT: 0.04,
        Strategy.OTHERS: 0.02,
    },
    Stage.ACTION: {
        Strategy.ADVISEMENT: 0.24,
        Strategy.APPROVAL: 0.22,
        Strategy.OPEN_QUESTION: 0.18,
        Strategy.RESTATEMENT: 0.12,
        Strategy.INTERPRETATION: 0.10,
        Strategy.GUIDING: 0.06,
        Strategy.COMMUNICATION: 0.05,
        Strategy.OTHERS: 0.03,
    },
}
"""Which skills belong to which stage: exploration asks and restates, comforting reflects and
approves, action suggests (ESConv section 3, after Hill); the numbers are ours."""

_SILENT: dict[Strategy, float] = {
    Strategy.OPEN_QUESTION: 0.7,
    Strategy.COMMUNICATION: 0.2,
    Strategy.GUIDING: 0.1,
}
"""What suits a turn without words: there is nothing to give back."""


class StrategyOptions(BaseModel, extra="forbid"):
    """Options of the planner.

    Attributes:
        votes: share of the decision that the bound model has, or the retrieved examples where none
            is bound; the stage has the rest.
        timeout: seconds after which the examples decide in place of the model.
    """

    votes: float = Field(default=0.6, ge=0, le=1)
    timeout: float = Field(default=4.0, gt=0)


@node(
    reads=("words",),
    wants=("heard", "examples", "user_emotion", "system_emotion"),
    writes=("strategy", "notes"),
    options=StrategyOptions,
    model="strategy",
)
async def strategy(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Blend what the model says with what suits stage and message, under the masking policy."""
    assert isinstance(kit.options, StrategyOptions)  # `Node.parse` made it
    said = utterance(state)
    asked = asks_advice(said)
    unmasked = kit.services.unmasked
    tired = frozenset() if unmasked else worn(state.get("tried", []))
    barred = (frozenset() if unmasked else masked(state, asked=asked)) | tired
    if not said:
        scores = _allowed(_named(_SILENT), barred)
        return {"strategy": _choice(scores, "The person said nothing")}
    prior = _named(PRIOR[stage(state)])
    otherwise = votes(state["examples"])
    found, notes = await ask(kit, situate(state, kit, barred), otherwise, kit.options.timeout)
    share = kit.options.votes if found else 0.0
    sign = None if asked else sign_of(state)
    invited = _named(INVITES[sign]) if sign else {}
    if not sign and not tells_of_doing(
        said
    ):  # praise for nothing is what a small model gets most wrong
        approval = Strategy.APPROVAL.value
        invited = {**invited, approval: UNEARNED * invited.get(approval, 1.0)}
    wished = {
        label.value: invited.get(label, 1.0)
        * (share * found.get(label, 0.0) + (1 - share) * prior.get(label, 0.0))
        for label in Strategy
    }
    scores = _allowed(wished, barred)
    if not any(scores.values()):  # all that the model says is barred
        scores = _allowed(prior, barred)
    top = max(wished, key=wished.__getitem__)
    return {
        "strategy": _choice(
            scores,
            _circumstance(state, asked, sign),
            state["examples"],
            top if top in tired else "",
        ),
        "notes": notes,
    }


def masked(state: ConversationState, *, asked: bool) -> frozenset[str]:
    """Return the strategies that may not be used this turn where a person reads the reply.

    A machine discloses nothing of itself and structures no therapy; it interprets nothing at any
    risk; and it advises early only when asked. Somebody young is listened to, and neither
    interpreted nor advised.
    """
    barred: set[Strategy] = set(MASKED)
    if state["risk"]["peak"]:
        barred.add(Strategy.INTERPRETATION)
    early = stage(state) is Stage.EXPLORATION and not asked
    if early or has_minor(state["risk"]):
        barred.add(Strategy.ADVISEMENT)
    return frozenset(barred)


def _named(weights: Mapping[Strategy, float]) -> Scores:
    return {label.value: weight for label, weight in weights.items()}


def _allowed(scores: Scores, barred: frozenset[str]) -> Scores:
    return {s.value: 0.0 if s in barred else scores.get(s.value, 0.0) for s in Strategy}


def _circumstance(state: ConversationState, asked: bool, sign: Sign | None) -> str:
    if asked:
        return "The person asks what to do"
    if sign:
        return SAYS[sign].capitalize()
    return f"The conversation is at {stage(state).value}"


def _choice(
    scores: Scores, circumstance: str, examples: Sequence[Example] = (), instead: str = ""
) -> Choice:
    """Return the likeliest strategy with its reason in one sentence."""
    total = sum(scores.values())
    scores = {label: score / total for label, score in scores.items()}
    best = max(scores, key=scores.__getitem__)
    parts = [circumstance]
    if count := sum(example["strategy"] == best for example in examples):
        parts.append(f"{count} of {len(examples)} similar examples use it")
    if instead:
        parts.append(f"{instead!r} was used twice in a row")
    return Choice(label=best, scores=scores, why=", and ".join(parts) + ".")
