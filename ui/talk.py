"""Talking on the page: a message, its reply, and what the page shows of both."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

import gradio as gr

from graphs.amend import remembered
from graphs.run import TurnReport
from tools.errors import places
from tools.labels import Danger, Risk, rank
from ui import texts
from ui.bubbles import Bubbles
from ui.gate.identity import Identity, identity
from ui.help import card_html, help_html
from ui.house import House
from ui.layout import Layout
from ui.panels import panel
from ui.parts import Changes, paragraph
from ui.session import Session
from ui.tab import issued
from ui.turn import Sent, take_turn

_log = logging.getLogger(__name__)


class Talk:
    """What happens when somebody sends something.

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
        told: Changes = {p.words: ""}  # Gradio holds what it was given until it is given this
        try:
            key, session, lost = self.visit(key, request)
            wait = self._wait(words, session, identity(request))
        except Exception as error:
            _log.error("a message could not be taken: %s", places(error))
            yield {**told, p.returned: words, p.status: paragraph(texts.SORRY)}
            return
        if wait:
            session.take_back(session.arrive(), words)
            slow = texts.SLOW.format(wait=_spoken(wait), help=texts.HELP)
            yield {**told, **self.held(key, session, identity(request)), p.status: paragraph(slow)}
            return
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
            **told,
            p.key: key,
            p.senses.audio: gr.Audio(value=None),
            p.senses.file: gr.File(value=None),
            **p.noticed.hide(),
            p.stop: gr.Button(visible=True),
            **({p.short: p.short_html(False)} if lost else {}),
        }
        ready = partial(self._ready, words)
        turn = take_turn(session, sent, self._house.uploads, ready)
        async with aclosing(session.chat.carry(turn)) as statuses:
            async for status in statuses:
                if session.over:  # a new conversation has begun meanwhile
                    yield told
                    return
                if first and not self._house.readiness.done.is_set():
                    status = texts.PREPARING
                yield {
                    **first,
                    **self.talked(session),
                    p.status: paragraph(status or (texts.LOST if lost else "")),
                }
                first = {}
        stop = gr.Button(visible=session.answering)  # another message may be waiting
        yield {**told, p.stop: stop, **self.held(key, session, identity(request))} | (
            await self._after(session, corrected, country) if session.report is not before else {}
        )

    def _wait(self, words: str, session: Session, who: Identity) -> float:
        """Return the seconds after which a message is taken.

        Nobody in danger ever waits, nor for their first answer: patterns do not see every danger,
        and others may be writing much from the same address.
        """
        if not session.shown:
            return 0.0
        report = session.report
        grave = report is not None and rank(report["risk"]["now"]) >= rank(Risk.MODERATE)
        if grave or self.is_danger(words):
            return 0.0
        return self._house.limits.wait_to_send(who)

    def is_danger(self, words: str) -> bool:
        """Say whether words tell of danger; what cannot be graded does."""
        return self._policy.is_dangerous(words)

    async def _ready(self, words: str) -> None:
        """Wait for the models, unless somebody may be in danger: that reply needs none."""
        if not self.is_danger(words):
            await self._house.readiness.wait()

    def talked(self, session: Session) -> Changes:
        """Show the messages."""
        session.seen = session.chat.revision
        bubbles = self._bubbles.html(session.shown)
        return {
            self._parts.chat: gr.Chatbot(bubbles, visible=bool(bubbles)),
            self._parts.welcome: gr.HTML(visible=not session.shown),
        }

    async def _after(self, session: Session, corrected: str, country: str) -> Changes:
        """Show what was noticed, the way to a person in a crisis, and the designer's view."""
        p, report = self._parts, session.report
        if report is None:
            return {}
        session.chat.remembered = await remembered(session.conversation)
        return {
            **self._around(session, country),
            **p.noticed.ask(session, corrected),
            **(p.letter.offer(session) if p.letter else {}),
        }

    def _around(self, session: Session, country: str) -> Changes:
        """Show what stands around the messages, by the last turn."""
        p, report = self._parts, session.report
        about = dangers(report, session)
        grave = report is not None and (
            report["route"] == "crisis" or rank(report["risk"]["now"]) >= rank(Risk.HIGH)
        )
        return {
            p.card: gr.HTML(card_html(country, self._phrases, about), visible=grave),
            p.help: help_html(country, self._phrases, about),
            **(p.senses.adults_only() if session.minor else {}),
            p.panel: panel(report) if report else paragraph(texts.DESIGNER_EMPTY),
        }

    def redrawn(self, session: Session, country: str) -> Changes:
        """Show a conversation that was opened, or that another tab has gone on with."""
        p = self._parts
        return {
            **self.talked(session),
            **self._around(session, country),
            **p.noticed.ask(session),
            p.stop: gr.Button(visible=False),
            p.short: p.short_html(session.chat.kept),
        }

    def emptied(self) -> Changes:
        """Show a page on which nothing was said yet."""
        p = self._parts
        return {
            p.box: "",
            p.words: "",
            p.returned: "",
            p.chat: gr.Chatbot([], visible=False),
            p.welcome: gr.HTML(visible=True),
            p.stop: gr.Button(visible=False),
            p.card: gr.HTML(visible=False),
            **p.noticed.hide(),
            p.sure: gr.Row(visible=False),
            p.panel: paragraph(texts.DESIGNER_EMPTY),
            p.short: p.short_html(False),
        }

    def held(self, key: str, session: Session, who: Identity) -> Changes:
        """Hand the tab its session, to be taken up by it again after a reload."""
        return {self._parts.key: key, self._parts.tab: issued(key, session, who)}

    async def unsent(self, key: str, request: gr.Request) -> Any:
        """Return the words that were not answered; `tab.js` puts them before those in the box."""
        session = self._sessions.find(key, identity(request).key)
        if session is None or not session.unsent:
            return gr.skip()
        return "\n".join(session.collect())

    async def put_back(self) -> str:
        """Hold the words no longer that are back in the box."""
        return ""

    async def stopped(self, key: str, request: gr.Request) -> None:
        """End the turn that is running."""
        if session := self._sessions.find(key, identity(request).key):
            session.stop()

    def visit(self, key: str, request: gr.Request) -> tuple[str, Session, bool]:
        """Return a session, a new one where it is over; the last value tells that it was."""
        who = identity(request).key
        if session := self._sessions.find(key, who):
            return key, session, False
        fresh = self._sessions.begin(request.session_hash, who)
        session = self._sessions.find(fresh, who)
        assert session is not None  # begun in the line above
        return fresh, session, bool(key)


def _spoken(seconds: float) -> str:
    if seconds < 60:
        return texts.SECONDS.format(n=max(2, round(seconds)))
    return texts.MINUTES.format(n=max(2, round(seconds / 60)))


def dangers(report: TurnReport | None, session: Session) -> list[str]:
    """Return what the help should be about first: the young, then the gravest of this turn."""
    findings = report["risk"]["findings"] if report else []
    found = sorted(findings, key=lambda f: -rank(f["level"]))
    young = [Danger.MINOR.value] if session.minor else []
    return list(dict.fromkeys([*young, *(f["danger"] for f in found)]))
