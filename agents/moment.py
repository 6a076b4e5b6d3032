"""Decide whether a dialogue pattern applies to the turn, or the reply is planned like any other."""

import asyncio

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.given import earlier
from agents.node import node
from agents.state import ConversationState, utterance
from tools.labels import VALENCE
from tools.language import unread_language
from tools.moments import load_moments, moment_names
from tools.records import Missing
from tools.safety.questions import asks_for_services

PLAIN = "plain"
"""The route of a turn to which no pattern applies."""

OFFERED = "offered:"
"""Before what was offered, in `given`: `people` to reach, or the news of a `letter`."""

_LETTERS = {"delivered": "letter_sent", "kept": "letter_kept"}
_UNHEARD: dict[Missing, str] = {
    "not given": "no_words",
    "no consent": "no_words",
    "not bound": "no_words",
    "language": "language_not_heard",
    "failed": "listening_failed",
    "too slow": "listening_failed",
}
_OTHERS = (
    *_UNHEARD.values(),
    "not_heard",
    "not_seen",
    *_LETTERS.values(),
    "returned",
    "other_language",
)


_AT_EASE = frozenset(
    {"closing", "other_topic", "topic_change", "fine", "correction", "misunderstood", "opening"}
)
"""Patterns that are for people in no danger: while any stands, a farewell is no mere farewell."""


class MomentOptions(BaseModel, extra="forbid"):
    """Options of the choice.

    Attributes:
        contrary: confidence that a sad, angry or frightened face or voice must reach to stand
            against "I'm fine".
        away: days without a message after which somebody comes back.
        reads: ISO 639 codes of the languages that are read, besides that of the conversation.
    """

    contrary: float = Field(default=0.5, ge=0, le=1)
    away: float = Field(default=2.0, gt=0)
    reads: frozenset[str] = frozenset({"en"})


@node(
    reads=("words",),
    wants=("heard", "readings"),
    writes=("route",),
    options=MomentOptions,
    routes=(PLAIN, *dict.fromkeys([*_OTHERS, *moment_names()])),
)
async def moment(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Choose the pattern by the words, by what was heard and seen, by the clock and by letters.

    Danger comes first: the screen has read every word before, and its crisis route never leads
    here. The rules of words are those of `tools/data/moments.yaml`.
    """
    assert isinstance(kit.options, MomentOptions)  # `Node.parse` made it
    return {"route": await _moment(state, runtime.context, kit.options)}


async def _moment(state: ConversationState, context: Context, options: MomentOptions) -> str:
    said = utterance(state)
    if not said:
        name = _UNHEARD.get(state["heard"]["missing"], "not_heard")
        return "not_seen" if name == "no_words" and _sees_nothing(state) else name
    if context.letter in _LETTERS:
        return _LETTERS[context.letter]
    for name, need in load_moments().found(said, state["turn"]):
        if name in _AT_EASE and state["risk"]["now"]:
            continue
        if _is_met(need, state, options):
            return name
    if state["risk"]["distress"] and asks_for_services(said):
        return "handoff_asked"
    language = context.locale.replace("_", "-").split("-")[0].casefold()
    reads = options.reads | {language}
    if await asyncio.to_thread(unread_language, state["words"], reads):
        return "other_language"
    away = state["reminded"].get("away", 0.0)
    return "returned" if away >= options.away * 86_400 and state["turn"] > 1 else PLAIN


def _is_met(need: str, state: ConversationState, options: MomentOptions) -> bool:
    match need:
        case "contrary":
            return reads_contrary(state, options.contrary)
        case "offered":
            return bool(earlier(state, OFFERED))
    return True


def _sees_nothing(state: ConversationState) -> bool:
    """Say whether a face was shown that could not be read because the model did not work."""
    face = state["readings"].get("face")
    return face is not None and face["missing"] in ("failed", "too slow")


def reads_contrary(state: ConversationState, confidence: float) -> bool:
    """Say whether a face or a voice was read as unhappy, by a model that has a weight."""
    return any(
        reading["modality"] != "text"
        and not reading["missing"]
        and reading["weight"] > 0
        and reading["confidence"] >= confidence
        and VALENCE[reading["label"]] < 0
        for reading in state["readings"].values()
    )
