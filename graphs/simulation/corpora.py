"""Write kept dialogues in the schema of a corpus, so that its loader reads them back.

Every dialogue says of itself that it is synthetic, and which graph, models, seed and profile made
it. What a corpus has no field for stands under keys of its own, which its loader leaves out.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphs.simulation.profiles import SeekerProfile
from graphs.simulation.records import Exchange, Simulated
from tools.corpora.emotions import MESC
from tools.corpora.strategies import nearest
from tools.labels import Emotion, Strategy

Row = dict[str, Any]

FILES: Mapping[str, str] = {"esconv": "train.txt", "mesc": "train.json"}
"""The file that each loader looks for first; a run is one split."""


def esconv_row(dialogue: Simulated, profile: SeekerProfile, made: Row) -> Row:
    """Return a dialogue in ESConv's schema, its strategies mapped to the nearest of the eight."""
    lines: list[Row] = []
    for turn in dialogue.turns:
        lines.append({"speaker": "usr", "text": turn.seeker})
        label = nearest(_strategy(turn), "esconv")
        lines.append(
            {"speaker": "sys", "text": turn.supporter, "strategy": label, "chain": turn.chain}
        )
    return {
        **_head(dialogue, made),
        "experience_type": "Previous Experience",
        "emotion_type": profile.emotion,
        "problem_type": profile.topic.value,
        "situation": _running(profile.situation),
        "dialog": lines,
    }


def mesc_row(dialogue: Simulated, profile: SeekerProfile, made: Row) -> Row:
    """Return a dialogue in MESC's schema; its emotions are what the graph read, not the truth.

    MESC wants an emotion for every line and has no surprise: the likeliest of those that it has
    stands for it, and the stance of fixed sentences is `neutral`. The chain has both as they were.
    """
    lines: list[Row] = []
    for turn in dialogue.turns:
        chain = turn.chain
        lines.append({"text": turn.seeker, "speaker": "user", "emotion": mesc_emotion(turn)})
        lines.append(
            {
                "text": turn.supporter,
                "speaker": "sys",
                "emotion": chain["action"]["system_emotion"] or Emotion.NEUTRAL.value,
                "strategy": _strategy(turn),
                "chain": chain,
            }
        )
    return {
        **_head(dialogue, made),
        "problem_type": profile.topic.value,
        "situation": _running(profile.situation),
        "dialog": lines,
    }


ROWS: Mapping[str, Callable[[Simulated, SeekerProfile, Row], Row]] = {
    "esconv": esconv_row,
    "mesc": mesc_row,
}


def laid_out(rows: Sequence[Row], format: str) -> str:
    """Return the text of a corpus file: JSON lines for ESConv, one array for MESC."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    if format == "esconv":
        return "".join(f"{line}\n" for line in lines)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def mesc_emotion(turn: Exchange) -> str:
    """Return the likeliest of MESC's emotions; empty where nothing was read."""
    situation = turn.chain["situation"]
    scores = {label: score for label, score in situation["scores"].items() if label in MESC}
    if situation["emotion"] in MESC:
        return situation["emotion"]
    return max(scores, key=lambda label: scores[label], default="")


def _head(dialogue: Simulated, made: Row) -> Row:
    """Return what tells where a dialogue comes from."""
    own = {"profile": dialogue.profile, "ended": dialogue.ended}
    return {"id": dialogue.id, "synthetic": True, "made_by": {**made, **own}}


def _strategy(turn: Exchange) -> str:
    """Return the strategy of a turn; one of fixed sentences has none, and is `Others`."""
    return turn.chain["strategy"]["label"] or Strategy.OTHERS.value


def _running(text: str) -> str:
    return " ".join(text.split())
