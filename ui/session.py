"""Who is here: every open visit by its key.

The browser is given a key, never the session: two people at once share nothing but models. A key
counts for the one it was made for, as the server knows them, and for nobody else.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import Sequence

from agents.context import Services
from graphs.run import Conversation
from graphs.shelf import Shelf
from ui.camera import FRAMES, Camera
from ui.chat import Bubble, Chat
from ui.visit import Prepare, Ready, Session, Stopped

__all__ = [
    "FRAMES",
    "LINGER_S",
    "Bubble",
    "Camera",
    "Chat",
    "Prepare",
    "Ready",
    "Session",
    "Sessions",
    "Stopped",
]

LINGER_S = 600.0
"""Seconds for which a page that lost its connection may come back; phones drop it when locked."""


class Sessions:
    """Every open session by its key."""

    def __init__(self, shelf: Shelf, services: Services, graph: str) -> None:
        """Serve the graph called `graph` to whoever comes."""
        self._shelf = shelf
        self._services = services
        self._graph = graph
        self._open: dict[str, Session] = {}
        self._pages: dict[str, str] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """Return how many sessions are open."""
        return len(self._open)

    def begin(self, page: str | None = None, whose: str = "") -> str:
        """Open a session and return its key, which nobody can guess.

        Args:
            page: how the server names the browser page, to know it when it leaves.
            whose: the identity of its person.
        """
        key = secrets.token_urlsafe(24)
        self._open[key] = Session(self._converse(self._graph), whose=whose)
        if page:
            self._pages[page] = key
        return key

    def find(self, key: str, whose: str = "") -> Session | None:
        """Return a session, or None when it is over or somebody else's."""
        session = self._open.get(key)
        if session is None or not hmac.compare_digest(session.whose.encode(), whose.encode()):
            return None
        if session.over:  # deleted in another tab
            del self._open[key]
            return None
        session.used = time.monotonic()
        return session

    def of(self, whose: str) -> list[Session]:
        """Return every open session of somebody; none of an unknown one."""
        return [s for s in self._open.values() if whose and s.whose == whose and not s.over]

    async def renew(self, key: str, graph: str) -> Session:
        """Begin a new conversation on the newest good graph; one that is not kept is deleted.

        Raises:
            AttuneError: the graph cannot be used; the old conversation goes on.
        """
        return await self.take(key, self._converse(graph))

    async def take(
        self, key: str, conversation: Conversation, shown: Sequence[Bubble] = ()
    ) -> Session:
        """Show another conversation; the one before is deleted unless it is kept.

        One that is open in another tab is shown as it stands there.

        Args:
            key: of the session.
            conversation: the other one.
            shown: its messages.
        """
        old = self._open[key]
        same = (s.chat for s in self.of(old.whose) if s.conversation.id == conversation.id)
        chat = next(same, None) or Chat(conversation, shown=list(shown))
        await self._forget(key, asked=True)
        self._open[key] = Session(chat.conversation, whose=old.whose, chat=chat)
        return self._open[key]

    def resume(self, key: str, page: str | None, whose: str = "") -> Session | None:
        """Go on with a session in a page that was loaded anew, or that lost its connection.

        Args:
            key: that the page was given.
            page: how the server names it now.
            whose: the identity of who asks; another's session is not found.
        """
        session = self.find(key, whose)
        if session is None:
            return None
        if leaving := self._leaving.pop(key, None):
            leaving.cancel()
        # The page before may be missed only now; that must not end anything any more.
        self._pages = {name: open_ for name, open_ in self._pages.items() if open_ != key}
        if page:
            self._pages[page] = key
        return session

    def leave(self, page: str | None, linger: float = LINGER_S) -> None:
        """Stop what runs for a page that has gone; a kept conversation's turn goes on.

        Its session is deleted when nobody has used it for `linger` seconds: a phone that was locked
        may come back.
        """
        key = self._pages.get(page or "", "")
        if key not in self._open:
            return
        if not self._open[key].chat.kept:
            self._open[key].stop()
        self._open[key].camera.forget()
        if key not in self._leaving:
            self._leaving[key] = asyncio.create_task(self._expire(key, linger))

    async def end(self, key: str, whose: str = "") -> None:
        """Delete a session at once; a kept conversation stays on disk."""
        if self.find(key, whose) is not None:
            self._pages = {page: open_ for page, open_ in self._pages.items() if open_ != key}
            await self._forget(key, asked=True)

    async def close(self) -> None:
        """Delete every session; what is kept stays on disk."""
        for key in list(self._open):
            await self._forget(key)

    async def _expire(self, key: str, linger: float) -> None:
        while key in self._open:
            left = self._open[key].used + linger - time.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(left)
        self._leaving.pop(key, None)
        self._pages = {page: open_ for page, open_ in self._pages.items() if open_ != key}
        await self._forget(key)

    async def _forget(self, key: str, *, asked: bool = False) -> None:
        """Close a session; its conversation goes too, unless it is kept or open in another tab.

        Args:
            key: of the session.
            asked: the person wants it gone, in whatever tab.
        """
        session = self._open.pop(key, None)
        if session is None:
            return
        elsewhere = any(other.chat is session.chat for other in self._open.values())
        if session.chat.kept or (elsewhere and not asked):
            session.camera.forget()  # what is kept stays on disk, and its turn goes on
        else:
            await session.delete()

    def _converse(self, graph: str) -> Conversation:
        return Conversation(self._shelf.current(graph), self._services)
