"""The rating page as HTML: no name of a run is known here, and every text is escaped."""

from collections.abc import Sequence
from html import escape

from tools.judging.replies import Asked
from tools.judging.rubrics import Criterion
from tools.records import EarlierTurn
from ui.rating import texts
from ui.rating.places import SKIP, SKIP_ALL, Place

_LAST_TURNS = 4
"""Turns that stand open above what the person says last."""


def page(title: str, body: str, *, start: str = "") -> str:
    """Return a whole page.

    Args:
        title: plain text of the window.
        body: HTML of the main part.
        start: HTML before it, such as a link past it.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} · {escape(texts.TITLE)}</title>"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/rating.css">'
        f'<script src="/rating.js" defer></script></head><body>{start}'
        f'<header><a class="brand" href="/">{escape(texts.TITLE)}</a>'
        f'<a class="help" href="/help" target="_blank" rel="noopener">{escape(texts.HELP)}</a>'
        f"</header><main>{body}</main></body></html>"
    )


def welcome(pairwise: bool, items: int, questions: int, *, wrong: bool = False) -> str:
    """Return the page that says what is done, and asks for a rater's word.

    Args:
        pairwise: two replies are shown together.
        items: how many pairs, or replies.
        questions: how many there are for each.
        wrong: the word that was given cannot be used.
    """
    asked = (texts.QUESTION if questions == 1 else texts.QUESTIONS).format(n=questions)
    extent = texts.EXTENT_PAIR if pairwise else texts.EXTENT_SCALE
    alert = f'<p role="alert" id="wrong">{escape(texts.RATER_WRONG)}</p>' if wrong else ""
    described = "wrong hint" if wrong else "hint"
    invalid = ' aria-invalid="true"' if wrong else ""
    body = (
        f"<h1>{escape(texts.WELCOME)}</h1>"
        f'<p class="lead">{escape(texts.LEAD_PAIR if pairwise else texts.LEAD_SCALE)}</p>'
        f"<p>{escape(extent.format(items=items, questions=asked))}</p>"
        f'<section class="card"><h2>{escape(texts.HARD_TITLE)}</h2><p>{escape(texts.HARD)}</p>'
        f'<p>{escape(texts.SUPPORT)} <a href="/help" target="_blank" rel="noopener">'
        f"{escape(texts.HELP)}</a></p>"
        f"<h2>{escape(texts.RECORDED_TITLE)}</h2><p>{escape(texts.RECORDED)}</p></section>"
        f'<form method="post" action="/">{alert}<label for="rater">{escape(texts.RATER)}</label>'
        f'<p id="hint" class="soft">{escape(texts.RATER_HINT)}</p>'
        '<input id="rater" name="rater" required maxlength="40" autocomplete="off" '
        'autocapitalize="none" spellcheck="false" '
        f'aria-describedby="{described}"{invalid}>'
        f'<button class="main" type="submit">{escape(texts.BEGIN)}</button></form>'
    )
    return page(texts.WELCOME, body)


def question(
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


def paused(rater: str) -> str:
    """Return the page for whoever stops before the end."""
    body = (
        f"<h1>{escape(texts.PAUSED)}</h1>"
        f'<p class="lead">{escape(texts.PAUSED_LEAD.format(rater=rater))}</p>'
        f'<p><a class="button" href="/rate/{escape(rater)}">{escape(texts.GO_ON)}</a></p>'
        f"{_support()}"
    )
    return page(texts.PAUSED, body)


def end(rater: str, skipped: int, last: int) -> str:
    """Return the page after the last question.

    Args:
        rater: whose it is.
        skipped: number of questions without an answer.
        last: number of the last question.
    """
    text = texts.SKIPPED_ONE if skipped == 1 else texts.SKIPPED.format(n=skipped)
    again = (
        f"<p>{escape(text)}</p>"
        f'<p><a class="button" href="/rate/{escape(rater)}/skipped">{escape(texts.TO_SKIPPED)}'
        "</a></p>"
        if skipped
        else ""
    )
    body = (
        f'<h1>{escape(texts.THANKS)}</h1><p class="lead">{escape(texts.THANKS_LEAD)}</p>{again}'
        f'<p><a href="/rate/{escape(rater)}/{last}">{escape(texts.LOOK_AGAIN)}</a></p>{_support()}'
    )
    return page(texts.THANKS, body)


def people(services: str, countries: Sequence[tuple[str, str]], country: str) -> str:
    """Return the page with people to talk to.

    Args:
        services: their HTML, as `ui.help` makes it.
        countries: what can be chosen, as (shown, code).
        country: the code that is chosen; empty for none.
    """
    options = "".join(
        f'<option value="{escape(code)}"{" selected" if code == country else ""}>'
        f"{escape(shown)}</option>"
        for shown, code in countries
    )
    body = (
        f'<h1>{escape(texts.PEOPLE)}</h1><form method="get" action="/help" class="country">'
        f'<label for="country">{escape(texts.COUNTRY)}</label>'
        f'<div><select id="country" name="country">{options}</select>'
        f'<button type="submit">{escape(texts.SHOW)}</button></div></form>'
        f'<div class="resources">{services}</div>'
    )
    return page(texts.PEOPLE, body)


def trouble(sentence: str, to: str = "/", link: str = texts.BACK_TO_START) -> str:
    """Return a page that says in one sentence what is wrong, and leads on."""
    body = (
        f'<h1>{escape(texts.TROUBLE)}</h1><p role="alert">{escape(sentence)}</p>'
        f'<p><a class="button" href="{escape(to)}">{escape(link)}</a></p>'
    )
    return page(texts.TROUBLE, body)


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


def _support() -> str:
    return (
        f'<p>{escape(texts.SUPPORT)} <a href="/help" target="_blank" rel="noopener">'
        f"{escape(texts.HELP)}</a></p>"
    )
