"""Notice a reply that speaks to a judge; a small judge heeds it, however well it is quoted.

The patterns are for English, meant to raise a hand and not to decide: what they find is judged like
everything else, and named in the report.
"""

import re
from collections.abc import Sequence

from tools.judging.replies import Replied

_OURS = r"(instructions?|prompts?|criteri\w+|task|rubric)"

_PLEA = re.compile(
    r"\b(ignore|disregard|forget|overlook)\s+(all|any|everything|the|your|of|these|those|\s)*"
    rf"(above|((previous|earlier|prior)\s+)?{_OURS})\b"
    r"|\b(best|highest|top|maximum|perfect)\s+(score|rating|grade)\b"
    r"|\b(score|rate|grade|give)\s+(this|the)\s+(reply|response|answer)\b"
    r"|\b(give|score|rate)\s+(it\s+|me\s+)?(an?\s+)?\d+\s*([.,!;/]|out of|$)"
    r"|\b(dear|hey|note to)\s+(the\s+)?(judge|rater|evaluator|grader)\b"
    r"|\b(reply|response|answer) [AB] is (better|worse|the best)\b",
    re.IGNORECASE,
)


def speaks_to_judge(reply: str) -> bool:
    """Say whether a reply seems to ask for its own score."""
    return _PLEA.search(reply) is not None


def pleading(found: Sequence[Replied]) -> dict[str, list[str]]:
    """Return the ids of the items whose reply seems to speak to a judge, by run that has any."""
    ids: dict[str, list[str]] = {}
    for replied in found:
        for run, reply in replied.replies.items():
            if speaks_to_judge(reply):
                ids.setdefault(run, []).append(replied.asked.id)
    return ids
