"""Serve the page to this machine alone; a reverse proxy may stand before it."""

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from agents.context import Services
from graphs.archive import Archive
from graphs.health import Health, health
from graphs.keeping.saver import Saver
from graphs.shelf import Shelf
from tools.errors import StorageError
from tools.safety.handoff import Handoff
from tools.storage.records import Storage
from ui.gate.ending import Ending
from ui.gate.gate import Entry, Gate, read_entry
from ui.gate.keeping import expire, keep_days, opened
from ui.gate.limits import RateLimits
from ui.gate.site import HOST
from ui.help import help_html
from ui.house import House
from ui.own.keeping import Keeping
from ui.readiness import Readiness
from ui.serving import listen, start
from ui.session import Sessions
from ui.theme import theme
from ui.uploads import LIMITS, UploadFolder

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from ui.page import Page

_HERE = Path(__file__).parent
_SCRIPTS = ("stream.js", "tab.js", "page.js")
_UPLOAD_AGE_S = 1800.0
_ICON = (
    "<link rel='icon' href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
    "viewBox='0 0 32 32'%3E%3Cg fill='none' stroke='%232f6b5d' stroke-width='3' "
    "stroke-linecap='round'%3E%3Ccircle cx='8' cy='16' r='3' fill='%232f6b5d' stroke='none'/%3E"
    "%3Cpath d='M14 9a10 10 0 0 1 0 14M20 4a17 17 0 0 1 0 24'/%3E%3C/g%3E%3C/svg%3E\">"
)


async def serve(
    services: Services,
    *,
    graph: str,
    port: int,
    locale: str,
    handoff: Handoff | None = None,
    store: str = "off",
    entry: Entry | None = None,
) -> None:
    """Serve the page until the program is told to end; models load once it is up.

    Args:
        services: what every graph shares; they are closed at the end.
        graph: the graph of new conversations, by name or file.
        port: on 127.0.0.1; 0 takes any free one.
        locale: BCP 47 tag of the conversations' language.
        handoff: the way to write to people, where one is configured.
        store: where conversations are kept, as `tools.storage.opening.open_storage` takes it.
        entry: who may come in; by default whoever sits at this machine, without a name.

    Raises:
        AttuneError: the graph or the store cannot be used, or the port is taken.
    """
    entry, days = entry or read_entry(), keep_days()
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(listen(port))
        storage = await stack.enter_async_context(opened(store))
        uploads = stack.enter_context(contextlib.closing(UploadFolder()))
        shelf = Shelf(services, Saver(storage))
        house = House(
            services=services,
            shelf=shelf,
            sessions=Sessions(shelf, services, graph),
            readiness=Readiness(services, shelf.current(graph)),
            uploads=uploads,
            graph=graph,
            locale=locale,
            handoff=handoff,
            archive=Archive(shelf, graph) if storage else None,
            storage=storage,
            limits=RateLimits(),
            keep_days=days,
        )
        gate = Gate(
            entry,
            house.limits,
            key=_cookie_key(storage),
            days=days,
            help=help_html("", house.phrases),
        )
        os.environ["GRADIO_TEMP_DIR"] = str(uploads.path)
        try:
            from ui.page import Page  # Gradio reads the environment as it is imported

            await _run(Page(house), gate, listener, house)
        finally:
            await house.sessions.close()
            services.models.close()


async def _run(page: "Page", gate: Gate, listener: socket.socket, house: House) -> None:
    ending = Ending(_application(page, gate, house))
    serving = await start(
        ending, listener, ready="Attune is ready", lifespan="on", ending=ending.end
    )
    background = [
        asyncio.create_task(house.readiness.warm()),
        asyncio.create_task(_sweep(house.uploads)),
    ]
    if house.archive is not None:
        background.append(asyncio.create_task(expire(house.archive.expire, house.keep_days)))
    try:
        await serving
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)


def _application(page: "Page", gate: Gate, house: House) -> "ASGIApp":
    import gradio as gr
    from fastapi import FastAPI

    async def look() -> Health:
        return await health(house.services, house.shelf.current(house.graph), house.storage)

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gate.connect(app, look, lambda who: Keeping(house).delete_all(who, ""))
    script = "".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
    gr.mount_gradio_app(
        app,
        page.blocks,
        path="/",
        server_name=HOST,
        auth_dependency=gate.username,
        theme=theme(),
        css_paths=[_HERE / "style.css", _HERE / "services.css"],
        head=f"{_ICON}<script>{script}</script>",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        allowed_paths=[],
        max_file_size=LIMITS.max_bytes,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
    )
    return gate.wrap(app, house.uploads, script)


def _cookie_key(storage: Storage | None) -> str:
    """Return what a restart and other processes of the same store know, too."""
    if storage is None:
        return ""
    try:
        return storage.owner("the cookies of the gate")
    except StorageError:
        return ""


async def _sweep(uploads: UploadFolder) -> None:
    """Delete recordings that were never sent."""
    while True:
        await asyncio.sleep(60)
        uploads.sweep(_UPLOAD_AGE_S)
