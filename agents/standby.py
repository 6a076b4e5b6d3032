"""What is said where no model writes: a close example's own words, or a fixed sentence.

An example was written for somebody else. A sentence of it is taken only where that person said
nearly the same (`_CLOSE`), where it keeps to the plan, where `check` would let it through, and
where each of its words is one that this person has used, or one of those that our fixed sentences
are made of: then it can name nothing that they have not told. It must take up a word of theirs as
well, or a fixed sentence is as good. That door is narrow, and meant to be: of our 840 examples,
asked for each other, none passes it. So mostly the fixed sentences answer, each in its turn.
"""

import random
from contextlib import suppress

from langchain_core.messages import AIMessage, HumanMessage

from agents.context import Context, Kit
from agents.drafting import Setting
from agents.state import ConversationState, utterance
from tools.labels import MASKED, Strategy
from tools.phrases import LocalePhrases
from tools.records import Missing
from tools.sentences import split
from tools.wording import words
from tools.words import PLAIN

_CLOSE = 0.6
"""Cosine that an example must reach. Of our 840 examples, those of one strategy that are so near by
MiniLM agree in emotion in 61% of 36 pairs, against 15% of all; nearer ones do no better, and at
0.5 it is 45%. So closeness alone proves little, and the words decide."""

_OTHERS = frozenset(
    {"he", "she", "him", "her", "his", "hers", "himself", "herself", "they", "them", "their"}
)
"""Words that point to somebody: only for who has spoken of somebody by them."""

_UNHEARD: dict[Missing, str] = {
    "no speech": "not_heard",
    "gone": "not_heard",
    "language": "language_not_heard",
    "failed": "listening_failed",
    "too slow": "listening_failed",
}
"""Why there are no words of a recording -> the moment whose words are said."""


def stand_in(state: ConversationState, context: Context, kit: Kit, setting: Setting) -> str:
    """Return what is said in place of a model's reply; without words, what asks for them.

    What was refused once this turn is followed by a fixed sentence.
    """
    phrases = kit.services.phrases.for_locale(context.locale)
    if not utterance(state):
        name = _UNHEARD.get(state["heard"]["missing"], "no_words")
        return _in_turn(phrases.moments[name], state)
    label = setting.strategy or Strategy.COMMUNICATION.value
    calm = not state["risk"]["now"] and not state["rejected"]
    if calm and phrases.language == "en":
        with suppress(Exception):  # a policy that fails would let nothing through
            if found := _borrowed(label, state, kit, setting):
                return found
    return _in_turn(phrases.fallback[Strategy(label)], state)


def _in_turn(choices: list[str], state: ConversationState) -> str:
    """Return one of the sentences that were not said for longest: never the same twice in a row."""
    earlier = [m.text for m in state["messages"] if isinstance(m, AIMessage)]

    def last(choice: str) -> int:
        return max((turn for turn, text in enumerate(earlier) if choice in text), default=-1)

    oldest = min(map(last, choices))
    fresh = [choice for choice in choices if last(choice) == oldest]
    # By what was said and not by the turn's id, so that the same talk goes the same way again.
    return random.Random(f"{state['turn']} {utterance(state)}").choice(fresh)


def _borrowed(label: str, state: ConversationState, kit: Kit, setting: Setting) -> str:
    """Return the sentence of a close example that takes up most of what was said; else nothing."""
    told = [m.text for m in state["messages"] if isinstance(m, HumanMessage)]
    heard = "\n".join([*told, utterance(state)])
    own = set(words(heard))
    plain = _plain(kit.services.phrases.for_locale("en")) - _OTHERS
    matter = own - plain
    shown = [text for e in state["examples"] for text in (e["said"], e["reply"])]
    found = [
        sentence
        for example in state["examples"]
        if example["strategy"] == label and example.get("similarity", 0.0) >= _CLOSE
        for sentence in split(example["reply"])
        if matter.intersection(words(sentence))
        and (plain | own).issuperset(words(sentence))
        and not setting.departs(sentence, first=True)
        and not setting.lacks(sentence)
        and not kit.services.policy.read(sentence, private=(*kit.private, *shown), heard=heard)
    ]
    return max(found, key=lambda sentence: len(matter.intersection(words(sentence))), default="")


def _plain(phrases: LocalePhrases) -> frozenset[str]:
    """Return the words of the fixed sentences, which are written to name nobody's matter."""
    lines = [
        line
        for strategy, choices in phrases.fallback.items()
        if strategy not in MASKED
        for line in choices
    ]
    return PLAIN.union(*map(words, lines))
