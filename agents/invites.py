"""What a message invites, whatever it is about: a flat answer, thanks, good news."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from agents.state import ConversationState, utterance
from tools.labels import Strategy


class Sign(StrEnum):
    """What a message shows by its form."""

    FLAT = "flat"
    THANKS = "thanks"
    GOOD_NEWS = "good news"


INVITES: Mapping[Sign, Mapping[Strategy, float]] = {
    Sign.FLAT: {
        Strategy.COMMUNICATION: 2.0,
        Strategy.GUIDING: 2.0,
        Strategy.OPEN_QUESTION: 0.4,
        Strategy.INTERPRETATION: 0.5,
        Strategy.ADVISEMENT: 0.3,
    },
    Sign.THANKS: {
        Strategy.OTHERS: 3.0,
        Strategy.APPROVAL: 2.0,
        Strategy.OPEN_QUESTION: 0.5,
        Strategy.INTERPRETATION: 0.4,
        Strategy.ADVISEMENT: 0.3,
    },
    Sign.GOOD_NEWS: {
        Strategy.APPROVAL: 2.5,
        Strategy.OTHERS: 1.5,
        Strategy.INTERPRETATION: 0.4,
        Strategy.ADVISEMENT: 0.3,
    },
}
"""By how much each sign multiplies a strategy's score; 1 where none stands.

The numbers are ours, chosen by hand and not fitted: whoever has few words is not asked for more,
and whoever says thanks or brings good news is neither advised nor interpreted.
"""

UNEARNED = 0.3
"""By how much Approval is multiplied where the person tells of nothing that they did (ours)."""

SAYS: Mapping[Sign, str] = {
    Sign.FLAT: "the person says little",
    Sign.THANKS: "the person says thanks",
    Sign.GOOD_NEWS: "the person brings good news",
}

_FLAT_WORDS = """
i you it is am im i'm do don't dont not so really just know knows guess idk dunno yeah yes yep no
nope nah ok okay k sure fine maybe whatever nothing much same hm hmm mhm meh eh well right like
that's thats ja nein keine ahnung weiß weiss nicht nichts sí si no sé nada vale oui non sais pas je
rien bof
"""
_FLAT = frozenset(_FLAT_WORDS.split())
_MOST_FLAT = 6
"""Words of a flat message."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_THANKS = re.compile(
    r"(?<!no )\b(?:thank you|thanks|thx|cheers|ta for|danke|gracias|merci)\b"
    r"(?! (?:for nothing|to\b|für nichts|por nada|pour rien))"
)
_MOST_THANKS = 12
"""Words of a message that is mostly thanks; a longer one tells of something else as well."""

_GOOD_NEWS = re.compile(r"\b(?:good|great|best) news\b(?! for\b)")
_SURELY = 0.5


def sign_of(state: ConversationState) -> Sign | None:
    """Return what the message shows by its form, None where nothing special.

    Thanks and good news count only where there is no risk: a farewell may sound like thanks. An
    opening is never flat.
    """
    text = utterance(state).casefold().replace("\u2019", "'")
    words = _WORD.findall(text)
    felt = state["user_emotion"]
    calm = not state["risk"]["peak"]
    news = _GOOD_NEWS.search(text) and "no good news" not in text
    glad = felt["scores"].get("joy", 0.0) >= _SURELY
    if calm and not felt["disagreement"]:
        if _THANKS.search(text) and len(words) <= _MOST_THANKS:
            return Sign.THANKS
        if glad or news:
            return Sign.GOOD_NEWS
    opening = not state.get("tried", []) and state["turn"] <= 1
    if words and not opening and "?" not in text and len(words) <= _MOST_FLAT:
        return Sign.FLAT if _FLAT.issuperset(words) else None
    return None


_DID = re.compile(
    r"\b(?:i|we)(?:'ve| have| had)?(?: (?:just|finally|even|actually|still|only|then|also|never))* "
    r"(?:did|made|went|told|said|took|got|wrote|kept|left|gave|put|came|ran|rang|stood|held|found"
    r"|began|bought|drove|let|sat|spoke|chose|quit|sent|read|met|paid|sold|cut|won|done|gone|\w+ed)\b"
)


def tells_of_doing(text: str) -> bool:
    """Return whether somebody tells of something that they did; English only."""
    return bool(_DID.search(text.casefold().replace("\u2019", "'")))


def worn(tried: Sequence[str]) -> frozenset[str]:
    """Return the strategy of the last two replies where both had the same one.

    So no third question follows two, and nothing is done three times in a row.
    """
    last = tried[-2:]
    return frozenset(last) if len(last) == 2 and len(set(last)) == 1 else frozenset()
