"""Turns that are killed: a process that prepares everything once, and forks for each kill.

Run as `python -m tests.made_kills FOLDER`; for each kind of turn and each boundary between two
steps of its nodes, a process is forked that gets as far as that and kills itself, as `kill -9`
does. What the person had seen by then is in the file `shown`, a sentence a line.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agents.context import Context, Services
from graphs import build
from graphs.archive import Archive
from graphs.keeping.saver import Saver
from graphs.run import Conversation, Sentence
from tests.made_archive import ADA, archive, kept, opened
from tests.made_services import example, stub_services
from tests.made_turn import say, voice
from tests.test_crisis import disclosure
from tools.safety.policy import SafetyPolicy
from tools.storage.records import Storage

REPLY = "One thing at a time. The week is long. There is room for it here."
ALOUD = "My day was long."
CONTEXT = Context(locale="en", country="US", disclosed=True, microphone=True)
SPOKEN = ("after begin_turn", "after screen", "after listen", "after screen_heard", "after fusion")
"""Where a turn with a recording is killed; the other kinds are killed everywhere."""

_AT_ONCE = 6

WORDS: dict[str, str] = {
    "plain": "I keep waiting for the letter.",
    "crisis": disclosure("high"),
    "voice": "",
    "queue": "And then there is this.",
}


def services() -> Services:
    return stub_services(example(), chat={"reply": REPLY}, ears={"text": ALOUD})


@dataclass(frozen=True)
class Kill:
    """One kill: of what kind of turn, where, and what had been seen of the reply."""

    kind: str
    at: str
    folder: Path
    shown: list[str]


def room_in(room: Archive, store: Storage) -> Archive:
    """Let an archive that was made before a fork use a store that was opened behind it."""
    saver = room._saver
    assert isinstance(saver, Saver)
    saver.storage = store
    return room


class _Deadly:
    """Kills this process at a boundary, by its number or by its name; counts the others."""

    def __init__(self) -> None:
        self.number, self.name, self.folder = 0, "", Path()
        self._seen = 0

    def boundary(self, where: str) -> None:
        self._seen += 1
        if self._seen == self.number or where == self.name:
            (self.folder / "at").write_text(where, "utf-8")
            os.kill(os.getpid(), signal.SIGKILL)

    def step(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        """Return `graphs.build.step` with a boundary before and after each node."""

        def step(node: Any, kit: Any) -> Any:
            inner = plain(node, kit)

            async def run(state: Any, *, runtime: Any) -> Any:
                self.boundary(f"before {kit.name}")
                update = await inner(state, runtime=runtime)
                self.boundary(f"after {kit.name}")
                return update

            run.__name__ = run.__qualname__ = kit.name
            return run

        return step


async def _send(talk: Conversation, words: str, kind: str, folder: Path) -> None:
    with open(folder / "shown", "ab", buffering=0) as shown:
        async for event in talk.send(words, [voice()] if kind == "voice" else [], CONTEXT):
            if isinstance(event, Sentence):
                shown.write(json.dumps(event.text).encode() + b"\n")


async def _turn(room: Archive, id: str, kind: str, folder: Path) -> None:
    async with opened(folder) as store:
        card = await store.card(id)
        assert card is not None
        talk = await room_in(room, store).open(card)
        first = WORDS["plain" if kind == "queue" else kind]
        sends = [_send(talk, first, kind, folder)]
        if kind == "queue":
            sends.append(_send(talk, WORDS[kind], kind, folder))
        await asyncio.gather(*sends)


async def _begin(room: Archive, folder: Path) -> None:
    async with opened(folder) as store:
        talk = room_in(room, store).begin()
        await talk.keep(store.owner(ADA))
        (folder / "id").write_text(talk.id, "utf-8")


async def _warm(policy: SafetyPolicy, folder: Path) -> None:
    """Have everything loaded that is loaded on its first use; with models and a store apart."""
    spare = replace(services(), policy=policy)
    async with opened(folder) as store:
        talk = await kept(store, spare)
        for kind in ("plain", "crisis"):
            await say(talk, WORDS[kind], country="US")
    await asyncio.to_thread(spare.models.close)


def _fork(work: Coroutine[Any, Any, None]) -> int:
    """Run work in a process of its own; return that process's number."""
    child = os.fork()
    if not child:
        try:
            asyncio.run(work)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    work.close()
    return child


def _ends_alive(child: int) -> bool:
    """Wait for a process; say whether it came to its end before it could kill itself."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code == 0


def main(place: Path) -> None:
    """Make every kill there is; a kind is done when a turn comes to its end unkilled."""
    deadly, own = _Deadly(), services()
    spare, template = place / "warm", place / "template"
    spare.mkdir()
    template.mkdir()
    asyncio.run(_warm(own.policy, spare))
    with patch.object(build, "step", deadly.step(build.step)):
        room = archive(None, own)
        room.begin()  # compiles the graph before anything forks
    _ends_alive(_fork(_begin(room, template)))
    id = (template / "id").read_text("utf-8")

    def kill(kind: str, number: int, name: str = "") -> int:
        folder = place / f"{kind}-{abs(number):03}"
        shutil.copytree(template, folder)
        deadly.number, deadly.name, deadly.folder = number, name, folder
        return _fork(_turn(room, id, kind, folder))

    children = [kill("voice", -number, name) for number, name in enumerate(SPOKEN)]
    children.append(kill("queue", 9))
    assert not any([_ends_alive(child) for child in children])
    for kind in ("plain", "crisis"):
        done, numbers = False, count(1)
        while not done:
            done = any(
                [_ends_alive(c) for c in [kill(kind, next(numbers)) for _ in range(_AT_ONCE)]]
            )


def kills(place: Path) -> list[Kill]:
    """Run the process that kills, and return what its children left behind."""
    command = [sys.executable, "-m", "tests.made_kills", str(place)]
    subprocess.run(command, check=True, timeout=300)
    found = []
    for at in sorted(place.glob("*/at")):
        folder = at.parent
        lines = (folder / "shown").read_text("utf-8").splitlines()
        shown = [json.loads(line) for line in lines]
        kind = folder.name.partition("-")[0]
        found.append(Kill(kind, at.read_text("utf-8"), folder, shown))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
