"""Write a thought: a short text between what was perceived and the reply, shown to nobody.

The published pipelines reason in named steps before they answer: ESCoT (ACL 2024) names what set
the feeling off and what it means to the person, PAL (Findings of ACL 2023) keeps a persona, ES-VR
(ACL 2025) detects target values, writes a reference and decides on it. Here each is a node of its
own, written by the language model that answers, by a section of a prompt file. A thought is read by
the safety policy like anything that a model wrote, before it enters the state.
"""

from typing import Literal

from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from agents.briefing import past, quote, shorten, thoughts_told
from agents.context import Context, Kit, Update
from agents.drafting import tidy
from agents.node import node
from agents.prompt import Prompt
from agents.state import ConversationState, thoughts_of, utterance
from tools.breaker import within
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import AttuneError, ModelError
from tools.labels import UNKNOWN
from tools.safety.course import in_danger
from tools.safety.policy import SafetyPolicy
from tools.sentences import split
from tools.values import load_values, picked

SPEAKERS = {"user": "Person", "assistant": "Supporter"}
"""How a prompt calls those who speak."""


_MOST = 20
"""Sentences in which an answer that picks is looked for; a numbered list has many."""


class ThinkOptions(BaseModel, extra="forbid"):
    """Options of a thought.

    Attributes:
        step: the thought's name; the node's own if left out. The prompt file says under
            `## steps`, `### NAME` what is to be written.
        wants: thoughts of this turn without which it is not written.
        after: how many turns the person must have had, this one included.
        choices: what the answer is to be picked from, or `values` for the list of
            `tools/data/values.yaml`; empty for any text.
        pick: how many of the choices are kept at most.
        drops: earlier thoughts that an answer takes back, by answer.
        about: whom it is about: `person`, or `reply` for what the supporter makes of it.
        quotable: a reply may take its words; of any other thought it may not.
        sentences: how many sentences it has at most; an answer that picks is read whole.
        max_tokens: upper bound of generated tokens.
        history: how many earlier messages the prompt shows at most.
        timeout: seconds after which the turn goes on without it.
    """

    step: str = ""
    wants: tuple[str, ...] = ()
    after: int = Field(default=1, ge=1)
    choices: Literal["values"] | tuple[str, ...] = ()
    pick: int = Field(default=1, ge=1, le=5)
    drops: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    about: Literal["person", "reply"] = "reply"
    quotable: bool = False
    sentences: int = Field(default=1, ge=1, le=6)
    max_tokens: int = Field(default=60, ge=4, le=300)
    history: int = Field(default=12, ge=0)
    timeout: float = Field(default=15.0, gt=0, le=60)


@node(
    reads=("words",),
    wants=("heard", "user_emotion", "strategy", "system_emotion", "thoughts", "summary"),
    writes=("thoughts", "notes"),
    options=ThinkOptions,
    model="respond",
)
async def think(state: ConversationState, runtime: Runtime[Context], kit: Kit) -> Update:
    """Write one thought; what fails, is refused or is not called for is left out, with a note."""
    assert isinstance(kit.options, ThinkOptions)  # `Node.parse` made it
    options, step = kit.options, kit.options.step or kit.name
    if why := _uncalled(state, options):
        return _left_out(kit, why)
    try:
        async with within(options.timeout):
            text = await _written(state, kit, step)
    except (AttuneError, TimeoutError) as error:
        return _left_out(kit, str(error) or f"nothing came within {options.timeout:g} s")
    if choices := _choices(options):
        text = ", ".join(picked(text, choices)[: options.pick])
    if not text:
        return _left_out(kit, "the answer is none of the choices" if choices else "no answer")
    if rule := refusal(text, kit.services.policy, private=kit.private, heard=heard(state)):
        return _left_out(kit, f"refused: {rule}")
    dropped = options.drops.get(text, ())
    notes = [{"node": kit.name, "text": f"took back: {name}"} for name in dropped]
    return {"thoughts": {step: text, **dict.fromkeys(dropped, "")}, "notes": notes}


