"""Serve the rating page to this machine alone; a reverse proxy may stand before it."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Generator

import typer

from tools.errors import ConfigError
from ui.gate.site import HOST
from ui.rating.app import RatingPage


async def serve(page: RatingPage, *, port: int, note: str = "") -> None:
    """Serve the page until the program is told to end.

    Args:
        page: what is rated.
        port: on 127.0.0.1; 0 takes any free one.
        note: printed with the address.

    Raises:
        ConfigError: the port is taken.
    """
    import uvicorn

    class Server(uvicorn.Server):
        """Ends by a flag alone, as whoever started it expects."""

        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"the port {port} cannot be used ({error.strerror}); choose another with --port"
            ) from error
        server = Server(
            uvicorn.Config(
                page.application(),
                log_level="warning",
                access_log=False,  # it would hold the words of raters
                lifespan="off",
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
            f"{note}The rating page is ready: http://{HOST}:{listener.getsockname()[1]} "
            "(only on this computer; Ctrl+C ends it)"
        )
        await serving
