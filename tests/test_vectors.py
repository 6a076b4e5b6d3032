"""Embeddings of a person's body are held for minutes at most, and shown nowhere."""

import time
from dataclasses import fields, is_dataclass
from importlib import import_module

from tools.perceived import Perceived
from tools.situation import Situation
from tools.vectors import SECONDS, Vectors


def test_vectors_are_held_for_minutes_and_no_longer() -> None:
    now = [100.0]
    vectors = Vectors(clock=lambda: now[0])
    vectors.put("one", "voice", (1.0,))
    now[0] += SECONDS - 1
    assert vectors.of("one") == {"voice": (1.0,)}
    now[0] += 1
    assert vectors.of("one") == {} and len(vectors) == 0
    assert SECONDS <= 300


def test_another_vector_of_the_same_turn_does_not_make_the_first_last_longer() -> None:
    now = [100.0]
    vectors = Vectors(seconds=60, clock=lambda: now[0])
    vectors.put("one", "voice", (1.0,))
    now[0] += 40
    vectors.put("one", "face", (2.0,))
    assert set(vectors.of("one")) == {"voice", "face"}
    now[0] += 20
    assert vectors.of("one") == {}


def test_the_vectors_of_a_turn_that_was_given_up_leave_those_of_a_later_one() -> None:
    now = [100.0]
    vectors = Vectors(seconds=60, clock=lambda: now[0])
    vectors.put("one", "voice", (1.0,))
    now[0] += 40
    vectors.put("two", "voice", (2.0,))
    now[0] += 30
    assert vectors.of("one") == {} and vectors.of("two") == {"voice": (2.0,)}


def test_they_go_by_themselves_when_nobody_asks_again() -> None:
    vectors = Vectors(seconds=0.05)
    for turn in ("one", "two", "three"):
        vectors.put(turn, "voice", (1.0,))
        until = time.monotonic() + 5
        while len(vectors) and time.monotonic() < until:
            time.sleep(0.01)
        assert len(vectors) == 0


def test_no_record_that_carries_them_shows_them() -> None:
    vectors = Vectors()
    vectors.put("one", "voice", (4711.0,))
    carriers = [
        Situation(said="Hello.", vectors={"voice": (4711.0,)}),
        Perceived(scores={"joy": 1.0}, vector=(4711.0,)),
        vars(vectors),
    ]
    assert "4711" not in repr(carriers)


def test_a_situation_shows_no_thought() -> None:
    assert "zephyr" not in repr(Situation(said="Hello.", thoughts={"clue": "zephyr"}))


def test_no_carrier_of_vectors_in_the_code_shows_them() -> None:
    shown = []
    for name in ("perceived", "situation", "vectors"):
        module = import_module(f"tools.{name}")
        for kind in filter(is_dataclass, vars(module).values()):
            shown += [
                f"{kind.__name__}.{f.name}"
                for f in fields(kind)
                if f.repr and ("vector" in f.name or "thought" in f.name)
            ]
    assert shown == []
