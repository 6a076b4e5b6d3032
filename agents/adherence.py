"""Tell whether a reply keeps to its plan.

Published work finds that about 40% of a model's answers do not follow their own plan (MOCC-R1). A
small model advises or consoles where it was asked to listen, repeats the person, speaks as if it
were them, and forgets the question it was to ask. Sentences are judged for themselves; what a
whole reply lacks is told apart. English only: in other languages nothing is found.
"""

import re
from collections.abc import Sequence

from tools.examples.questions import is_open, questions
from tools.examples.rules import speaks_of_itself
from tools.labels import Strategy
from tools.sentences import split
from tools.wording import advice, cliche, longest_run, straight, unquoted, words

_COPIED = 8
"""Words in a row that a sentence may take over from the person."""

_ASKING = frozenset(
    {
        Strategy.OPEN_QUESTION.value,
        Strategy.GUIDING.value,
        Strategy.ADVISEMENT.value,
        Strategy.OTHERS.value,
    }
)
"""Strategies under which a reply may ask what it likes; elsewhere a question only checks."""

_CHECKS = re.compile(
    r"\b(is that|does that|might (it|some|that|this)|or would|have i|did i|am i|is it|would that"
    r"|or is|does any|would you say|could it be)\b",
    re.IGNORECASE,
)
_TENTATIVE = re.compile(
    r"\b(i wonder|perhaps|maybe|might|may (be|have)|could (it )?be|it could|seems?|as if|as though"
    r"|part of (you|this|it)|tell me if|i may be|i could be wrong|possibly|my guess|guess)\b",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"\b(could|might|you may|if you (like|want|feel)|try|one (small |little )?(thing|step|idea|way)"
    r"|start (with|by)|ask|tell|write|say|pick|set|put|take|give|let|choose)\b",
    re.IGNORECASE,
)
_AS_PERSON = re.compile(
    r"^(and |but |so |because |then |now )?(i|i'm|i've|i'd|i'll|we|we're)\b"
    r"|\bmy (?!guess|mistake|question|word|last|part|misread)\w+",
    re.IGNORECASE,
)
_OWN_VOICE = re.compile(
    r"\b(wonder|glad|hear|guess|guessing|follow\w*|read\w*|listening|with you|see|saw|wrong|missed"
    r"|misread|misunderstood|misheard|got (that|it|you|there)|mean|mistaken|don't find|don't want"
    r"|don't know|take|may|might|could|can|would|i'd|i'll|think|hope|asked|we (don't|needn't)"
    r"|an ai|let|sorry)\b",
    re.IGNORECASE,
)
_REPROACHES = frozenset(
    {
        "awful", "bad", "burden", "coward", "cowardly", "disgusting", "dumb", "evil", "failure",
        "fool", "hopeless", "horrible", "idiot", "lazy", "liar", "loser", "mess", "monster",
        "pathetic", "ridiculous", "rotten", "selfish", "stupid", "terrible", "ugly", "useless",
        "weak", "worthless",
    }
)  # fmt: skip
_DISTANCED = re.compile(
    r"\b(not|isn't|aren't|wasn't|weren't|doesn't|don't|didn't|never|nothing|no|hardly|calling"
    r"|(you|they|he|she)('ve| have)? (just )?(call|say|said|feel|felt|think|thought|told)\w*"
    r"|word|harsh|hard on|as if|as though|like|look(s|ed)?|perhaps|maybe|may|might|fair)\b",
    re.IGNORECASE,
)
_THIRD_PERSON = re.compile(
    r"^(they|the (person|user|speaker|client|supporter)) (seem|is|are|feel|was|were)\w*\b"
    r"|\b(the (user|speaker|client) (is|was|feels|seems))\b",
    re.IGNORECASE,
)
_CARE = re.compile(
    r"\b(emergency|crisis line|help ?line|hot ?line|doctor|ambulance|hospital|poison|are you safe"
    r"|your safety|be safe|ending your life|hurt(ing)? yourself|suicid\w*|kill(ing)? yourself)\b",
    re.IGNORECASE,
)
"""Sentences about somebody's safety are `check`'s to judge, never left out for the plan's sake."""

_MARKS = re.compile(r"[\[\]{}<>*#_`]|^\d+[.)]|\bnote in brackets\b")


def departs(sentence: str, strategy: str, *, person: str = "", earlier: Sequence[str] = ()) -> str:
    """Return why a sentence does not keep to the plan; empty when it does.

    Args:
        sentence: one sentence of a reply.
        strategy: a value of `tools.labels.Strategy`, or empty without a plan.
        person: what the person said this turn.
        earlier: the replies of earlier turns.
    """
    text = straight(sentence)
    if _CARE.search(text):  # where the model saw danger that the screen did not
        return ""
    if _MARKS.search(text):
        return "marks that are no speech"
    if cliche(text):
        return "a platitude"
    if _THIRD_PERSON.search(text):
        return "speaks about the person"
    if speaks_of_itself(text) or (strategy != Strategy.ADVISEMENT and _speaks_as_person(text)):
        return "speaks as if it were a person"
    if strategy and strategy != Strategy.ADVISEMENT and advice(text):
        return f"advice under {strategy!r}"
    if person and copied(text, person) > _COPIED:
        return "repeats what was said"
    if person and _agrees_with_reproach(text, person):
        return "says a self-reproach back as true"
    asked = "?" in text
    if asked and strategy == Strategy.OPEN_QUESTION and not is_open(text):
        return "a closed question"
    if asked and strategy and strategy not in _ASKING and not _CHECKS.search(text):
        return f"a question under {strategy!r}"
    if any(words(text) == words(line) for reply in earlier for line in split(reply)):
        return "says an earlier sentence again"
    return ""


def lacks(reply: str, strategy: str) -> str:
    """Return what a whole reply lacks of its strategy; empty when nothing.

    Args:
        reply: all sentences of the reply.
        strategy: a value of `tools.labels.Strategy`, or empty without a plan.
    """
    match strategy:
        case Strategy.OPEN_QUESTION if not any(is_open(q) for q in questions(reply)):
            return "an open question"
        case Strategy.INTERPRETATION if not _TENTATIVE.search(straight(reply)):
            return "a tentative guess"
        case Strategy.ADVISEMENT if not _OFFER.search(straight(reply)):
            return "a step to try"
    return ""


def copied(sentence: str, person: str) -> int:
    """Return how many words in a row a sentence takes over from what the person said.

    "I" and "my" count as "you" and "your".
    """
    return len(longest_run(_turned(words(sentence)), _turned(words(person))))


def _agrees_with_reproach(text: str, person: str) -> bool:
    """Say whether a harsh word of the person stands in the sentence, neither denied nor quoted."""
    spoken = unquoted(text)
    own = _REPROACHES.intersection(words(spoken)).intersection(words(person))
    return bool(own) and not _DISTANCED.search(spoken)


def _speaks_as_person(text: str) -> bool:
    spoken = unquoted(text)
    return bool(_AS_PERSON.search(spoken)) and not _OWN_VOICE.search(spoken)


def _turned(found: Sequence[str]) -> list[str]:
    return [_TURN.get(word, word) for word in found]


_TURN = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'm": "you're",
    "im": "you're", "i've": "you've", "i'd": "you'd", "i'll": "you'll", "am": "are",
}  # fmt: skip
