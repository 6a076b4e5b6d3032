"""Nothing that a program prints about its trouble holds anybody's words (R16)."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECRET = "Zanzibar"


def printed(code: str) -> str:
    """Run code in a program that keeps words out, and return all that it printed."""
    program = """
        import asyncio, gc, logging, sys, threading, traceback, warnings
        from tools.logs import keep_words_out
        keep_words_out()
        WORDS = "".join(["Zan", "zibar"])

        def fail():
            raise ValueError(f"cannot read {WORDS}")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program) + textwrap.dedent(code)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


FAILURES = {
    "uncaught": "fail()",
    "with a cause": """
        try:
            fail()
        except ValueError as error:
            raise RuntimeError(WORDS) from error
    """,
    "in a thread": "t = threading.Thread(target=fail, name=WORDS); t.start(); t.join()",
    "in a finalizer": """
        class Broken:
            def __del__(self): fail()
        Broken()
    """,
    "in a task that nobody waits for": """
        async def main():
            async def failing(): fail()
            asyncio.create_task(failing(), name=WORDS)
            await asyncio.sleep(0.05)
            gc.collect()
        asyncio.run(main())
    """,
    "in a callback": """
        async def main():
            asyncio.get_running_loop().call_soon(lambda words: fail(), WORDS)
            await asyncio.sleep(0.05)
        asyncio.run(main())
    """,
    "in a generator that is left": """
        async def main():
            async def going():
                try:
                    yield 1
                finally:
                    fail()
            stream = going()
            await anext(stream)
            del stream
            gc.collect()
            await asyncio.sleep(0.05)
        asyncio.run(main())
    """,
    "printed by a library": """
        try:
            fail()
        except ValueError as error:
            traceback.print_exc()
            traceback.print_exception(error)
            traceback.print_exception(type(error), error, error.__traceback__)
    """,
    "logged with its traceback": """
        try:
            fail()
        except ValueError:
            logging.getLogger("library").exception("it failed")
    """,
    "logged as a value": """
        try:
            fail()
        except ValueError as error:
            logging.getLogger("library").error("it failed: %s", error)
            logging.getLogger("library").error(error)
            logging.getLogger("library").error("failed: %(e)s", {"e": error})
    """,
    "while logging": """
        logging.getLogger("library").error("two of %s %s", WORDS)
    """,
    "in a warning": """
        warnings.warn(f"the value {WORDS} is not in the list")
    """,
}


@pytest.mark.parametrize("how", FAILURES)
def test_r16_what_fails_is_told_without_its_message(how: str) -> None:
    shown = printed(FAILURES[how])
    assert SECRET not in shown


@pytest.mark.parametrize("how", [how for how in FAILURES if how != "while logging"])
def test_what_fails_is_told_with_its_kind_and_place(how: str) -> None:
    shown = printed(FAILURES[how])
    assert "Error at " in shown or "Warning at " in shown or "a task failed" in shown


def test_the_failures_of_these_tests_do_tell_the_words_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda c, **m: run([*c[:2], c[2].replace("keep_words_out()", "0")], **m)
    )
    silent = [how for how in FAILURES if SECRET not in printed(FAILURES[how])]
    assert silent == []


def test_a_log_line_keeps_its_own_text() -> None:
    shown = printed('logging.getLogger("mine").warning("the store %s is full", "notes")')
    assert "the store notes is full" in shown


TOLD = """
    from tools import errors
    try:
        raise errors.{kind}("the store 'notes' is full: free some room")
    except errors.AttuneError as error:
        log = logging.getLogger("mine")
        log.error("not written: %s", error)
        log.error(error)
        log.error("again: %(why)s", {{"why": error}})
"""


@pytest.mark.parametrize("kind", ["StorageError", "ConfigError", "Resting"])
def test_a_sentence_of_our_own_says_what_to_do(kind: str) -> None:
    shown = printed(TOLD.format(kind=kind))
    assert shown.count("the store 'notes' is full: free some room") == 3


def test_what_a_model_said_stays_a_place() -> None:
    shown = printed(TOLD.format(kind="ModelError"))
    assert "notes" not in shown and shown.count("ModelError at ") == 3


def test_calling_it_twice_changes_nothing() -> None:
    assert "mine" in printed('keep_words_out(); logging.getLogger("x").error("mine")')
