"""What a tab holds for its own person while it is open, so that loading it again loses nothing.

It lies in the tab's session storage and goes with the tab, or when its person leaves or deletes.
The key of the session in it was issued here, and counts for its own person alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from tools.words import LONGEST
from ui.gate.identity import Identity
from ui.session import Session

_MOST = 4 * LONGEST
"""Characters of unsent words that come back; more than this was never typed."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a tab hands back when it is loaded.

    Attributes:
        key: of its session.
        id: of the kept conversation that was open in it; empty where none was kept.
        name: of whoever was signed in.
        draft: words that stood in the box.
        flight: messages that were sent and not answered yet, oldest first.
        said: there was a conversation.
        away: the connection had been lost.
    """

    key: str = ""
    id: str = ""
    name: str = ""
    draft: str = ""
    flight: tuple[str, ...] = ()
    said: bool = False
    away: bool = False


def read_held(text: object, who: Identity) -> Held:
    """Return what a tab hands back; nothing of it where it is malformed or another person's.

    Args:
        text: JSON, as the page's script has put it together.
        who: the person who asks now.
    """
    found: Any = None
    if isinstance(text, str) and len(text) < 8 * _MOST:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict):
        return Held()
    known = {f.name: found[f.name] for f in fields(Held) if f.name in found}
    if isinstance(flight := known.get("flight"), list):
        known["flight"] = tuple(words for words in flight if isinstance(words, str))
    if any(type(value) is not type(getattr(Held, name)) for name, value in known.items()):
        return Held()
    held = Held(**known)
    if held.name != who.name or len(held.draft) + sum(map(len, held.flight)) > _MOST:
        return Held()
    return held


def issued(key: str, session: Session, who: Identity) -> str:
    """Return what the tab is to hold of its session, as JSON; it changes with every turn."""
    return json.dumps(
        {
            "key": key,
            "id": session.conversation.id if session.chat.kept else "",
            "name": who.name,
            "turn": session.chat.revision,
        }
    )


def unsent(held: Held, session: Session, taken_back: Sequence[str] = ()) -> str:
    """Return the words that belong back into the box.

    Args:
        held: what the tab held.
        session: what is shown now.
        taken_back: messages whose turns were broken off here.
    """
    asked = [b["content"] for b in session.shown if b["role"] == "user"]
    latest = asked[-len(held.flight) - 1 :]
    flight = [
        words for words in held.flight if not any(a.startswith(words.strip()) for a in latest)
    ]  # the others have arrived
    parts = (part.strip() for part in (*taken_back, *flight, held.draft))
    return "\n".join(dict.fromkeys(part for part in parts if part))
