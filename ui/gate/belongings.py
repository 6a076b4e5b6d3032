"""Whose is what: page sessions and uploads, by who brought them."""

from collections import OrderedDict
from pathlib import Path

_MOST = 20_000
"""Sessions that are remembered; whoever floods them is stopped by the rate limits before."""

FILES = 12
"""Uploads of one person that may wait at once to be sent."""


class Belongings:
    """Remembers who was first to use a session id, and who uploaded a file.

    Gradio tells pages apart by an id that the browser makes up, and reads any file of the upload
    folder for whoever names it. Here each belongs to one person.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._sessions: OrderedDict[str, str] = OrderedDict()
        self._files: dict[str, set[str]] = {}

    def knows(self, session: str) -> bool:
        """Whether a session id was seen before."""
        return session in self._sessions

    def claim(self, session: str, person: str) -> bool:
        """Take a session id that nobody has, and return whether it is this person's."""
        owner = self._sessions.setdefault(session, person)
        self._sessions.move_to_end(session)
        while len(self._sessions) > _MOST:
            self._sessions.popitem(last=False)
        return owner == person

    def bring(self, file: str, person: str) -> None:
        """Note who uploaded a file; the same bytes may come from several people."""
        self._files.setdefault(file, set()).add(person)

    def owns(self, file: str, person: str) -> bool:
        """Whether this person uploaded a file, which is still there."""
        return person in self._files.get(file, ()) and Path(file).is_file()

    def waiting(self, person: str) -> int:
        """Return how many uploads of somebody still lie there."""
        for file in [file for file in self._files if not Path(file).exists()]:
            del self._files[file]
        return sum(person in owners for owners in self._files.values())
