"""`support.yaml` written by hand in plain LangGraph, for those who would rather work in Python.

A test keeps the two equal, the patterns of `support.yaml` included. Wiring by hand skips the
checker: keep `screen` in front and `check` behind, or read the YAML's rules in `graphs/check.py`
first.
"""

from langgraph.graph import END, START

from agents.check import check
from agents.context import Kit, Services, Settings
from agents.crisis import crisis
from agents.face_emotion import face_emotion
from agents.fusion import fusion
from agents.guide import guide
from agents.listen import listen
from agents.moment import moment
from agents.node import Node
from agents.prompt import read_prompt
from agents.recall import recall
from agents.remember import remember
from agents.respond import respond
from agents.say import say
from agents.screen import screen
from agents.state import ConversationState
from agents.strategy import strategy
from agents.system_emotion import system_emotion
from agents.text_emotion import text_emotion
from agents.turn import begin_turn, deliver
from agents.voice_emotion import voice_emotion
from graphs.build import Builder, empty_builder, step
from graphs.deployment import reads_bodies
from tools.labels import Strategy

_SENSES = ["listen", "face_emotion", "voice_emotion"]
_SPEECH_ALONE = ["listen"]

_SAID: dict[str, dict[str, object]] = {
    "no_words": {},
    "not_heard": {},
    "language_not_heard": {},
    "listening_failed": {},
    "not_seen": {},
    "misunderstood": {},
    "other_topic": {},
    "other_language": {"own_language": True, "people": True},
    "fine": {},
    "handoff_asked": {"people": True},
    "unanswered": {"people": True},
    "closing": {},
}
"""Moments at which fixed lines are said, with the options of the node."""

_PLANNED: dict[str, Strategy] = {
    "opening": Strategy.OPEN_QUESTION,
    "no_start": Strategy.GUIDING,
    "correction": Strategy.RESTATEMENT,
}
"""Moments that call for a certain strategy."""

_NAMED: dict[str, dict[str, object]] = {
    "topic_change": {},
    "letter_sent": {"tell": "letter_sent"},
    "letter_kept": {"tell": "letter_kept"},
    "returned": {},
}
"""Moments that are planned like any other turn."""


def by_hand(services: Services) -> Builder:
    """Return the same builder as `support.yaml`."""
    writer = services.models.bound("respond")
    tuned = writer.config.prompt if writer else ""
    prompt = read_prompt(tuned or "respond")
    builder = empty_builder()
    senses = _SENSES if reads_bodies(services.deployment) else _SPEECH_ALONE

    def add(name: str, node: Node, options: Settings | None = None, *, join: bool = False) -> None:
        kit = Kit(
            name=name,
            services=services,
            model=services.models.bound(node.model) if node.model else None,
            options=node.parse(options or {}),
            prompt=prompt,
            private=prompt.private,
        )
        builder.add_node(name, step(node, kit), defer=join)

    add("begin_turn", begin_turn)
    add("screen", screen)
    add("listen", listen)
    if reads_bodies(services.deployment):
        add("face_emotion", face_emotion)
        add("voice_emotion", voice_emotion)
    add("screen_heard", screen, {"of": "heard"}, join=True)
    add("text_emotion", text_emotion)
    add("fusion", fusion)
    add("remember", remember)
    add("moment", moment)
    for name, options in _SAID.items():
        add(name, say, options)
    for name, chosen in _PLANNED.items():
        add(name, guide, {"strategy": chosen, "stance": "neutral"})
    for name, options in _NAMED.items():
        add(name, guide, options)
    add("recall", recall)
    add("strategy", strategy)
    add("system_emotion", system_emotion)
    add("respond", respond)
    add("crisis", crisis)
    add("check", check)
    add("deliver", deliver)

    builder.add_edge(START, "begin_turn")
    builder.add_edge("begin_turn", "screen")

    def after_screen(state: ConversationState) -> list[str]:
        return ["crisis"] if state["route"] == "crisis" else senses

    builder.add_conditional_edges("screen", after_screen, ["crisis", *senses])
    for sense in senses:
        builder.add_edge(sense, "screen_heard")
    builder.add_conditional_edges("screen_heard", _after_hearing, ["crisis", "text_emotion"])
    builder.add_edge("text_emotion", "fusion")
    builder.add_edge("fusion", "remember")
    builder.add_edge("remember", "moment")
    moments = [*_SAID, *_PLANNED, *_NAMED]
    builder.add_conditional_edges("moment", _after_moment, [*moments, "recall"])
    for name in _SAID:
        builder.add_edge(name, "check")
    for name in _PLANNED:
        builder.add_edge(name, "respond")
    for name in _NAMED:
        builder.add_edge(name, "recall")
    builder.add_edge("recall", "strategy")
    builder.add_edge("strategy", "system_emotion")
    builder.add_edge("system_emotion", "respond")
    builder.add_edge("respond", "check")
    builder.add_edge("crisis", "check")
    writers = ["respond", "crisis", *_SAID]
    builder.add_conditional_edges("check", _after_check, [*writers, "deliver"])
    builder.add_edge("deliver", END)
    return builder


def _after_hearing(state: ConversationState) -> str:
    return "crisis" if state["route"] == "crisis" else "text_emotion"


def _after_moment(state: ConversationState) -> str:
    name = state["route"]
    return name if name in _SAID or name in _PLANNED or name in _NAMED else "recall"


def _after_check(state: ConversationState) -> str:
    return state["route"]
