"""What a report says after its person has put a guess right, or taken it away."""

from agents.fusion import PERSON, fused
from graphs.run import TurnReport
from tools.records import MODALITIES, Choice, Reading, UserEmotion

TOGETHER = "together"
SOURCES = (*MODALITIES, TOGETHER)
"""Where a guess comes from."""

_TOLD = "put right by the person"


def is_told(found: Reading | UserEmotion) -> bool:
    """Say whether a guess is the person's own word by now."""
    return found.get("note") == _TOLD or found.get("sources") == {PERSON: 1.0}


def put_right(report: TurnReport, source: str, emotion: str) -> TurnReport:
    """Return a report that says of a guess what the person said, and of the whole as well.

    Args:
        report: of the last turn.
        source: one of `SOURCES`.
        emotion: an `Emotion` value.
    """
    own = {emotion: 1.0}
    readings = dict(report["readings"])
    if source in readings:
        readings[source] = {
            **readings[source],
            "label": emotion,
            "confidence": 1.0,
            "scores": own,
            "detail": {},
            "note": _TOLD,
        }
    felt: UserEmotion = {
        "label": emotion,
        "confidence": 1.0,
        "scores": own,
        "sources": {PERSON: 1.0},
        "disagreement": "",
    }
    return {**_plainer(report), "readings": readings, "user_emotion": felt}


def without(report: TurnReport, source: str) -> TurnReport:
    """Return a report in which a guess does not occur, nor what was made of it.

    Args:
        report: of the last turn.
        source: one of `SOURCES`; of all together, nothing about feelings is left.
    """
    readings = {m: r for m, r in report["readings"].items() if source not in (m, TOGETHER)}
    felt = report["user_emotion"]
    told = felt["label"] if PERSON in felt["sources"] and source != TOGETHER else ""
    return {
        **_plainer(report),
        "readings": readings,
        "user_emotion": fused(list(readings.values()), told),
    }


def _plainer(report: TurnReport) -> TurnReport:
    """Return a report whose reasons and notes do not tell of a guess any more."""

    def bare(choice: Choice) -> Choice:
        return {"label": choice["label"], "scores": {}, "why": ""}

    return {
        **report,
        "strategy": bare(report["strategy"]),
        "system_emotion": bare(report["system_emotion"]),
        "examples": [],
        "notes": [],
    }
