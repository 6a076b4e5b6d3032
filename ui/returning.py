"""Coming to the page, and coming back to it: after a reload, a lost connection, a restart."""

import contextlib
import logging
from typing import Any

import gradio as gr

from tools.errors import AttuneError, StorageError
from ui import texts
from ui.gate.identity import Identity, identity
from ui.house import House
from ui.layout import Layout
from ui.own import texts as data_texts
from ui.own.handlers import OwnData
from ui.own.keeping import Keeping
from ui.parts import NOW, QUIET, Changes, paragraph
from ui.session import Session
from ui.tab import Held, read_held, unsent
from ui.talk import Talk

_log = logging.getLogger(__name__)


class Returning:
    """The handlers; every one is a coroutine, as those of `ui.page.Page`."""

    def __init__(self, house: House, parts: Layout, talk: Talk, keeping: Keeping) -> None:
        """Serve one page."""
        self._house = house
        self._parts = parts
        self._talk = talk
        self._keeping = keeping

    def connect(self, blocks: gr.Blocks, data: OwnData) -> None:
        """Connect the parts."""
        p, senses = self._parts, self._parts.senses
        whole = [*p.conversation_parts, p.data.timer]
        loaded = blocks.load(
            self.opened, [p.tab], whole, js="() => (attune.ready(), attune.opening())", **NOW
        )
        loaded.then(
            data.finished,
            [p.key, p.country, senses.microphone, senses.camera],
            whole,
            concurrency_limit=None,
            **QUIET,
        )
        back = loaded.then(
            None, [p.returned], [p.returned], js="(words) => attune.putBack(words)", **NOW
        )
        back.then(self._talk.put_back, None, [p.returned], **NOW)
        p.here.click(self.stayed, [p.key, p.tab], whole, **NOW)
        p.tab.change(None, [p.tab], None, js="(held) => attune.hold(held)", **NOW)

    async def opened(self, held: str, request: gr.Request) -> Changes:
        """Begin a session, or go on with that of the same tab; its key stays on the server.

        A session counts for the person that it was made for and the tab that was given its key. A
        kept conversation is found by its person's own cards, even after a restart.
        """
        who, sessions = identity(request), self._house.sessions
        before = read_held(held, who)
        session = sessions.resume(before.key, request.session_hash, who.key) if before.key else None
        if session is not None:
            return await self._resumed(before, session, who)
        key = sessions.begin(request.session_hash, who.key)
        kept = await self._reopened(key, before, who)
        session = sessions.find(key, who.key)
        assert session is not None  # begun above
        words = unsent(before, session)
        waiting = False
        with contextlib.suppress(StorageError):  # the panel says so, to those who open it
            waiting = bool(await self._keeping.cards(who))
        changes: Changes = {
            **self._talk.held(key, session, who),
            self._parts.short: self._parts.short_html(kept, waiting),
            **({self._parts.returned: words} if words else {}),
        }
        if kept:
            said = texts.AWAY_BACK if before.away else data_texts.KEPT_OPENED
            return {**self._talk.redrawn(session, ""), **changes, **self._around(session, said)}
        if before.said or words:
            parts = [texts.AWAY_GONE] if before.said else []
            parts += [texts.AWAY_WORDS] if words else []
            changes[self._parts.status] = paragraph(" ".join(parts))
        if not await self._keeping.possible():
            changes[self._parts.welcome] = self._parts.welcome_html(keeps=False)
        return changes

    async def _resumed(self, held: Held, session: Session, who: Identity) -> Changes:
        words = unsent(held, session, await session.settle())
        return {
            **self._talk.redrawn(session, ""),
            **self._talk.held(held.key, session, who),
            **self._around(session, texts.AWAY_BACK if held.away else ""),
            **({self._parts.returned: words} if words else {}),
        }

    async def _reopened(self, key: str, held: Held, who: Identity) -> bool:
        """Show the kept conversation that was open in this tab; say whether it is there."""
        if not held.id:
            return False
        try:
            return await self._keeping.open(key, who, held.id) is not None
        except AttuneError as error:
            _log.error("a kept conversation could not be opened again: %s", error)
            return False

    def _around(self, session: Session, said: str) -> dict[Any, Any]:
        p = self._parts
        return {
            p.status: paragraph(said),
            p.data.timer: gr.Timer(active=session.chat.kept),
            **(p.letter.offered(session) if p.letter else {}),
        }

    async def stayed(self, key: str, held: str, request: gr.Request) -> Changes:
        """Go on in a page that was out of reach for a moment and was not loaded anew."""
        p, who = self._parts, identity(request)
        key = key or read_held(held, who).key  # Gradio forgets it after a while
        session = self._house.sessions.resume(key, request.session_hash, who.key)
        if session is not None:
            return {p.key: key}
        key, session, _ = self._talk.visit(key, request)
        return {
            **{part: change for part, change in self._talk.emptied().items() if part is not p.box},
            **self._talk.held(key, session, who),
            p.status: paragraph(texts.AWAY_GONE),
        }
