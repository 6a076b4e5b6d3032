"""Models that fail in every way, and an engine that does, as `python -m tests.made_failing`."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

SECRET = "Zanzibar"
"""Stands for what a person said; no note, log or health page may hold it."""

NODES = {
    "text": "text_emotion",
    "face": "face_emotion",
    "voice": "voice_emotion",
    "ears": "listen",
}
"""The nodes at which models are made to fail, by the name of the stub."""


class Hanging:
    """A model that hangs until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.entered = threading.Event()

    def predict(self, items: Sequence[Any]) -> list[Any]:
        self.entered.set()
        self.released.wait(30)
        raise RuntimeError("released")


class Returning:
    """A model that returns what a function makes of its items."""

    def __init__(self, make: Callable[[Sequence[Any]], Any]) -> None:
        self.make = make
        self.calls = 0

    def predict(self, items: Sequence[Any]) -> Any:
        self.calls += 1
        return self.make(items)


def raising(items: Sequence[Any]) -> Any:
    raise RuntimeError(f"cannot read {SECRET}")


class Writer:
    """A language model that writes some words and then does what it was made for."""

    def __init__(self, written: str, then: str = "") -> None:
        self.written, self.then = written, then
        self.released = threading.Event()
        self.calls = 0

    def stream(self, request: object) -> Iterator[str]:
        self.calls += 1
        for word in self.written.split():
            yield f"{word} "
        if self.then == "hang":
            self.released.wait(30)
        elif self.then:
            raise RuntimeError(f"cannot read {SECRET}")


def engine(how: str) -> None:
    """Behave like the engine of `openvino_chat`, up to a point; `how` says which.

    `well` answers; `start` dies with 137 before it is ready; `hang` takes requests and says
    nothing; `mid` writes a word and then dies with 137.
    """

    def send(event: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()

    if how == "start":
        sys.exit(137)
    send({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        if request.get("cancel") or how == "hang":
            continue
        send({"id": request["id"], "text": "Well. "})
        if how == "mid":
            time.sleep(0.05)
            sys.exit(137)
        send({"id": request["id"], "done": True})


if __name__ == "__main__":
    engine(sys.argv[1])
