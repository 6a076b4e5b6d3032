"""Serve the rating page to this machine alone; a reverse proxy may stand before it."""

from ui.rating.app import RatingPage
from ui.serving import listen, start


async def serve(page: RatingPage, *, port: int, note: str = "") -> None:
    """Serve the page until the program is told to end.

    Args:
        page: what is rated.
        port: on 127.0.0.1; 0 takes any free one.
        note: printed with the address.

    Raises:
        ConfigError: the port is taken.
    """
    with listen(port) as listener:
        await (await start(page.application(), listener, ready=f"{note}The rating page is ready"))
