"""Near-duplicates among dialogues, by the share of three-word runs that two have in common."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from graphs.simulation.records import Simulated
from tools.metrics.diversity import ngrams
from tools.metrics.tokens import tokens

SHARE = 0.5
"""Jaccard index from which two dialogues count as one."""

_RUN = 3


def twins(dialogues: Sequence[Simulated]) -> dict[str, str]:
    """Return each dialogue that is nearly an earlier one, and which.

    Only what the seeker says is compared: fixed sentences of the supporter stand in many dialogues.

    Args:
        dialogues: in order; the first of two stays.
    """
    grams = [_grams(dialogue) for dialogue in dialogues]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found: dict[str, str] = {}
    for place, own in enumerate(grams):
        shared = Counter(other for gram in own for other in holders[gram])
        for other, common in shared.items():
            if common >= SHARE * (len(own) + len(grams[other]) - common):
                found[dialogues[place].id] = dialogues[other].id
                break
        else:
            for gram in own:
                holders[gram].append(place)
    return found


def _grams(dialogue: Simulated) -> set[tuple[str, ...]]:
    lines = dialogue.lines(supporter=False)
    return {gram for line in lines for gram in ngrams(tokens(line), _RUN)}
