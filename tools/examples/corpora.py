"""Examples out of the dialogues of a corpus: a message, the reply to it, what came before."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.corpora import esconv, mesc
from tools.corpora.corpus import Reader
from tools.corpora.dialogue import Dialogue, Turn, merged
from tools.corpora.library import CORPORA
from tools.corpora.strategies import stage_of, taken_for
from tools.corpora.trouble import Report, Trouble
from tools.examples.rows import EarlierTurn, ExampleRow, ProblemType
from tools.labels import MASKED, STANCES, UNKNOWN, Emotion, Stage, Strategy
from tools.registry import load_attribute

_BEFORE = 8
"""Most turns before a message that an example keeps."""


@dataclass(frozen=True)
class Reading:
    """How a corpus becomes examples.

    Attributes:
        read: its reader, which leaves labels that nobody knows to `examples_of`.
        licence: what its publishers state.
        emotions: its labels -> `Emotion`; None where it has none, and emotions are unknown.
        problems: its problem types -> ours.
        marks: files of which one tells the corpus by its folder.
    """

    read: Reader
    licence: str
    emotions: Mapping[str, str] | None
    problems: Mapping[str, str]
    marks: tuple[str, ...]


def _reading(
    name: str,
    emotions: Mapping[str, str] | None,
    problems: Mapping[str, str],
    marks: tuple[str, ...],
) -> Reading:
    corpus = CORPORA[name]
    return Reading(load_attribute(corpus.reader), corpus.licence, emotions, problems, marks)


READINGS: Mapping[str, Reading] = {
    "esconv": _reading(
        "esconv", CORPORA["esconv"].emotions, esconv.PROBLEMS, ("ESConv.json", "train.txt")
    ),
    "mesc": _reading("mesc", mesc.DEPRESSION_AS_SADNESS, mesc.PROBLEMS, ("MESC.csv",)),
    "escot": _reading("escot", None, {}, CORPORA["escot"].files["train"]),
    "annomi": _reading("annomi", None, {}, CORPORA["annomi"].files["train"]),
}
"""The corpora that can be added. MESC's `depression` counts as sadness here."""


def examples_of(
    corpus: str, dialogue: Dialogue, report: Report, left_out: Counter[str]
) -> Iterator[ExampleRow]:
    """Yield an example for each reply of a dialogue that has a label.

    Its strategy is mapped by `tools/data/strategies.yaml` and its stage follows from it; the
    emotion is that of the message, or of the conversation where only that has one. A reply whose
    labels have no counterpart is left out, and counted; a label that nobody knows is reported.

    Args:
        corpus: whose labels the dialogue has.
        dialogue: the conversation.
        report: told of unknown labels.
        left_out: how many replies were left out, by the reason.
    """
    reading, strategies = READINGS[corpus], taken_for(corpus)
    turns = merged(dialogue.turns)
    for place, reply in enumerate(turns[1:], 1):
        said = turns[place - 1]
        if reply.speaker == "person" or not reply.strategy:
            continue
        strategy = strategies.get(reply.strategy.casefold())
        if strategy is None:
            report(Trouble(dialogue.file, dialogue.line, f"unknown strategy {reply.strategy!r}"))
            continue
        label = said.emotion or dialogue.emotion
        emotion = UNKNOWN if reading.emotions is None else reading.emotions.get(label, "")
        stance = _stance(reading, reply)
        if why := _why_not(strategy, label, emotion, stance, reply.emotion):
            left_out[why] += 1
            continue
        yield ExampleRow(
            id=f"{corpus}-{dialogue.id}-{place}",
            problem=ProblemType(reading.problems[dialogue.problem])
            if dialogue.problem in reading.problems
            else "",
            stage=Stage(stage_of(strategy)),
            situation=dialogue.situation,
            before=_before(turns[: place - 1]),
            said=said.text,
            emotion="unknown" if emotion == UNKNOWN else Emotion(emotion),
            intensity=0,
            strategy=Strategy(strategy),
            system_emotion=Emotion(stance),
            reply=reply.text,
            why="",
            licence=reading.licence,
            source=corpus,
        )


def _stance(reading: Reading, reply: Turn) -> str:
    """Return the system emotion; where the corpus has none, the calm one."""
    if not reply.emotion or reading.emotions is None:
        return Emotion.NEUTRAL.value
    return reading.emotions.get(reply.emotion, "")


def _why_not(strategy: str, label: str, emotion: str, stance: str, stance_label: str) -> str:
    """Return why a reply is no example; empty where it is one."""
    if strategy in MASKED:
        return f"strategy {strategy!r} is never used"
    if not emotion:
        return f"emotion {label!r} has no counterpart"
    if stance not in STANCES:
        return f"the supporter's {stance_label!r} is no stance"
    return ""


def _before(turns: list[Turn]) -> list[EarlierTurn]:
    """Return the last turns before a message; they begin with the person."""
    kept = turns[-_BEFORE:]
    if kept and kept[0].speaker == "supporter":
        kept = kept[1:]
    return [EarlierTurn(speaker=turn.speaker, text=turn.text) for turn in kept]
