"""What a reply asks: how many questions, and whether a yes or no would answer them."""

import re

from tools.sentences import split
from tools.wording import unquoted

_ASKS = re.compile(r"\b(?:what|how|which|where|when|who|whom|whose)\b", re.IGNORECASE)
_WHY = re.compile(r"(?:^|[,;:–—] ?)(?:and |so |but )?why\b", re.IGNORECASE)
_CLOSED = re.compile(
    r"^(?:and |so |but |or |then |perhaps |maybe )?(?:do|does|did|is|are|was|were|have|has|had|can|"
    r"could|would|will|should|may|might|shall|am|isn't|aren't|wasn't|don't|doesn't|didn't|haven't|"
    r"hasn't|couldn't|wouldn't|won't|shouldn't) (?:you|it|he|she|they|that|this|there|the|your|his|"
    r"her|their|we|i|any|anything|something|someone|some|part|these|those)\b",
    re.IGNORECASE,
)
_BEFORE = (
    r"^(?:and |so |but |or |then )?(?:(?:at|in|for|to|of|from|with|by|on|about|until|since|through|"
    r"under|after|out of) )?(?:the \w+,? )?"
)
_SURELY_OPEN = re.compile(rf"{_BEFORE}(?:what|how|which|who|whom|whose)\b", re.IGNORECASE)
_OPEN = re.compile(rf"{_BEFORE}(?:what|how|which|who|whom|whose|where|when)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:–—]\s*")


def questions(reply: str) -> list[str]:
    """Return the sentences of a reply that ask something, without what it quotes."""
    return [s for s in split(unquoted(reply)) if "?" in s]


def is_open(question: str) -> bool:
    """Say whether a question cannot be answered by yes or no.

    What begins with "what" or "how" is open. Else the last clause that begins like a question
    decides: "When she left, did you ...?" is closed.
    """
    if not _ASKS.search(question) or _WHY.search(question):
        return False
    if _SURELY_OPEN.match(question):
        return True
    for clause in reversed(_CLAUSE.split(question)):
        if _CLOSED.match(clause):
            return False
        if _OPEN.match(clause):
            return True
    return True
