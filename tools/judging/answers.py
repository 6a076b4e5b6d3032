"""What a judge answered: read strictly, and kept so that a killed judging goes on."""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tools import journal
from tools.chat import ChatRequest
from tools.errors import DataError

_AROUND = " \t\r\n\"'`*."
"""Signs that may stand around an answer without making it another one."""


def parsed(answer: str, allowed: Sequence[str]) -> str | None:
    """Return the allowed answer that this is; None where it is anything else.

    A sentence that holds an allowed answer is none: which of its numbers is meant would be a guess.
    """
    bare = answer.strip(_AROUND).casefold()
    return next((one for one in allowed if one.casefold() == bare), None)


class Answers:
    """The answers of one judge in a file, by everything that it was asked; safe for threads."""

    def __init__(self, path: Path, judge: str) -> None:
        """Read what is there.

        Args:
            path: the file of JSON lines; it need not be there.
            judge: what decides the judge's answers besides the question, e.g. a hash of its entry.

        Raises:
            DataError: the file cannot be read.
        """
        self._path = path
        self._judge = judge
        self._writing = threading.Lock()
        self._known: dict[str, str] = {}
        if path.exists():
            self._read()

    def get(self, request: ChatRequest) -> str | None:
        """Return the answer to a question that was asked before."""
        return self._known.get(self._key(request))

    def put(self, request: ChatRequest, answer: str) -> None:
        """Keep an answer, and let it reach the disk.

        Raises:
            DataError: it cannot be written.
        """
        key = self._key(request)
        then = "make room, then give the same command again"
        with self._writing:
            with journal.writing(f"the answers in {self._path.parent.name!r}", then):
                journal.append(self._path, {"asked": key, "answer": answer})
            self._known[key] = answer

    def _read(self) -> None:
        for number, known in journal.records(self._path):
            try:
                self._known[known["asked"]] = str(known["answer"])
            except (KeyError, TypeError):
                raise DataError(
                    f"{self._path.name}:{number} of {self._path.parent.name!r} is no answer; "
                    "take the line out, or give another --out"
                ) from None

    def _key(self, request: ChatRequest) -> str:
        asked = json.dumps([self._judge, asdict(request)], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()
