"""A person's conversations for themselves: as JSON, and as a text to read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypedDict

from agents.fusion import PERSON
from graphs.run import TurnReport
from tools.labels import UNKNOWN
from tools.phrases import LocalePhrases
from tools.safety.course import level_now, peak_level
from tools.safety.letter import Line
from tools.safety.versions import text_versions
from ui.own import texts

FORMAT = "attune-conversations"
VERSION = 1
"""Of the JSON below; it grows when a field changes its meaning or goes."""


class Message(TypedDict):
    """One message; `said_by` is `person` or `attune`."""

    said_by: str
    text: str


class Guess(TypedDict):
    """One guess about a feeling; never without how sure it was."""

    source: str
    feeling: str
    confidence: float
    model: str
    experimental: bool


class Noticed(TypedDict):
    """What the last turn has noticed, without what the person removed."""

    heard: str
    guesses: list[Guess]
    together: Guess | None
    disagreement: str
    strategy: str
    system_emotion: str


class Risk(TypedDict):
    """How serious things seemed: now, at the gravest, and by danger."""

    now: str
    gravest: str
    dangers: dict[str, str]


class Exported(TypedDict):
    """One conversation."""

    begun: str
    last_used: str
    kept: bool
    graph: str
    messages: list[Message]
    noticed: Noticed | None
    remembered: list[str]
    risk: Risk | None


class Export(TypedDict):
    """The whole file."""

    format: str
    version: int
    made: str
    versions: dict[str, str]
    consents: dict[str, bool]
    conversations: list[Exported]


@dataclass(kw_only=True)
class Source:
    """One conversation, as it is found.

    Attributes:
        lines: what was said.
        graph: the name and hash of its version.
        kept: it is on disk.
        begun: seconds since 1970; None where it is not known.
        used: when it was last written, likewise.
        report: what the last turn came to, where it is still known.
        state: what the graph holds of it.
    """

    lines: Sequence[Line]
    graph: str
    kept: bool
    begun: float | None = None
    used: float | None = None
    report: TurnReport | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


def export(sources: Sequence[Source], consents: Mapping[str, bool]) -> Export:
    """Return the file's content.

    Args:
        sources: the conversations.
        consents: which of `keep`, `microphone` and `camera` are given now.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "made": _time(datetime.now(UTC).timestamp()),
        "versions": {"attune": _program(), **text_versions()},
        "consents": dict(consents),
        "conversations": [_conversation(source) for source in sources],
    }


def as_json(content: Export) -> str:
    """Return it as JSON, for programs and for people who look closely."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def as_text(content: Export, phrases: LocalePhrases) -> str:
    """Return it to be read: what was said, and what was noticed last."""
    parts = [f"{texts.TEXT_TITLE}\n{content['made'][:10]}"]
    for each in content["conversations"]:
        heading = each["begun"][:16].replace("T", " ") or texts.TEXT_NOW
        parts.append(f"{'=' * len(heading)}\n{heading}\n{'=' * len(heading)}")
        for message in each["messages"]:
            who = texts.TEXT_PERSON if message["said_by"] == "person" else texts.TEXT_ATTUNE
            parts.append(f"{who}:\n{message['text']}")
        parts += [part for part in (_noticed_text(each, phrases), _memory_text(each)) if part]
    return "\n\n".join(parts) + "\n"


def _conversation(source: Source) -> Exported:
    summary = source.state.get("summary") or {"lines": []}
    course = source.state.get("risk")
    return {
        "begun": _time(source.begun),
        "last_used": _time(source.used),
        "kept": source.kept,
        "graph": source.graph,
        "messages": [
            {"said_by": "person" if b["role"] == "user" else "attune", "text": b["content"]}
            for b in source.lines
        ],
        "noticed": _noticed(source.report) if source.report else None,
        "remembered": list(summary["lines"]),
        "risk": {
            "now": level_now(course),
            "gravest": peak_level(course),
            "dangers": {name: standing["level"] for name, standing in course["now"].items()},
        }
        if course
        else None,
    }


def _noticed(report: TurnReport) -> Noticed:
    felt = report["user_emotion"]
    together: Guess = {
        "source": PERSON if felt["sources"] == {PERSON: 1.0} else "together",
        "feeling": felt["label"],
        "confidence": felt["confidence"],
        "model": "",
        "experimental": False,
    }
    return {
        "heard": report["heard"]["text"],
        "guesses": [
            {
                "source": modality,
                "feeling": reading["label"],
                "confidence": reading["confidence"],
                "model": reading["model"],
                "experimental": reading["experimental"],
            }
            for modality, reading in report["readings"].items()
            if reading["label"]
        ],
        "together": together if felt["scores"] else None,
        "disagreement": felt["disagreement"],
        "strategy": report["strategy"]["label"],
        "system_emotion": report["system_emotion"]["label"],
    }


def _noticed_text(each: Exported, phrases: LocalePhrases) -> str:
    found = each["noticed"]
    guesses = [*found["guesses"], found["together"]] if found else []
    words: dict[str, str] = {str(k): v for k, v in phrases.noticed_as.emotions.items()}
    lines = [
        texts.TEXT_GUESS.format(
            source=texts.TEXT_FROM[guess["source"]],
            feeling=words.get(guess["feeling"], guess["feeling"]),
            number=f"{guess['confidence']:.0%}",
        )
        for guess in guesses
        if guess and guess["feeling"] != UNKNOWN
    ]
    return "\n".join([texts.TEXT_NOTICED, *lines]) if lines else ""


def _memory_text(each: Exported) -> str:
    lines = [f"- {line}" for line in each["remembered"]]
    return "\n".join([texts.TEXT_REMEMBERED, *lines]) if lines else ""


def _program() -> str:
    try:
        return version("attune")
    except PackageNotFoundError:  # run from its folder, without being installed
        return ""


def _time(seconds: float | None) -> str:
    """Return a time as ISO 8601 in UTC, to the second; empty where it is not known."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
