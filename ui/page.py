"""The chat page: its parts connected, and all that happens on it besides talking."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import numpy.typing as npt

from graphs.spec import FOLDER
from tools.errors import AttuneError, StorageError
from ui import texts
from ui.gate.identity import identity
from ui.help import card_html, help_html
from ui.house import House
from ui.layout import Layout
from ui.letter import Letters
from ui.noticed.answers import Noticing
from ui.own.handlers import OwnData
from ui.own.keeping import Keeping
from ui.panels import refusal
from ui.parts import NOW, QUIET, Changes, paragraph
from ui.returning import Returning
from ui.session import Session
from ui.talk import Talk, dangers

_SWEEP = (60, 1800)
_FRAME_EVERY_S = 0.5


class Page:
    """The page of one program; people come and go.

    Every handler is a coroutine, so that sessions are only ever touched on the event loop.
    """

    def __init__(self, house: House) -> None:
        """Lay the page out and connect its parts."""
        self._house = house
        self._phrases = house.phrases
        graphs = {path.stem: path.stem for path in sorted(FOLDER.glob("*.yaml"))}
        if house.graph not in graphs:  # given by its file
            graphs[Path(house.graph).name] = house.graph
        with gr.Blocks(title=texts.TITLE, analytics_enabled=False, delete_cache=_SWEEP) as blocks:
            shown = list(graphs.items())
            self._parts = Layout(
                self._phrases,
                shown,
                house.graph,
                house.handoff,
                recorded=house.services.audit is not None,
                reads_bodies=house.reads_bodies,
                keeps=house.storage is not None,
                days=house.keep_days,
            )
            self._keeping = Keeping(house)
            self._talk = Talk(house, self._parts)
            self._returning = Returning(house, self._parts, self._talk, self._keeping)
            self._connect(blocks)
        blocks.queue(default_concurrency_limit=16)
        self.blocks = blocks

    def _connect(self, blocks: gr.Blocks) -> None:
        p = self._parts
        blocks.load(self.getting_ready, None, [p.notice], concurrency_limit=None, **QUIET)
        blocks.unload(self.left)

        p.country.change(self.country_chosen, [p.key, p.country], [p.help, p.card], **NOW)
        p.leave.click(self.left_at_once, [p.key], None, **NOW)  # `page.js` leaves at once

        changed = [
            *(
                p.key,
                p.tab,
                p.words,
                p.returned,
                p.chat,
                p.welcome,
                p.status,
                p.stop,
                p.card,
                p.panel,
                p.help,
                p.short,
            ),
            *(p.senses.audio, p.senses.file, *p.senses.parts, *p.noticed.parts),
            *([p.letter.line, p.letter.level] if p.letter else []),
        ]
        senses = p.senses
        turn = gr.on(
            [p.box.submit, p.send.click],
            self._talk.sent,
            [
                *(p.key, p.words, senses.audio, senses.file, senses.microphone, senses.camera),
                p.country,
            ],
            changed,
            js="(...given) => attune.handIn(given)",
            # What is sent while a reply is written waits for it, and keeps nobody else waiting.
            trigger_mode="multiple",
            concurrency_limit=None,
            **QUIET,
        )
        ended = turn.then(self._talk.unsent, [p.key], [p.returned], trigger_mode="multiple", **NOW)
        landed = ended.then(
            None, [p.returned], [p.returned], js="(words) => attune.landed(words)", **NOW
        )
        landed.then(self._talk.put_back, None, [p.returned], **NOW)
        p.stop.click(self._talk.stopped, [p.key], None, js="(key) => (attune.toBox(), key)", **NOW)
        Noticing(self._house, p, self._talk).connect(changed)
        data = OwnData(self._house, p, self._talk, self._keeping)
        data.connect()
        self._returning.connect(blocks, data)
        self._connect_senses()

        fresh = [*p.conversation_parts, p.data.timer]
        p.new.click(self.new_asked, [p.key, p.graph, p.country], fresh, **NOW)
        p.yes.click(
            self.renewed,
            [p.key, p.graph, p.country],
            fresh,
            js="(...values) => (attune.toBox(), values)",
            **NOW,
        )
        p.no.click(self.kept, None, [p.sure], js="() => attune.toBox()", **NOW)
        if p.letter:
            Letters(self._house, p.letter).connect(p.key)
        p.designing.change(self.designer_chosen, [p.designing], [p.designer], **NOW)

    def _connect_senses(self) -> None:
        p, senses = self._parts, self._parts.senses
        senses.microphone.change(
            self.microphone_allowed,
            [senses.microphone, senses.audio],
            [senses.audio],
            js="(on, clip) => (on || attune.release('audio'), [on, clip])",
            **NOW,
        )
        senses.camera.change(
            self.camera_allowed,
            [p.key, senses.camera, senses.file],
            [senses.webcam, senses.file],
            js="(key, on, file) => (on || attune.release('video'), [key, on, file])",
            **NOW,
        )
        senses.webcam.stream(
            self.seen,
            [p.key, senses.camera, senses.webcam],
            None,
            stream_every=_FRAME_EVERY_S,
            time_limit=None,
            concurrency_limit=None,
            **QUIET,
        )

    # Coming and going.

    def _find(self, key: str, request: gr.Request) -> Session | None:
        """Return the session of whoever asks; another's key finds nobody."""
        return self._house.sessions.find(key, identity(request).key)

    async def left(self, request: gr.Request) -> None:
        """Stop what runs for a page that has gone."""
        self._house.sessions.leave(request.session_hash)

    async def getting_ready(self) -> AsyncIterator[Any]:
        """Say that models are still loading, then what works less well than it should."""
        if not self._house.readiness.done.is_set():
            yield gr.HTML(paragraph(texts.WARMING), visible=True)
            await self._house.readiness.done.wait()
        notices = "".join(paragraph(notice.text) for notice in self._house.readiness.notices)
        yield gr.HTML(notices, visible=bool(notices))

    async def left_at_once(self, key: str, request: gr.Request) -> None:
        """Delete everything of somebody who must be gone; of whoever signed in, what is not kept.

        The page clears the cookie, or signs out, itself.
        """
        who = identity(request)
        if who.signed_in:
            await self._house.sessions.end(key, whose=who.key)
            return
        with contextlib.suppress(StorageError):  # it has gone from memory all the same
            await self._keeping.delete_all(who, key)
        await self._house.sessions.end(key, whose=who.key)

    async def country_chosen(self, key: str, country: str, request: gr.Request) -> tuple[str, str]:
        """Show the people to talk to in a country."""
        session = self._find(key, request)
        about = dangers(session.report, session) if session else []
        help, card = (html(country, self._phrases, about) for html in (help_html, card_html))
        return help, card

    # Voice and camera.

    async def microphone_allowed(self, on: bool, audio: str | None) -> Any:
        """Show or take away the recorder; a recording that was not sent is deleted."""
        if not on:
            self._house.uploads.discard([audio])
        return gr.Audio(value=None, visible=on)

    async def camera_allowed(
        self, key: str, on: bool, file: str | None, request: gr.Request
    ) -> tuple[Any, Any]:
        """Show or take away the camera; frames and files that were not sent are deleted."""
        if not on:
            self._house.uploads.discard([file])
            if session := self._find(key, request):
                session.camera.forget()
        return gr.Image(value=None, visible=on), gr.File(value=None, visible=on)

    async def seen(
        self,
        key: str,
        allowed: bool,
        frame: npt.NDArray[np.uint8] | None,
        request: gr.Request,
    ) -> None:
        """Keep one frame of the live picture until the next message."""
        session = self._find(key, request)
        allowed = allowed and self._house.reads_bodies
        if session is not None and allowed and not session.minor and frame is not None:
            session.camera.see(frame)

    # A new conversation.

    async def new_asked(self, key: str, graph: str, country: str, request: gr.Request) -> Changes:
        """Ask back when there is something to lose."""
        session = self._find(key, request)
        if session is not None and session.shown and not session.chat.kept:
            return {self._parts.sure: gr.Row(visible=True)}
        return await self.renewed(key, graph, country, request)

    async def renewed(self, key: str, graph: str, country: str, request: gr.Request) -> Changes:
        """Begin anew, on the graph as its file now stands; what is not kept is deleted."""
        p = self._parts
        try:
            key, session, _ = self._talk.visit(key, request)
            kept = session.chat.kept
            await self._house.sessions.renew(key, graph)
            trouble = self._house.shelf.trouble(graph)
        except AttuneError as error:
            return {p.sure: gr.Row(visible=False), p.trouble: refusal(str(error))}
        session = self._house.sessions.find(key, identity(request).key) or session
        return {
            **self._talk.emptied(),
            **self._talk.held(key, session, identity(request)),
            p.status: paragraph(texts.BEGUN_KEPT if kept else texts.BEGUN),
            p.trouble: refusal(trouble),
            p.help: help_html(country, self._phrases),
            p.short: p.short_html(False, kept),
            p.data.timer: gr.Timer(active=False),
            **p.senses.with_camera(),
            **(p.letter.fresh() if p.letter else {}),
        }

    async def kept(self) -> Any:
        """Go on with the conversation."""
        return gr.Row(visible=False)

    async def designer_chosen(self, on: bool) -> Any:
        """Show or hide the designer's view."""
        return gr.Column(visible=on)
