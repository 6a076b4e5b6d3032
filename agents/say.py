"""Say fixed lines at a moment for which no model should write."""

from string import Template

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.context import Context, Kit, Update
from agents.given import earlier, mark
from agents.moment import OFFERED
from agents.node import node
from agents.state import ConversationState
from tools.language import unread_language
from tools.phrases import LocalePhrases
from tools.safety.resources import Resource, resources

_SHOWN = f"{OFFERED}resource:"


class SayOptions(BaseModel, extra="forbid"):
    """Options of fixed lines.

    Attributes:
        moment: a moment of the phrase files (`tools/data/phrases`); the node's own name if left
            out.
        lines: wordings of the pattern's own instead, by ISO 639 code; `en` is the fallback.
        people: name those who can be reached as well, and the letter where one can be written.
        own_language: speak the language in which the person wrote, where there are lines in it.
    """

    moment: str = ""
    lines: dict[str, list[str]] = Field(default_factory=dict)
    people: bool = False
    own_language: bool = False


@node(
    reads=("words",),
    wants=("heard",),
    writes=("moment", "candidate", "writer", "given"),
    options=SayOptions,
)
async def say(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Put the next line up for checking; a line that `check` refuses is dropped."""
    assert isinstance(kit.options, SayOptions)  # `Node.parse` made it
    index = len(state["said"]) + state["rejected"]
    lines, offered = _lines(state, runtime.context, kit, kit.options)
    update: Update = {
        "moment": kit.options.moment or kit.name,
        "candidate": None,
        "writer": kit.name,
        "given": [mark(state, what) for what in offered],
    }
    if index < len(lines):
        update["candidate"] = kit.services.drafts.put(
            state["turn_id"], index, lines[index], last=index + 1 == len(lines), fixed=True
        )
    return update


def _lines(
    state: ConversationState, context: Context, kit: Kit, options: SayOptions
) -> tuple[list[str], list[str]]:
    """Return the lines, the same for every call within a turn, and the marks that they leave."""
    locale = context.locale
    if options.own_language:
        locale = unread_language(state["words"], frozenset({"en"})) or locale
    phrases = kit.services.phrases.for_locale(locale)
    lines = [_unsaid(state, _wordings(phrases, kit, options))]
    if not options.people:
        return lines, []
    found = _people(state, context, phrases)
    lines += [phrases.line(resource) for resource in found]
    if context.letters_to:
        template = phrases.moments["letter_offer"][0]
        lines.append(Template(template).safe_substitute(to=context.letters_to.strip()))
    return lines, [f"{OFFERED}people", *(f"{_SHOWN}{resource.id}" for resource in found)]


def _wordings(phrases: LocalePhrases, kit: Kit, options: SayOptions) -> list[str]:
    if own := options.lines.get(phrases.language) or options.lines.get("en"):
        return own
    name = options.moment or kit.name
    spare = [phrases.last_resort]  # a moment of somebody's own, with words in no language
    return phrases.moments.get(name) or kit.services.phrases.for_locale("en").moments.get(
        name, spare
    )


def _unsaid(state: ConversationState, wordings: list[str]) -> str:
    """Return the first wording that this conversation has not heard; then they come in turn."""
    said = [message.text for message in state["messages"]]
    fresh = (text for text in wordings if not any(text in each for each in said))
    return next(fresh, wordings[state["turn"] % len(wordings)])


def _people(state: ConversationState, context: Context, phrases: LocalePhrases) -> list[Resource]:
    """Return whom the person can reach; those not named yet come first."""
    named = earlier(state, _SHOWN)
    return sorted(resources(context.country, phrases.language), key=lambda r: r.id in named)
