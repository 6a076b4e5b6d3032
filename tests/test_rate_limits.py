"""How often somebody may do something."""

from collections.abc import Iterator

import pytest

from ui.gate.identity import Identity
from ui.gate.limits import PER_ADDRESS, PER_PERSON, RateLimits

ONE = Identity(key="visitor:one", address="192.0.2.1")
OTHER = Identity(key="visitor:other", address="192.0.2.2")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    yield clock


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> RateLimits:
    monkeypatch.setattr("ui.gate.limits.PER_PERSON", {"message": "3/minute", "upload": "1/minute"})
    monkeypatch.setattr("ui.gate.limits.PER_ADDRESS", {"message": "5/minute"})
    return RateLimits()


def test_a_person_wait_to_send_as_often_as_is_set_and_then_waits(limits: RateLimits) -> None:
    assert [limits.wait_to_send(ONE) for _ in range(3)] == [0.0] * 3
    assert 0 < limits.wait_to_send(ONE) <= 60


def test_another_person_does_not_wait_for_the_first(limits: RateLimits) -> None:
    for _ in range(9):
        limits.wait_to_send(ONE)
    assert limits.wait_to_send(OTHER) == 0.0


def test_the_window_moves(limits: RateLimits, clock: Clock) -> None:
    limits.wait_to_send(ONE)
    clock.now += 40
    limits.wait_to_send(ONE)
    limits.wait_to_send(ONE)
    assert limits.wait_to_send(ONE) == pytest.approx(20, abs=1)
    clock.now += 21
    assert limits.wait_to_send(ONE) == 0.0
    assert limits.wait_to_send(ONE) > 0, "two of the last minute still count"


def test_a_refused_message_is_not_counted(limits: RateLimits, clock: Clock) -> None:
    for _ in range(3):
        limits.wait_to_send(ONE)
    clock.now += 59
    for _ in range(20):
        assert limits.wait_to_send(ONE) > 0
    clock.now += 2
    assert limits.wait_to_send(ONE) == 0.0


def test_all_of_one_address_count_together(limits: RateLimits) -> None:
    people = [Identity(key=f"visitor:{n}", address="192.0.2.1") for n in range(6)]
    waits = [limits.wait_to_send(who) for who in people]
    assert waits[:5] == [0.0] * 5 and waits[5] > 0


def test_what_is_counted_is_kept_apart_by_kind(limits: RateLimits) -> None:
    assert limits.wait("upload", person="visitor:one") == 0.0
    assert limits.wait("upload", person="visitor:one") > 0
    assert limits.wait_to_send(ONE) == 0.0


def test_a_person_is_not_taken_for_an_address(limits: RateLimits) -> None:
    for _ in range(3):
        limits.wait("message", person="192.0.2.1")
    assert limits.wait("message", address="192.0.2.1") == 0.0


def test_what_ships_is_generous_for_somebody_who_types() -> None:
    shipped = RateLimits()
    assert all(shipped.wait_to_send(ONE) == 0.0 for _ in range(20))


def test_what_ships_ends_a_flood_of_everything() -> None:
    shipped = RateLimits()
    for kind in PER_PERSON:
        assert any(shipped.wait(kind, person="p") for _ in range(1300)), kind
    for kind in PER_ADDRESS:
        assert any(shipped.wait(kind, address="a") for _ in range(400)), kind


def test_a_clock_that_was_put_back_makes_nobody_wait_for_longer_than_the_window(
    limits: RateLimits, clock: Clock
) -> None:
    while not limits.wait_to_send(ONE):
        pass
    clock.now -= 86_400
    assert 0 < limits.wait_to_send(ONE) <= 3_600
