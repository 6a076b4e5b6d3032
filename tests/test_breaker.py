"""When a model is left alone, when it is tried again, and what counts against it."""

import asyncio
import sys
import types

import pytest

from tools.breaker import Breaker, Tolerance, within
from tools.errors import Busy, InputError, Resting
from tools.retries import again, in_parts


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("the model 'made'", Tolerance(failures=3, rest=30, longest=100), clock=clock)


def broken(breaker: Breaker) -> Breaker:
    for _ in range(3):
        breaker.enter()
        breaker.failed("RuntimeError")
    return breaker


def test_failures_in_a_row_leave_a_model_alone(breaker: Breaker) -> None:
    broken(breaker)
    with pytest.raises(Resting, match=r"the model 'made' keeps failing .* again in 30 s"):
        breaker.enter()


def test_a_success_between_failures_starts_the_count_anew(breaker: Breaker) -> None:
    for _ in range(2):
        breaker.failed("RuntimeError")
    breaker.passed()
    for _ in range(2):
        breaker.failed("RuntimeError")
    breaker.enter()
    assert breaker.standing.state == "closed" and breaker.standing.failures == 4


def test_after_the_rest_one_call_is_tried_and_the_others_wait(
    breaker: Breaker, clock: Clock
) -> None:
    broken(breaker)
    clock.now += 31
    breaker.enter()
    assert breaker.standing.state == "half-open"
    with pytest.raises(Resting):
        breaker.enter()


def test_a_trial_that_goes_well_lets_all_calls_through(breaker: Breaker, clock: Clock) -> None:
    broken(breaker)
    clock.now += 31
    breaker.enter()
    breaker.passed()
    breaker.enter()
    breaker.enter()
    assert breaker.standing.state == "closed"


def test_each_trial_that_fails_doubles_the_rest_up_to_a_bound(
    breaker: Breaker, clock: Clock
) -> None:
    broken(breaker)
    rests = []
    for _ in range(3):
        clock.now += 101
        breaker.enter()
        breaker.failed("RuntimeError")
        rests.append(breaker.standing.retry_s)
    assert rests == [60, 100, 100]


def test_a_trial_that_was_given_up_without_an_outcome_is_made_again(
    breaker: Breaker, clock: Clock
) -> None:
    broken(breaker)
    clock.now += 31
    breaker.enter()
    breaker.released()
    breaker.enter()


def test_a_trial_that_is_never_heard_of_again_does_not_bar_the_model_for_ever(
    breaker: Breaker, clock: Clock
) -> None:
    broken(breaker)
    clock.now += 31
    breaker.enter()
    clock.now += 61
    breaker.enter()


def test_how_it_stands_tells_the_class_of_the_last_failure(breaker: Breaker) -> None:
    with pytest.raises(ValueError):
        asyncio.run(_attempt(breaker, ValueError("Zanzibar")))
    assert breaker.standing.last == "ValueError" and "Zanzibar" not in repr(breaker.standing)


@pytest.mark.parametrize("error", [Busy("full"), InputError("too long")])
def test_what_is_not_the_models_fault_does_not_count(breaker: Breaker, error: Exception) -> None:
    with pytest.raises(type(error)):
        asyncio.run(_attempt(breaker, error))
    assert breaker.standing.failures == 0


async def _attempt(breaker: Breaker, error: Exception) -> None:
    with breaker.attempt():
        raise error


async def wait_in(breaker: Breaker) -> None:
    with breaker.attempt():
        await asyncio.Event().wait()


async def test_a_time_out_that_the_caller_set_counts(breaker: Breaker) -> None:
    with pytest.raises(TimeoutError):
        async with within(0.03):
            await wait_in(breaker)
    assert breaker.standing.last == "TimeoutError"


async def test_a_turn_that_the_person_stops_does_not_count(breaker: Breaker) -> None:
    async def turn() -> None:
        async with within(10):
            await wait_in(breaker)

    task = asyncio.create_task(turn())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert breaker.standing.failures == 0


async def test_a_time_out_of_somebody_else_does_not_count() -> None:
    breaker = Breaker("made", Tolerance(patience=0.0))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), within(10):
            await wait_in(breaker)
    assert breaker.standing.failures == 0


@pytest.mark.parametrize(("patience", "failures"), [(0.02, 1), (5.0, 0)])
async def test_a_call_that_nobody_bounded_counts_once_it_lasted_too_long(
    patience: float, failures: int
) -> None:
    breaker = Breaker("made", Tolerance(patience=patience))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await wait_in(breaker)
    assert breaker.standing.failures == failures


# What is tried again


class OutOfMemory(Exception):
    pass


@pytest.fixture
def emptied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Put a made torch in the place of the real one; it notes when its cache was emptied."""
    emptied: list[int] = []
    cuda = types.SimpleNamespace(
        OutOfMemoryError=OutOfMemory, empty_cache=lambda: emptied.append(1)
    )
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
    monkeypatch.setattr("tools.retries._WAIT_S", 0.0)
    return emptied


def test_a_batch_that_is_too_large_for_the_card_is_run_in_halves(emptied: list[int]) -> None:
    sizes: list[int] = []

    def predict(items: list[int]) -> list[int]:
        sizes.append(len(items))
        if len(items) > 2:
            raise OutOfMemory
        return [2 * item for item in items]

    assert in_parts(predict, list(range(5)), lambda: True) == [0, 2, 4, 6, 8]
    assert sizes == [5, 2, 2, 1] and emptied == [1]


def test_a_card_that_stays_full_is_given_up_after_three_tries(emptied: list[int]) -> None:
    tries: list[int] = []

    def predict(items: list[int]) -> list[int]:
        tries.append(len(items))
        raise OutOfMemory

    with pytest.raises(OutOfMemory):
        in_parts(predict, [1, 2], lambda: True)
    assert tries == [2, 1, 1]


def test_a_lost_connection_is_tried_again(emptied: list[int]) -> None:
    outcomes = iter([ConnectionResetError(), "well"])

    def call() -> str:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert again(call, lambda: True) == "well" and not emptied


@pytest.mark.parametrize("error", [ValueError(), MemoryError(), TimeoutError(), KeyError()])
def test_nothing_else_is_tried_again(error: Exception) -> None:
    tries = []

    def call() -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        again(call, lambda: True)
    assert len(tries) == 1


def test_nothing_is_tried_again_for_nobody(emptied: list[int]) -> None:
    tries = []

    def call() -> None:
        tries.append(1)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        again(call, lambda: False)
    assert len(tries) == 1


def test_memory_is_no_reason_to_import_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with pytest.raises(ValueError):
        again(lambda: int("x"), lambda: True)
    assert "torch" not in sys.modules
