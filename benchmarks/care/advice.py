"""Tell advice in a reply, for the measurement alone.

The graph filters its replies with rules of its own (`tools.wording`). A measure with the same rules
would find nothing left, so that these were written apart from them, and are on purpose wider: a
suggestion put as a question counts too. Blind labels say how well they do.
"""

import re

from tools.metrics.tokens import tokens
from tools.sentences import split

_PHRASES = (
    "you should", "you shouldn't", "you ought", "you need to", "you could try",
    "you could ask", "you could say", "you could tell", "you could write", "you could start",
    "you can try", "you can start", "you can ask", "you can also",
    "you might want", "you might try", "you might find it helpful", "you may want",
    "have you tried", "have you considered", "have you thought", "have you talked to",
    "have you spoken", "why not", "why don't you", "how about", "what about trying", "what if you",
    "would it help to", "would it help if", "could you ask", "could you talk", "could you try",
    "i suggest", "i'd suggest", "i would suggest", "i recommend", "i'd recommend", "i advise",
    "i encourage you", "it might help", "it may help", "it could help", "it can help",
    "it might be helpful", "it may be helpful", "it can be helpful", "it could be helpful",
    "it might be good to", "it might be worth", "it's important to", "it is important to",
    "it's best to", "it's a good idea", "a good first step", "one thing you", "one small thing",
    "one small step", "a small step", "my advice", "if i were you",
)  # fmt: skip
_FIRST = frozenset({
    "try", "take", "make", "start", "write", "talk", "speak", "reach", "ask", "tell", "remember",
    "consider", "focus", "keep", "give", "let", "set", "find", "join", "look", "think", "go",
    "call", "allow", "avoid", "breathe", "practice", "seek", "don't", "stop", "be", "use", "send",
    "put", "pick", "choose",
})  # fmt: skip
_BEFORE = frozenset({
    "maybe", "perhaps", "just", "please", "then", "so", "and", "but", "also", "first", "next",
    "instead",
})  # fmt: skip
_LISTENING = re.compile(
    r"^(?:take your time|tell me|let me|let's stay|keep going|go on|take all the time)\b", re.I
)


def advises(reply: str) -> bool:
    """Say whether any sentence of an English reply tells the person what to do."""
    return any(_advises(sentence) for sentence in split(reply))


def _advises(sentence: str) -> bool:
    words = tokens(sentence)
    if not words or _LISTENING.match(sentence.strip()):
        return False
    text = f" {' '.join(words)} "
    if any(f" {phrase} " in text for phrase in _PHRASES):
        return True
    while words and words[0] in _BEFORE:
        words = words[1:]
    return bool(words) and words[0] in _FIRST and not sentence.rstrip().endswith("?")
