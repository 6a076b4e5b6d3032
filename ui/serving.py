"""Serve an application to this machine alone, until the program is told to end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Literal

import typer

from tools.errors import ConfigError
from ui.gate.site import HOST

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def listen(port: int) -> socket.socket:
    """Take a port of 127.0.0.1, before anything is loaded; 0 takes any free one.

    Raises:
        ConfigError: it is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"the port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from error
    return listener


async def start(
    app: "ASGIApp",
    listener: socket.socket,
    *,
    ready: str,
    lifespan: Literal["on", "off"] = "off",
    ending: Callable[[], Awaitable[None]] | None = None,
) -> asyncio.Task[None]:
    """Serve, print the address, and return what ends when the program is told to.

    Args:
        app: what answers.
        listener: of `listen`.
        ready: what is there now, as the beginning of a sentence.
        lifespan: whether the application wants to be told of the beginning and the end.
        ending: called at the end, to break off what would keep the program waiting.
    """
    import uvicorn

    class Server(uvicorn.Server):
        """Ends by a flag alone, so that everything behind it is still cleaned up."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            ended = asyncio.ensure_future(ending()) if ending is not None else None
            await super().shutdown(sockets)
            if ended is not None:
                ended.cancel()

        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

    server = Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # addresses hold the words of raters
            lifespan=lifespan,
            timeout_graceful_shutdown=3,
            proxy_headers=False,  # `ui.gate.site` reads the one that it trusts
            server_header=False,
            ws="none",
        )
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.05)
    typer.echo(
        f"{ready}: http://{HOST}:{listener.getsockname()[1]} (only on this computer; Ctrl+C ends "
        "it)"
    )
    return serving
