"""How much of a message a reply says again word for word."""

from difflib import SequenceMatcher

from tools.metrics.tokens import tokens


def longest_common_run(reply: str, message: str) -> int:
    """Return how many words the longest run has that stands in both texts."""
    ours, theirs = tokens(reply), tokens(message)
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    return matcher.find_longest_match(0, len(ours), 0, len(theirs)).size
