"""Answers to what was noticed: that it is right, that it is otherwise, that it must go."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from graphs.amend import forget_lines, remembered, rewrite_last
from tools.errors import AttuneError, places
from tools.labels import Emotion
from tools.words import LONGEST, clean
from ui import texts
from ui.gate.identity import identity
from ui.house import House
from ui.layout import Layout
from ui.noticed.corrections import SOURCES, TOGETHER, put_right, without
from ui.noticed.panel import GONE
from ui.panels import panel
from ui.parts import NOW, QUIET, Changes, paragraph
from ui.session import Session
from ui.talk import Talk

_log = logging.getLogger(__name__)


class Noticing:
    """The handlers; every one is a coroutine, as those of `ui.page.Page`."""

    def __init__(self, house: House, parts: Layout, talk: Talk) -> None:
        """Take answers on one page."""
        self._house = house
        self._parts = parts
        self._form = parts.noticed
        self._talk = talk

    def connect(self, turn: list[Any]) -> None:
        """Connect the parts.

        Args:
            turn: every part that a turn changes.
        """
        p, f, key = self._parts, self._form, self._parts.key
        changed = [*f.parts, p.panel, p.chat, p.welcome, p.status]
        back = {"js": "(...values) => (attune.toBox(), values)", **NOW}
        f.right.click(self.confirmed, [key], changed, **back)
        f.remove.click(self._answering(TOGETHER, GONE), [key], changed, **back)
        answers = [(TOGETHER, f.other), *((s, f.answers[s]) for s in SOURCES)]
        for source, answer in answers:
            answer.input(self._answering(source), [key, answer], changed, **NOW)
        f.forget.click(self.forgotten, [key, f.memory], changed, **NOW)
        f.heard_remove.click(self.unheard, [key], changed, **NOW)
        f.heard_save.click(
            self.heard_otherwise,
            [key, f.heard, p.country],
            list(dict.fromkeys([*changed, *turn])),
            **QUIET,
        )

    def _answering(self, source: str, fixed: str = "") -> Any:
        if fixed:

            async def removed(key: str, request: gr.Request) -> Changes:
                return await self.answered(source, fixed, key, request)

            return removed

        async def answered(key: str, answer: str, request: gr.Request) -> Changes:
            return await self.answered(source, answer, key, request)

        return answered

    def _find(self, key: str, request: gr.Request) -> Session | None:
        return self._house.sessions.find(key, identity(request).key)

    async def confirmed(self, key: str, request: gr.Request) -> Changes:
        """Take it that the guess was right."""
        session = self._find(key, request)
        if session is None:
            return self._lost()
        return self._form.answered(session, texts.CONFIRMED)

    async def answered(self, source: str, answer: str, key: str, request: gr.Request) -> Changes:
        """Take the person's own word, which the next turn goes by; or drop what was guessed.

        Args:
            source: of the guess, one of `SOURCES`.
            answer: `GONE`, or an `Emotion` value; anything else changes nothing.
            key: of the session.
            request: tells whose it is.
        """
        session = self._find(key, request)
        report = session.report if session else None
        if session is None or report is None or answer not in {GONE, *Emotion}:
            return self._lost() if session is None else {self._parts.status: gr.skip()}
        if answer == GONE:
            session.report = without(report, source)
            if source == TOGETHER:
                session.correction = ""
            said = texts.REMOVED
        else:
            session.report = put_right(report, source, answer)
            session.correction = answer
            word = self._house.phrases.noticed_as.emotions.get(Emotion(answer), answer)
            said = texts.CORRECTED.format(emotion=word)
        return self._changed(session, said)

    async def forgotten(self, key: str, lines: list[str], request: gr.Request) -> Changes:
        """Take sentences out of what is remembered."""
        session = self._find(key, request)
        if session is None:
            return self._lost()
        if not lines:
            return {self._parts.status: paragraph(texts.MEMORY_NONE)}
        try:
            await forget_lines(session.conversation, lines)
            session.chat.remembered = await remembered(session.conversation)
        except Exception as error:
            return self._failed(error)
        return self._changed(session, texts.FORGOTTEN)

    async def unheard(self, key: str, request: gr.Request) -> Changes:
        """Take what was heard out of the conversation."""
        session = self._find(key, request)
        if session is None or session.heard is None:
            return self._lost()
        try:
            await self._rewrite(session, "")
        except Exception as error:
            return self._failed(error)
        return self._changed(session, texts.HEARD_REMOVED)

    async def heard_otherwise(
        self, key: str, text: str, country: str, request: gr.Request
    ) -> AsyncIterator[Changes]:
        """Let what was heard say what the person says it was.

        Where that is dangerous, it is answered at once, as a message of its own.
        """
        session = self._find(key, request)
        words = clean(text)[:LONGEST]
        if session is None or session.heard is None:
            yield self._lost()
            return
        if words == session.heard.text:
            yield {self._parts.status: paragraph(texts.HEARD_SAVED)}
            return
        try:
            await self._rewrite(session, words)
        except Exception as error:
            yield self._failed(error)
        else:
            yield self._changed(session, texts.HEARD_SAVED if words else texts.HEARD_REMOVED)
        if words and self._talk.is_danger(words):
            async for changes in self._talk.sent(
                key, words, None, None, False, False, country, request
            ):
                yield changes

    async def _rewrite(self, session: Session, words: str) -> None:
        """Put other words in the place of what was heard: in the conversation and on the page."""
        heard = session.heard
        assert heard is not None  # the callers have looked
        parts = [heard.typed, words]
        await rewrite_last(session.conversation, "\n".join(filter(None, parts)) or texts.HEARD_GONE)
        spoken = texts.SPOKEN.format(words=words) if words else texts.HEARD_GONE
        heard.bubble["content"] = "\n".join(filter(None, [heard.shown, spoken]))
        heard.text = words
        if (report := session.report) is not None:
            session.report = {
                **without(report, "text"),
                "heard": {**report["heard"], "text": words, "note": ""},
            }
        if not words:
            session.heard = None

    def _changed(self, session: Session, said: str) -> Changes:
        """Show how things stand; every other tab of the conversation sees it, too."""
        session.chat.revision += 1
        report = session.report
        return {
            **self._talk.talked(session),
            **self._form.answered(session, said),
            self._parts.panel: panel(report) if report else paragraph(texts.REMOVED),
        }

    def _lost(self) -> Changes:
        return {self._parts.status: paragraph(texts.LOST_HERE)}

    def _failed(self, error: Exception) -> Changes:
        told = str(error) if isinstance(error, AttuneError) else places(error)
        _log.error("what was noticed could not be changed: %s", told)
        return {self._parts.status: paragraph(texts.AMEND_FAILED)}