def heard(state: ConversationState) -> str:
    """Return all that the person said in this conversation, the latest last."""
    told = [m.text for m in state["messages"][:-1] if m.type == "human"]
    return "\n".join([*told, utterance(state)])


def refusal(text: str, policy: SafetyPolicy, *, private: tuple[str, ...], heard: str) -> str:
    """Return the rule that a model's text breaks; empty when none. A policy that fails refuses."""
    try:
        found = (policy.read(s, private=private, heard=heard) for s in split(text))
        return next((rule for rule in found if rule), "")
    except Exception as error:
        return f"the check failed ({type(error).__name__})"


def _uncalled(state: ConversationState, options: ThinkOptions) -> str:
    """Return why a thought is not to be written; empty when it is."""
    if in_danger(state["grade"], state["risk"]):
        return "there is danger"
    if not utterance(state):
        return "the person said nothing"
    if sum(m.type == "human" for m in state["messages"]) < options.after:
        return f"the person has had fewer than {options.after} turns"
    known = thoughts_of(state)
    missing = [name for name in options.wants if name not in known]
    return f"there is no {missing[0]!r}" if missing else ""


async def _written(state: ConversationState, kit: Kit, step: str) -> str:
    """Return what the model writes, whole sentences alone where it was cut."""
    assert isinstance(kit.options, ThinkOptions)  # `Node.parse` made it
    host = kit.need_model().host
    assert isinstance(host, ChatHost)  # models of the task `respond` have one
    turn = f"{state['turn_id']}:{step}"
    most = _MOST if kit.options.choices else kit.options.sentences
    found: list[str] = []
    request = ask(state, kit, step)
    host.open(turn, request)
    try:
        while len(found) < most and (text := await host.sentence(turn)):
            if text := quote(tidy(text)):
                found.append(text)
    except ModelError:
        if not found:
            raise
    finally:
        host.close(turn)
    if not kit.options.choices and len(found) > 1 and found[-1][-1] not in ".!?…\"'”’)":
        del found[-1]
    return " ".join([request.prefix, *found]).strip() if found else ""


def ask(state: ConversationState, kit: Kit, step: str) -> ChatRequest:
    """Return what the model is asked for one step.

    What never changes stands first, then the conversation, then the earlier thoughts as the turns
    of one chat: each step costs what is new in it, because an engine keeps the rest.
    """
    assert isinstance(kit.options, ThinkOptions)  # `Node.parse` made it
    prompt, options = kit.prompt, kit.options
    lines = [f"{SPEAKERS[m.role]}: {m.content}" for m in past(state, prompt, options.history)]
    lines.append(f"{SPEAKERS['user']}: {shorten(utterance(state))}")
    known = thoughts_of(state)
    own = prompt.entries("steps")
    lines += thoughts_told(prompt, {n: text for n, text in known.items() if n not in own})
    choices = _choices(options)
    values = {
        "emotion": _named(state["user_emotion"]["label"]),
        "strategy": _named(state["strategy"]["label"]),
        "stance": _named(state["system_emotion"]["label"]),
        "choices": ", ".join(choices),
    }
    messages = [opening(prompt)]
    before = "\n".join(lines) + "\n\n"
    for name in [*(n for n in known if n in own and n != step), step]:
        messages.append(Message("user", before + prompt.fill(f"steps/{name}", **values)))
        before = ""
        if name != step:
            messages.append(Message("assistant", known[name]))
    return ChatRequest(
        messages=tuple(messages),
        prefix=prompt.entries("openings").get(step, ""),
        max_tokens=options.max_tokens,
        choices=choices if options.pick == 1 else (),
    )


def opening(prompt: Prompt) -> Message:
    """Return what every request of a prompt file begins with, which an engine keeps."""
    values = "\n".join(f"- {name}: {what}" for name, what in load_values().items())
    return Message("system", prompt.fill("system", values=values))


def _choices(options: ThinkOptions) -> tuple[str, ...]:
    return tuple(load_values()) if options.choices == "values" else options.choices


def _named(label: str) -> str:
    return "not known" if label in ("", UNKNOWN) else label


def _left_out(kit: Kit, why: str) -> Update:
    return {"notes": [{"node": kit.name, "text": f"left out: {why}"}]}
