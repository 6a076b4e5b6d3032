"""What a simulation came to, in numbers, and the table that shows it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TypedDict

from rich.box import SIMPLE
from rich.table import Table

from graphs.simulation.agenda import facts_of
from graphs.simulation.filters import COPIED_WORDS
from graphs.simulation.profiles import SeekerProfile
from graphs.simulation.records import Simulated
from tools.metrics.copying import longest_common_run
from tools.metrics.diversity import distinct
from tools.metrics.tokens import tokens

NOTE = (
    "Synthetic: two language models talked. These dialogues, and every number about them, are no "
    "evidence about people, nor that anybody was helped."
)

_NO_STRATEGY = "(fixed sentences)"


class Speech(TypedDict):
    """How one of the two speaks.

    `words` is the mean length of a line in words; `distinct_1` and `distinct_2` are shares in
    [0, 1] over all their lines, comparable between sets of about the same size.
    """

    words: float
    distinct_1: float
    distinct_2: float


class Summary(TypedDict):
    """The kept dialogues in numbers, and what became of the others.

    A dialogue that was dropped for several reasons counts under each in `reasons`. `turns` is the
    mean number of exchanges; `verbatim` counts lines of the seeker with eight words or more in a
    row as the profile has them; `strategies` and `emotions` count turns of the kept dialogues.
    """

    dialogues: int
    kept: int
    dropped: int
    reasons: dict[str, int]
    endings: dict[str, int]
    turns: float
    fixed_turns: int
    verbatim: int
    strategies: dict[str, int]
    emotions: dict[str, int]
    seeker: Speech
    supporter: Speech
    note: str


def summarise(
    kept: Sequence[Simulated],
    dropped: Mapping[str, Sequence[str]],
    profiles: Mapping[str, SeekerProfile],
) -> Summary:
    """Count what came out.

    Args:
        kept: the dialogues that are kept.
        dropped: id of each other one -> why it is dropped.
        profiles: everybody who may be played, by id.
    """
    turns = [turn for dialogue in kept for turn in dialogue.turns]
    reasons = Counter(reason for found in dropped.values() for reason in found)
    return {
        "dialogues": len(kept) + len(dropped),
        "kept": len(kept),
        "dropped": len(dropped),
        "reasons": dict(reasons.most_common()),
        "endings": dict(Counter(dialogue.ended for dialogue in kept).most_common()),
        "turns": round(fmean(len(dialogue.turns) for dialogue in kept), 2) if kept else 0.0,
        "fixed_turns": sum(turn.fixed for turn in turns),
        "verbatim": sum(_verbatim(dialogue, profiles[dialogue.profile]) for dialogue in kept),
        "strategies": dict(
            Counter(turn.chain["strategy"]["label"] or _NO_STRATEGY for turn in turns).most_common()
        ),
        "emotions": dict(
            Counter(turn.chain["situation"]["emotion"] for turn in turns).most_common()
        ),
        "seeker": _speech([turn.seeker for turn in turns]),
        "supporter": _speech([turn.supporter for turn in turns]),
        "note": NOTE,
    }


def _verbatim(dialogue: Simulated, profile: SeekerProfile) -> int:
    facts = [item.fact for item in facts_of(profile)]
    return sum(
        any(longest_common_run(line, fact) >= COPIED_WORDS for fact in facts)
        for line in dialogue.lines(supporter=False)
    )


def _speech(lines: Sequence[str]) -> Speech:
    words = [tokens(line) for line in lines]
    return {
        "words": round(fmean(map(len, words)), 1) if words else 0.0,
        "distinct_1": round(distinct(words, 1), 3),
        "distinct_2": round(distinct(words, 2), 3),
    }


def table(summary: Summary) -> Table:
    """Lay a summary out for the terminal."""
    made = Table("what", "value", box=SIMPLE, pad_edge=False, title="Simulated dialogues")
    made.add_row("dialogues", str(summary["dialogues"]))
    made.add_row("kept", str(summary["kept"]))
    made.add_row("dropped", str(summary["dropped"]))
    for reason, number in summary["reasons"].items():
        made.add_row(f"  {reason}", str(number))
    made.add_row("turns a dialogue, mean", f"{summary['turns']:.1f}")
    for ending, number in summary["endings"].items():
        made.add_row(f"  ended by {ending}", str(number))
    made.add_row("turns with fixed sentences", str(summary["fixed_turns"]))
    made.add_row("lines told as the profile has them", str(summary["verbatim"]))
    for name, speech in (("seeker", summary["seeker"]), ("supporter", summary["supporter"])):
        made.add_row(f"words a line, {name}", f"{speech['words']:.1f}")
        made.add_row(
            f"distinct-1 / distinct-2, {name}",
            f"{speech['distinct_1']:.3f} / {speech['distinct_2']:.3f}",
        )
    total = sum(summary["strategies"].values())
    for label, number in summary["strategies"].items():
        made.add_row(f"strategy {label}", f"{number} ({number / total:.0%})")
    return made
