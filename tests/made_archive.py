"""Kept conversations in a store on disk, made for one test."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agents.context import Context, Services
from graphs.archive import Archive
from graphs.keeping.saver import Saver
from graphs.run import Conversation, Event
from graphs.shelf import Shelf
from tests.made_services import stub_services
from tools.storage.keys import Keys
from tools.storage.opening import open_storage
from tools.storage.records import Storage

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
ADA = "visitor:ada"
READ = Context(disclosed=True)


def storage(place: Path | str) -> Storage:
    made = open_storage(str(place), keys=Keys(KEY))
    assert made is not None
    return made


@asynccontextmanager
async def opened(place: Path | str) -> AsyncIterator[Storage]:
    store = storage(place)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def archive(store: Storage | None, services: Services | None = None, **more: Any) -> Archive:
    """Return what a process has that has just started."""
    return Archive(Shelf(services or stub_services(), Saver(store)), **more)


async def kept(store: Storage, services: Services | None = None, **more: Any) -> Conversation:
    """Return a new conversation that is kept."""
    talk = archive(store, services, **more).begin()
    await talk.keep(store.owner(ADA))
    return talk


async def reopened(
    store: Storage, id: str, services: Services | None = None, **more: Any
) -> Conversation:
    """Return a kept conversation as a new process takes it up."""
    card = await store.card(id)
    assert card is not None
    return await archive(store, services, **more).open(card)


async def drain(talk: Conversation, context: Context | None = None) -> list[Event]:
    return [event async for event in talk.resume(context)]


async def texts(talk: Conversation) -> list[str]:
    return [line["content"] for line in await talk.lines()]
