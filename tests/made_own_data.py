"""A page with a store, without a browser: its handlers, called as two visitors would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr

from agents.context import Services
from graphs.archive import Archive
from graphs.keeping.saver import Saver
from graphs.shelf import Shelf
from tests.made_archive import storage
from tests.made_services import example, stub_services
from tools.phrases import load_phrases
from tools.storage.records import Storage
from ui.gate.identity import SCOPE, Identity
from ui.house import House
from ui.layout import Layout
from ui.noticed.answers import Noticing
from ui.own.erasing import Erasing
from ui.own.exporting import Exporting
from ui.own.handlers import OwnData
from ui.own.keeping import Keeping
from ui.readiness import Readiness
from ui.returning import Returning
from ui.session import Session, Sessions
from ui.talk import Talk
from ui.uploads import UploadFolder

ADA, BEN = Identity(key="visitor:ada"), Identity(key="visitor:ben")
CLEO = Identity(name="cleo", key="user:cleo", lasting=True)


def asks(who: Identity = ADA, page: str = "page") -> Any:
    """Return a request as Gradio hands it on."""
    connection = SimpleNamespace(scope={SCOPE: who})
    return SimpleNamespace(request=connection, session_hash=page)


def laid_out() -> Layout:
    """Return the parts of a page."""
    with gr.Blocks():
        return Layout(
            load_phrases().for_locale("en"), [("support", "support")], "support", keeps=True
        )


class MadeHouse:
    """Everything that is behind a page."""

    def __init__(
        self, folder: Path, parts: Layout, store: Storage | None, services: Services, **more: Any
    ) -> None:
        shelf = Shelf(services, Saver(store))
        self.store, self.services, self.parts = store, services, parts
        self.sessions = Sessions(shelf, services, "support")
        readiness = Readiness(services, shelf.current("support"))
        readiness.done.set()
        self.house = House(
            services=services, shelf=shelf, sessions=self.sessions, readiness=readiness,
            uploads=UploadFolder(folder), graph="support", locale="en",
            archive=Archive(shelf) if store else None, storage=store, **more,
        )  # fmt: skip
        self.talk = Talk(self.house, parts)
        self.keeping = Keeping(self.house)
        self.data = OwnData(self.house, parts, self.talk, self.keeping)
        self.returning = Returning(self.house, parts, self.talk, self.keeping)
        self.noticing = Noticing(self.house, parts, self.talk)
        self.exporting = Exporting(self.house, parts.data, self.keeping)
        self.erasing = Erasing(self.house, parts, self.talk, self.keeping, self.data._panel)

    def visit(self, who: Identity = ADA, page: str = "page") -> str:
        """Open a tab and return its key."""
        return self.sessions.begin(page, who.key)

    def session(self, key: str, who: Identity = ADA) -> Session:
        found = self.sessions.find(key, who.key)
        assert found is not None
        return found

    async def say(self, key: str, words: str, who: Identity = ADA) -> dict[Any, Any]:
        """Send a message and return all that changed on the page."""
        changes: dict[Any, Any] = {}
        async for part in self.talk.sent(key, words, None, None, False, False, "", asks(who)):
            changes |= part
        return changes

    async def reload(self, held: str, who: Identity = ADA, page: str = "again") -> dict[Any, Any]:
        """Load the tab anew, with what it holds; return all that changed on the page."""
        changes = await self.returning.opened(held, asks(who, page))
        given = asks(who, page)
        async for part in self.data.finished(changes[self.parts.key], "", False, False, given):
            changes |= part
        return changes

    async def keep(self, key: str, who: Identity = ADA) -> dict[Any, Any]:
        return await self.data.chosen(key, True, asks(who))

    async def tab(self, words: str, *, kept: bool = False, page: str = "page") -> str:
        """Open a tab, keep its conversation or not, send a message; return the tab's key."""
        key = self.visit(page=page)
        if kept:
            await self.keep(key)
        await self.say(key, words)
        return key

    async def open(self, key: str, id: str, who: Identity = ADA) -> dict[Any, Any]:
        """Open a kept conversation and return all that changed on the page."""
        changes: dict[Any, Any] = {}
        async for part in self.data.opened(key, id, "", False, False, asks(who)):
            changes |= part
        return changes

    async def kept_ids(self, who: Identity = ADA) -> list[str]:
        return [card.id for card in await self.keeping.cards(who)]


@asynccontextmanager
async def house(
    folder: Path, parts: Layout, *, store: Storage | None = None, keeps: bool = True, **more: Any
) -> AsyncIterator[MadeHouse]:
    """Open a house with a store of its own, and close it in the end."""
    (folder / "uploads").mkdir(exist_ok=True)
    options = {name: more.pop(name) for name in ("handoff", "limits") if name in more}
    services = more.pop("services", None) or stub_services(example(), **more)
    own = store or (storage(folder / "store") if keeps else None)
    if own is not None:
        await own.open()
    made = MadeHouse(folder / "uploads", parts, own, services, **options)
    try:
        yield made
    finally:
        await made.sessions.close()
        made.house.uploads.close()
        if own is not None:
            await own.close()
