"""What a person must be told again: that this is an AI, and that a break does good.

The intervals are those of the law where it names one: the notice at the start and every three
hours (New York, General Business Law, article 47), after seven days without use and whenever
somebody asks (Utah, HB 452). Once somebody young is here it comes every hour. The break is ours.
"""

from collections.abc import Sequence
from typing import Literal, get_args

from tools.records import Due, Reminded

Reminder = Literal["disclosure", "identity", "reminder", "pause"]
"""Fixed lines by name: all that is said before a first message; the answer to "are you human?"; the
notice that this is an AI; the suggestion of a break."""

HOUR_S = 3600.0
NOTICE_S = 3 * HOUR_S
MINOR_NOTICE_S = HOUR_S
IDLE_S = 7 * 24 * HOUR_S
STRETCH_S = 1.5 * HOUR_S
"""Seconds of unbroken talk after which a break is suggested, and then again."""

GAP_S = 1200.0
"""Seconds without a message that are a break."""

NOTICES: tuple[Reminder, ...] = tuple(name for name in get_args(Reminder) if name != "pause")


def begin(
    before: Reminded | None,
    now: float,
    *,
    disclosed: bool = False,
    minor: bool = False,
    grave: bool = False,
) -> tuple[Reminded, Due]:
    """Return when things last happened, a new turn included, and what it must say.

    Args:
        before: how it stood after the turn before; None in the first.
        now: seconds since 1970; a clock that was set back counts as one that stands still.
        disclosed: the person read the disclosure before they could write anything.
        minor: somebody young is here.
        grave: the conversation is about great danger, from which nobody is sent away.
    """
    if before is None:
        before = {"begun": now, "last": now, "told": 0.0, "paused": 0.0}
    begun, last = min(before["begun"], now), min(before["last"], now)
    noticed, paused = min(before["told"], now), min(before["paused"], now)
    noticed = noticed or (now if disclosed else 0.0)
    idle = now - last
    begun = now if idle >= GAP_S else begun
    due: Due = {"before": [], "after": []}
    if not noticed:
        due["before"].append("disclosure")
    elif idle >= IDLE_S:
        due["before"].append("reminder")
    elif now - noticed >= (MINOR_NOTICE_S if minor else NOTICE_S):
        due["after"].append("reminder")
    if now - max(begun, paused) >= STRETCH_S and not grave:
        due["after"].append("pause")
    return {"begun": begun, "last": now, "told": noticed, "paused": paused, "away": idle}, due


def heed(due: Due, *, asked: bool, crisis: bool) -> Due:
    """Return what to say now that the message is known; heeding twice changes nothing more.

    Args:
        due: what time alone asks for.
        asked: the person asked what they are talking with; the answer comes first.
        crisis: the protocol answers: nothing stands before it, the notice comes at its end, and
            nobody is sent away for a break.
    """
    before, after = due["before"], due["after"]
    if asked and "disclosure" not in [*before, *after]:
        before, after = ["identity"], [name for name in after if name == "pause"]
    if not crisis:
        return {"before": before, "after": after}
    notices = [name for name in [*before, *after] if name in NOTICES]
    if not notices:
        return {"before": [], "after": []}
    return {"before": [], "after": ["identity" if "identity" in notices else "reminder"]}


def told(times: Reminded, names: Sequence[str]) -> Reminded:
    """Return when things last happened, now that these lines were said."""
    return {
        **times,
        "told": times["last"] if set(names) & set(NOTICES) else times["told"],
        "paused": times["last"] if "pause" in names else times["paused"],
    }
