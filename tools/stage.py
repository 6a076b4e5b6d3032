"""Where a conversation stands in Hill's helping-skills model, as ESConv uses it.

People explore before they are comforted, and are comforted before they act. Nobody can tell the
stage from one message, so that it is counted, and moved by what the person shows; the numbers are
ours.
"""

from collections.abc import Sequence

from tools.labels import Stage, Strategy

_EXPLORED = 3
"""After so many replies there has been room to tell."""

_COMFORTED = 7
"""After so many replies there has been room to be comforted."""

_EASING = 2
"""How many replies the stages come earlier when the person is easier."""

_EXPLORES = frozenset({Strategy.OPEN_QUESTION, Strategy.RESTATEMENT, Strategy.GUIDING})

_ASKS = (
    "what should i do", "what can i do", "what do i do", "any advice", "any tips",
    "do you have advice", "what would you do", "how do i ", "how can i ", "should i ",
    "was soll ich", "was kann ich tun", "was würdest du tun",
    "qué hago", "qué debo hacer", "qué puedo hacer",
    "que dois-je faire", "que puis-je faire", "qu'est-ce que je dois faire",
)  # fmt: skip

_RELIEVED = (
    "feel better", "feeling better", "feels better", "feel lighter", "feels lighter", "that helps",
    "that helped", "this helped", "relieved", "calmer", "geht es besser", "erleichtert",
    "me siento mejor", "me ayuda", "je me sens mieux", "ça m'aide", "soulagé",
)  # fmt: skip

_NEGATIONS = ("n't ", "not ", "never ", "no ", "nicht ", "nie ", "pas ")


def stage_at(
    turn: int, tried: Sequence[str] = (), *, asks: bool = False, eases: bool = False
) -> Stage:
    """Return the stage of a turn.

    A reply of `Others` greets or thanks, and counts for nothing. Comforting waits, for two turns
    at most, until something has been asked or given back. Whoever asks what to do is at action at
    once; whoever is easier gets there two replies earlier.

    Args:
        turn: the turn's number (1, 2, ...).
        tried: the strategies of the replies before it, the oldest first; may be unknown.
        asks: the person asks what to do.
        eases: what they feel has become easier.
    """
    if asks:
        return Stage.ACTION
    idle = sum(label == Strategy.OTHERS for label in tried)
    replies = max(0, turn - 1 - idle)
    ahead = replies + _EASING * eases
    unexplored = bool(tried) and not _EXPLORES.intersection(tried)
    if replies < _EXPLORED or (unexplored and replies < _EXPLORED + 2):
        return Stage.EXPLORATION
    return Stage.COMFORTING if ahead < _COMFORTED else Stage.ACTION


def asks_advice(text: str) -> bool:
    """Tell whether somebody asks what to do (English, and a few words of three languages more)."""
    low = text.casefold().replace("\u2019", "'")
    return any(phrase in low for phrase in _ASKS)


def tells_relief(text: str) -> bool:
    """Tell whether somebody says that it has become easier, and does not deny it."""
    low = text.casefold().replace("\u2019", "'")
    for phrase in _RELIEVED:
        before, found, _ = low.partition(phrase)
        if found and not any(word in before[-16:] for word in _NEGATIONS):
            return True
    return False
