"""The chat page: what happens when something on it is used."""

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import numpy as np
import numpy.typing as npt

from agents.context import Services
from graphs.shelf import Shelf
from graphs.spec import FOLDER
from tools.errors import AttuneError
from ui import texts
from ui.help import help_html
from ui.layout import Layout, paragraph
from ui.panels import panel, refusal
from ui.readiness import Readiness
from ui.session import Session, Sessions
from ui.turn import Sent, noticed, take_turn
from ui.uploads import UploadFolder

Changes = dict[Any, Any]
"""New values of parts of the page, by part."""

_SWEEP = (60, 1800)
_FRAME_EVERY_S = 0.5


class Page:
    """The page of one program; people come and go.

    Every handler is a coroutine, so that sessions are only ever touched on the event loop.
    """

    def __init__(
        self,
        *,
        shelf: Shelf,
        services: Services,
        sessions: Sessions,
        readiness: Readiness,
        uploads: UploadFolder,
        graph: str,
        locale: str,
    ) -> None:
        """Lay the page out and connect its parts.

        Args:
            shelf: where new conversations find their graph.
            services: what every graph shares.
            sessions: who is here.
            readiness: how far the models are.
            uploads: where recordings lie until they are decoded.
            graph: the graph that is chosen at first.
            locale: BCP 47 tag of the conversations' language.
        """
        self._shelf = shelf
        self._sessions = sessions
        self._readiness = readiness
        self._uploads = uploads
        self._locale = locale
        self._phrases = services.phrases.for_locale(locale)
        graphs = sorted({path.stem for path in FOLDER.glob("*.yaml")} | {graph})
        with gr.Blocks(title=texts.TITLE, analytics_enabled=False, delete_cache=_SWEEP) as blocks:
            self._parts = Layout(self._phrases, graphs, graph)
            self._connect(blocks)
        blocks.queue(default_concurrency_limit=16)
        self.blocks = blocks

    def _connect(self, blocks: gr.Blocks) -> None:
        p = self._parts
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        now = {**quiet, "queue": False}  # needs no model, and waits for nobody
        blocks.load(self.opened, None, [p.key], js="() => attune.ready()", **now)
        blocks.load(self.getting_ready, None, [p.notice], concurrency_limit=None, **quiet)
        blocks.unload(self.left)

        p.help_button.click(None, js="() => attune.toggleHelp()", **now)
        p.help_close.click(None, js="() => attune.closeHelp()", **now)
        p.country.change(self.country_chosen, [p.country], [p.help, p.card], **now)

        turn = gr.on(
            [p.box.submit, p.send.click],
            self.sent,
            [p.key, p.box, p.audio, p.file, p.microphone, p.camera, p.country],
            [
                *(p.key, p.box, p.chat, p.welcome, p.status, p.stop, p.audio, p.file, p.card),
                *(p.noticed, p.noticed_line, p.right, p.other, p.remove, p.panel),
            ],
            **quiet,
        )
        turn.then(self.put_back, [p.key, p.box], [p.box], **now)
        p.stop.click(self.stopped, [p.key], None, js="(key) => (attune.toBox(), key)", **now)

        p.microphone.change(
            self.microphone_allowed,
            [p.microphone, p.audio],
            [p.audio],
            js="(on, clip) => (on || attune.release('audio'), [on, clip])",
            **now,
        )
        p.camera.change(
            self.camera_allowed,
            [p.key, p.camera, p.file],
            [p.webcam, p.file],
            js="(key, on, file) => (on || attune.release('video'), [key, on, file])",
            **now,
        )
        p.webcam.stream(
            self.seen,
            [p.key, p.camera, p.webcam],
            None,
            stream_every=_FRAME_EVERY_S,
            time_limit=None,
            concurrency_limit=None,
            **quiet,
        )

        line = [p.noticed_line, p.right, p.other, p.remove]
        back = {"js": "(...values) => (attune.toBox(), values)", **now}
        p.right.click(self.confirmed, None, line, js="() => attune.toBox()", **now)
        p.other.input(
            self.corrected,
            [p.key, p.other],
            line,
            js="(key, emotion) => (emotion && attune.toBox(), [key, emotion])",
            **now,
        )
        p.remove.click(self.removed, [p.key], [*line, p.panel], **back)

        fresh = [
            *(p.key, p.box, p.chat, p.welcome, p.status, p.card, p.noticed, p.sure),
            *(p.panel, p.trouble),
        ]
        p.new.click(self.new_asked, [p.key, p.graph], fresh, **now)
        p.yes.click(self.renewed, [p.key, p.graph], fresh, **back)
        p.no.click(self.kept, None, [p.sure], js="() => attune.toBox()", **now)
        p.designing.change(self.designer_chosen, [p.designing], [p.designer], **now)

    # Coming and going.

    async def opened(self, request: gr.Request) -> str:
        """Begin a session and return its key, which stays on the server."""
        return self._sessions.begin(request.session_hash)

    async def left(self, request: gr.Request) -> None:
        """Stop what runs for a page that has gone."""
        self._sessions.leave(request.session_hash)

    async def getting_ready(self) -> AsyncIterator[Any]:
        """Say that models are still loading, then what works less well than it should."""
        if not self._readiness.done.is_set():
            yield gr.HTML(paragraph(texts.WARMING), visible=True)
            await self._readiness.done.wait()
        notices = "".join(paragraph(notice.text) for notice in self._readiness.notices)
        yield gr.HTML(notices, visible=bool(notices))

    async def country_chosen(self, country: str) -> tuple[str, str]:
        """Show the people to talk to in a country."""
        shown = help_html(country, self._phrases)
        return shown, shown

    # A turn.

    async def sent(
        self,
        key: str,
        words: str,
        audio: str | None,
        file: str | None,
        microphone: bool,
        camera: bool,
        country: str,
    ) -> AsyncIterator[Changes]:
        """Run a turn and show it as it goes on."""
        p = self._parts
        key, session, lost = self._session(key)
        sent = Sent(
            words=words,
            audio=audio,
            file=file,
            microphone=microphone,
            camera=camera,
            country=country,
            locale=self._locale,
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
        async for status in take_turn(session, sent, self._uploads):
            yield {
                **first,
                p.chat: gr.Chatbot([*session.shown], visible=bool(session.shown)),
                p.welcome: gr.HTML(visible=not session.shown),
                p.status: paragraph(status or (texts.LOST if lost else "")),
            }
            first = {}
        yield {p.stop: gr.Button(visible=False)} | (
            self._after(session, corrected, country) if session.report is not before else {}
        )

    def _after(self, session: Session, corrected: str, country: str) -> Changes:
        """Show what was noticed, the way to a person in a crisis, and the designer's view."""
        p, report = self._parts, session.report
        if report is None:
            return {}
        line = noticed(session, self._phrases, corrected)
        certain = not report["user_emotion"]["disagreement"]
        crisis = report["route"] == "crisis"
        return {
            p.card: gr.HTML(help_html(country, self._phrases), visible=crisis),
            p.noticed: gr.Row(visible=bool(line)),
            p.noticed_line: paragraph(line),
            p.right: gr.Button(visible=certain),
            p.other: gr.Dropdown(value="", visible=True),
            p.remove: gr.Button(visible=True),
            p.panel: panel(report),
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

    # Voice and camera.

    async def microphone_allowed(self, on: bool, audio: str | None) -> Any:
        """Show or take away the recorder; a recording that was not sent is deleted."""
        if not on:
            self._uploads.discard([audio])
        return gr.Audio(value=None, visible=on)

    async def camera_allowed(self, key: str, on: bool, file: str | None) -> tuple[Any, Any]:
        """Show or take away the camera; frames and files that were not sent are deleted."""
        if not on:
            self._uploads.discard([file])
            if session := self._sessions.find(key):
                session.camera.forget()
        return gr.Image(value=None, visible=on), gr.File(value=None, visible=on)

    async def seen(self, key: str, allowed: bool, frame: npt.NDArray[np.uint8] | None) -> None:
        """Keep one frame of the live picture until the next message."""
        session = self._sessions.find(key)
        if session is not None and allowed and frame is not None:
            session.camera.see(frame)

    # What was noticed.

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

    # A new conversation.

    async def new_asked(self, key: str, graph: str) -> Changes:
        """Ask back when there is something to lose."""
        session = self._sessions.find(key)
        if session is not None and session.shown:
            return {self._parts.sure: gr.Row(visible=True)}
        return await self.renewed(key, graph)

    async def renewed(self, key: str, graph: str) -> Changes:
        """Delete the conversation and begin anew, on the graph as its file now stands."""
        p = self._parts
        try:
            if self._sessions.find(key) is None:
                key = self._sessions.begin()
            await self._sessions.renew(key, graph)
            trouble = self._shelf.trouble(graph)
        except AttuneError as error:
            return {p.sure: gr.Row(visible=False), p.trouble: refusal(str(error))}
        return {
            p.key: key,
            p.box: "",
            p.chat: gr.Chatbot([], visible=False),
            p.welcome: gr.HTML(visible=True),
            p.status: paragraph(texts.BEGUN),
            p.card: gr.HTML(visible=False),
            p.noticed: gr.Row(visible=False),
            p.sure: gr.Row(visible=False),
            p.panel: paragraph(texts.DESIGNER_EMPTY),
            p.trouble: refusal(trouble),
        }

    async def kept(self) -> Any:
        """Go on with the conversation."""
        return gr.Row(visible=False)

    async def designer_chosen(self, on: bool) -> Any:
        """Show or hide the designer's view."""
        return gr.Column(visible=on)

    def _session(self, key: str) -> tuple[str, Session, bool]:
        """Return a session, a new one where it is over; the last value tells that it was."""
        if session := self._sessions.find(key):
            return key, session, False
        fresh = self._sessions.begin()
        session = self._sessions.find(fresh)
        assert session is not None  # begun in the line above
        return fresh, session, bool(key)
