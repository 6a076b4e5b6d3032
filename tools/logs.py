"""What a program prints about its own trouble: which, and where in the code, but nobody's words.

The message of an exception, and what stands in a task's description or a warning, may be what
somebody said, or the name of their file. Libraries print such messages as they like, so it is here
that they lose them, for the whole process. The sentences of `tools.errors` are for whoever runs the
program and stay; but for those of a model, which may repeat what it was given.
"""

import asyncio
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from tools.errors import AttuneError, Busy, ModelError, Resting, places

_TASKS = "asyncio"
_made = logging.getLogRecordFactory()


def keep_words_out() -> None:
    """Let nothing of this process print the message of an exception that nobody has read.

    Log records keep their own text and our own sentences, but any other exception in them becomes
    its type and its place. The same holds for every exception that ends a thread, a task or the
    program, for `traceback.print_exc` and for warnings. May be called again.
    """
    logging.setLogRecordFactory(_record)
    logging.raiseExceptions = False  # would print a record's arguments
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _in_thread
    traceback.print_exc = _printed
    traceback.print_exception = _printed_one
    warnings.showwarning = _warned


def _record(*given: Any, **more: Any) -> logging.LogRecord:
    record = _made(*given, **more)
    if isinstance(record.msg, BaseException):
        record.msg = _told(record.msg)
    if isinstance(record.args, Mapping):
        record.args = {key: _told(value) for key, value in record.args.items()}
    elif record.args:
        record.args = tuple(_told(value) for value in record.args)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.exc_info, record.exc_text = None, places(error)
    if record.name == _TASKS and record.levelno >= logging.ERROR:
        # Describes the task, and with it what it was given and what it raised.
        record.msg, record.args = "a task failed that nobody waited for", None
    return record


def _told(value: object) -> object:
    if isinstance(value, BaseException):
        return str(value) if _is_sentence(value) else places(value)
    return type(value).__name__ if isinstance(value, asyncio.Future) else value


def _is_sentence(error: BaseException) -> bool:
    """Whether the message was written here, of names and numbers alone."""
    if isinstance(error, ModelError):
        return isinstance(error, Busy | Resting)
    return isinstance(error, AttuneError)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _print("the program ended", error)


def _unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    _print("an object could not be taken down", unraisable.exc_value)


def _in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is not SystemExit:
        _print("a thread ended", failed.exc_value)


def _printed(limit: int | None = None, file: Any = None, chain: bool = True) -> None:
    _print("caught", sys.exception(), file)


def _printed_one(error: object, value: object = None, *_: object, **more: Any) -> None:
    found = value if isinstance(value, BaseException) else error
    _print("caught", found if isinstance(found, BaseException) else None, more.get("file"))


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    (file or sys.stderr).write(f"{category.__name__} at {Path(filename).name}:{lineno}\n")


def _print(what: str, error: BaseException | None, file: TextIO | None = None) -> None:
    out = file or sys.stderr
    if out is not None:
        out.write(f"{what}: {places(error) if error is not None else 'no error'}\n")
