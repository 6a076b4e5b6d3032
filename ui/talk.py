"""Talking on the page: a message, its reply, and the line about what was noticed."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

import gradio as gr

from graphs.run import TurnReport
from tools.labels import Danger, Risk, rank
from ui import texts
from ui.bubbles import Bubbles
from ui.help import card_html, help_html
from ui.house import House
from ui.layout import Layout, paragraph
from ui.panels import panel
from ui.session import Session
from ui.turn import Sent, noticed, take_turn

Changes = dict[Any, Any]
"""New values of parts of the page, by part."""


class Talk:
    """What happens when somebody sends something, or answers a guess.

    Every handler is a coroutine, so that sessions are only ever touched on the event loop.
    """

    def __init__(self, house: House, parts: Layout) -> None:
        """Talk on the `parts` of one page."""
        self._parts = parts
        self._house = house
        self._sessions = house.sessions
        self._policy = house.services.policy
        self._phrases = house.phrases
        self._bubbles = Bubbles(house.phrases)

    async def sent(
        self,
        key: str,
        words: str,
        audio: str | None,
        file: str | None,
        microphone: bool,
        camera: bool,
        country: str,
        request: gr.Request,
    ) -> AsyncIterator[Changes]:
        """Run a turn and show it as it goes on."""
        p = self._parts
        key, session, lost = self._session(key, request.session_hash)
        sent = Sent(
            words=words,
            audio=audio,
            file=file,
            microphone=microphone,
            camera=camera and self._house.reads_bodies and not session.minor,
            country=country,
            locale=self._house.locale,
            letters_to=self._house.handoff.to if self._house.handoff else "",
        )
        corrected, before = session.correction, session.report
        first: Changes = {
            p.key: key,
            p.box: "",
            p.audio: gr.Audio(value=None),
            p.file: gr.File(value=None),
            p.noticed: gr.Row(visible=False),
            p.stop: gr.Button(visible=True),
        }
        ready = partial(self._ready, words)
        async with aclosing(take_turn(session, sent, self._house.uploads, ready)) as statuses:
            async for status in statuses:
                if session.over:
                    return  # a new conversation has begun meanwhile
                if first and not self._house.readiness.done.is_set():
                    status = texts.PREPARING
                bubbles = self._bubbles.html(session.shown)
                yield {
                    **first,
                    p.chat: gr.Chatbot(bubbles, visible=bool(bubbles)),
                    p.welcome: gr.HTML(visible=not session.shown),
                    p.status: paragraph(status or (texts.LOST if lost else "")),
                }
                first = {}
        yield {p.stop: gr.Button(visible=False)} | (
            self._after(session, corrected, country) if session.report is not before else {}
        )

    async def _ready(self, words: str) -> None:
        """Wait for the models, unless somebody may be in danger: that reply needs none."""
        try:
            danger = self._policy.is_crisis(self._policy.grade(words))
        except Exception:  # a screen that fails counts as danger, here as in the graph
            danger = True
        if not danger:
            await self._house.readiness.wait()

    def _after(self, session: Session, corrected: str, country: str) -> Changes:
        """Show what was noticed, the way to a person in a crisis, and the designer's view."""
        p, report = self._parts, session.report
        if report is None:
            return {}
        line = noticed(session, self._phrases, corrected)
        certain = not report["user_emotion"]["disagreement"]
        grave = rank(report["risk"]["now"]) >= rank(Risk.HIGH)
        crisis = report["route"] == "crisis" or grave
        about = dangers(report, session)
        return {
            p.card: gr.HTML(card_html(country, self._phrases, about), visible=crisis),
            p.help: help_html(country, self._phrases, about),
            **(p.adults_only() if session.minor else {}),
            p.noticed: gr.Row(visible=bool(line)),
            p.noticed_line: paragraph(line),
            p.right: gr.Button(visible=certain),
            p.other: gr.Dropdown(value="", visible=True),
            p.remove: gr.Button(visible=True),
            p.panel: panel(report),
            **(p.letter.offer(session) if p.letter else {}),
        }

    async def put_back(self, key: str, box: str) -> Any:
        """Put the words of a turn that failed back, before what was written meanwhile."""
        session = self._sessions.find(key)
        if session is None or not session.unsent:
            return gr.skip()
        words, session.unsent = session.unsent, ""
        return f"{words}\n{box}" if box else words

    async def stopped(self, key: str) -> None:
        """End the turn that is running."""
        if session := self._sessions.find(key):
            session.stop()

    async def confirmed(self) -> tuple[Any, ...]:
        """Take it that the guess was right."""
        return self._answered(texts.CONFIRMED)

    async def corrected(self, key: str, emotion: str) -> tuple[Any, ...]:
        """Take the person's own word, which the next turn goes by."""
        session = self._sessions.find(key)
        if session is None or not emotion:
            return (gr.skip(),) * 4
        session.correction = emotion
        word = dict(self._phrases.noticed_as.emotions)[emotion]  # type: ignore[index]
        return self._answered(texts.CORRECTED.format(emotion=word))

    async def removed(self, key: str) -> tuple[Any, ...]:
        """Drop what was guessed."""
        session = self._sessions.find(key)
        if session is not None:
            session.report, session.correction = None, ""
        return (*self._answered(texts.REMOVED), paragraph(texts.REMOVED))

    def _answered(self, text: str) -> tuple[Any, ...]:
        hidden = gr.Button(visible=False)
        return paragraph(text), hidden, gr.Dropdown(visible=False), hidden

    def _session(self, key: str, page: str | None) -> tuple[str, Session, bool]:
        """Return a session, a new one where it is over; the last value tells that it was."""
        if session := self._sessions.find(key):
            return key, session, False
        fresh = self._sessions.begin(page)
        session = self._sessions.find(fresh)
        assert session is not None  # begun in the line above
        return fresh, session, bool(key)


def dangers(report: TurnReport | None, session: Session) -> list[str]:
    """Return what the help should be about first: the young, then the gravest of this turn."""
    findings = report["risk"]["findings"] if report else []
    found = sorted(findings, key=lambda f: -rank(f["level"]))
    young = [Danger.MINOR.value] if session.minor else []
    return list(dict.fromkeys([*young, *(f["danger"] for f in found)]))
