"""The page of one question as HTML: no name of a run is known here, and every text is escaped."""

from collections.abc import Sequence
from html import escape

from tools.judging.replies import Asked
from tools.judging.rubrics import Criterion
from tools.records import EarlierTurn
from ui.rating import texts
from ui.rating.pages import page
from ui.rating.places import SKIP, SKIP_ALL, Place

_LAST_TURNS = 4
"""Turns that stand open above what the person says last."""


def question_page(
    place: Place, criterion: Criterion, asked: Asked, replies: Sequence[str], mark: str,
    *, back: str, forward: str,
) -> str:  # fmt: skip
    """Return the page of one question.

    Args:
        place: where in the study it stands, and what can be chosen.
        criterion: what is asked.
        asked: the message and what was said before.
        replies: left and right, or one.
        mark: tells the server that this very question was shown.
        back: address of the question before; empty at the first.
        forward: address of where the rater goes on without a change; empty where nothing stands.
    """
    ask = texts.ASK_PAIR if place.pairwise else texts.ASK_SCALE
    names = (texts.LEFT, texts.RIGHT) if len(replies) > 1 else (texts.ONE_REPLY,)
    shown = "".join(
        f'<article class="reply"><h3>{escape(name)}</h3>{_text(reply)}</article>'
        for name, reply in zip(names, replies, strict=True)
    )
    ways = [(back, texts.BACK), (forward, texts.FORWARD), (place.stop, texts.STOP)]
    links = "".join(f'<a href="{escape(to)}">{escape(text)}</a>' for to, text in ways if to)
    body = (
        f'<div class="progress"><p><strong>{escape(place.count)}</strong> · '
        f"{escape(place.asked)}</p>"
        f'<progress value="{place.done}" max="{place.steps}" '
        f'aria-label="{escape(place.progress)}"></progress></div>'
        f'<section class="criterion"><h1>{escape(criterion.name)}</h1>'
        f"<p>{escape(criterion.definition)}</p>{_about(criterion, place)}</section>"
        f"<h2>{escape(texts.CONVERSATION)}</h2>{_conversation(asked)}"
        f'<section aria-label="{escape(texts.REPLIES)}" class="replies n{len(replies)}">'
        f"{shown}</section>"
        f'<form method="post" action="{escape(place.address)}" id="answers" tabindex="-1">'
        f'<input type="hidden" name="mark" value="{escape(mark)}">'
        f'<p id="ask"><strong>{escape(criterion.name)}:</strong> {escape(ask)}</p>'
        f"{_standing(place)}{_choices(place)}"
        f"<nav>{_leave_out(place)}{links}</nav></form>{_keys(place)}"
    )
    to_answers = f'<a class="jump" href="#answers">{escape(texts.TO_ANSWERS)}</a>'
    return page(f"{place.count}, {criterion.name}", body, start=to_answers)


def _about(criterion: Criterion, place: Place) -> str:
    """Return what to look for; it stands open until the rater has read it for one reply."""
    better, worse = (texts.BETTER, texts.WORSE) if place.pairwise else (texts.HIGH, texts.LOW)
    anchors = [(better, criterion.high), (texts.MIDDLE, criterion.middle), (worse, criterion.low)]
    questions = "".join(f"<li>{escape(text)}</li>" for text in criterion.questions)
    rows = "".join(
        f"<p><strong>{escape(name)}:</strong> {escape(text)}</p>" for name, text in anchors if text
    )
    opened = " open" if place.shown == 1 else ""
    return (
        f"<details{opened}><summary>{escape(texts.LOOK_FOR)}</summary><ul>{questions}</ul>{rows}"
        "</details>"
    )


def _conversation(asked: Asked) -> str:
    early, late = asked.before[:-_LAST_TURNS], asked.before[-_LAST_TURNS:]
    folded = ""
    if early:
        title = texts.EARLIER_ONE if len(early) == 1 else texts.EARLIER.format(n=len(early))
        folded = f"<details><summary>{escape(title)}</summary>{_turns(early)}</details>"
    last = (
        f'<div class="turn person last"><span class="who">{escape(texts.LAST)}</span>'
        f"{_text(asked.said)}</div>"
    )
    return f'<section class="talk">{folded}{_turns(late)}{last}</section>'


def _turns(turns: Sequence[EarlierTurn]) -> str:
    names = {"person": texts.PERSON, "supporter": texts.SUPPORTER}
    return "".join(
        f'<div class="turn {escape(turn["speaker"])}"><span class="who">'
        f"{escape(names[turn['speaker']])}</span>{_text(turn['text'])}</div>"
        for turn in turns
    )


def _text(text: str) -> str:
    """Return a text as it was written: no markup of it counts, its line breaks do."""
    return f'<p class="text" dir="auto">{escape(text.strip())}</p>'


def _standing(place: Place) -> str:
    if place.skipped:
        return f'<p class="standing">{escape(texts.SKIPPED_BEFORE)}</p>'
    shown = next((c.text for c in place.choices if c.value == place.chosen), "")
    said = texts.CHOSEN.format(choice=shown)
    return f'<p class="standing">{escape(said)}</p>' if shown else ""


def _choices(place: Place) -> str:
    buttons = "".join(
        f'<button name="choice" value="{escape(choice.value)}"{_keyed(choice.key)}'
        f' aria-pressed="{"true" if choice.value == place.chosen else "false"}">'
        f"{escape(choice.text)}{_hint(choice.key)}</button>"
        for choice in place.choices
    )
    kind = "pair" if place.pairwise else "scale" if len(place.choices) > 5 else "levels"
    return f'<div class="choices {kind}" role="group" aria-labelledby="ask">{buttons}</div>'


def _keyed(key: str) -> str:
    return f' data-key="{key}" aria-keyshortcuts="{key}"' if key else ""


def _hint(key: str) -> str:
    return f'<kbd aria-hidden="true">{key}</kbd>' if key else ""


def _leave_out(place: Place) -> str:
    """Return the buttons that leave out what has no answer yet."""
    if place.chosen and not place.skipped:
        return ""
    more = [(SKIP_ALL, texts.SKIP_ALL if place.pairwise else texts.SKIP_REPLY)]
    return "".join(
        f'<button class="plain" name="choice" value="{value}">{escape(text)}</button>'
        for value, text in [(SKIP, texts.SKIP), *(more if place.asks > 1 else [])]
    )


def _keys(place: Place) -> str:
    """Return the switch for keys; a script shows it, since without one no key answers."""
    if not place.keys:
        return ""
    return (
        f'<p class="keys"><button type="button" id="keys" class="plain" hidden '
        f'data-on="{escape(texts.KEYS_ON.format(keys=place.keys))}" '
        f'data-off="{escape(texts.KEYS_OFF)}"></button></p>'
    )
