"""The pages around the questions as HTML; every text is escaped."""

from collections.abc import Sequence
from html import escape

from ui.rating import texts


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


def _support() -> str:
    return (
        f'<p>{escape(texts.SUPPORT)} <a href="/help" target="_blank" rel="noopener">'
        f"{escape(texts.HELP)}</a></p>"
    )
