"""The order in which simultaneous messages of one conversation are answered: that of arrival."""

import asyncio


class ArrivalQueue:
    """Places in a queue, in one process; each is taken at once and waited for later."""

    def __init__(self) -> None:
        """Begin with nobody in it."""
        self._last: asyncio.Future[None] | None = None

    def place(self) -> "Place":
        """Take the last place."""
        before, own = self._last, asyncio.get_running_loop().create_future()
        self._last = own
        return Place(before, own)


class Place:
    """One place in a queue; whoever takes it must `leave` it, also without having been served."""

    def __init__(self, before: "asyncio.Future[None] | None", own: "asyncio.Future[None]") -> None:
        """Stand behind `before`; `own` is done when this place is left and all before it are."""
        self._before, self._own = before, own

    async def reached(self) -> None:
        """Wait until everybody before has left."""
        if self._before is not None:
            # Shielded: whoever gives up waiting must not let the next one pass too early.
            await asyncio.shield(self._before)

    def leave(self) -> None:
        """Let the next one pass, as soon as it is this place's turn."""
        if self._own.done():
            return
        if self._before is None or self._before.done():
            self._own.set_result(None)
        else:
            self._before.add_done_callback(lambda _: self._own.set_result(None))
        self._before = None
