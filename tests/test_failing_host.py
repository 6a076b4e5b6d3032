"""A model keeps failing, or hangs; its host leaves it alone, or starts it anew."""

import asyncio
import threading

import pytest

from tests.made_failing import Hanging, Returning, raising
from tests.made_host import Doubling, threads, until
from tools.breaker import Breaker, Tolerance, within
from tools.errors import Busy, ModelError, Resting, WeightsError
from tools.host import ModelHost


async def fail(host: ModelHost[int, int], times: int) -> None:
    for _ in range(times):
        with pytest.raises(ModelError):
            await host.infer(1)


async def test_a_model_that_keeps_failing_is_not_asked_any_more() -> None:
    backend = Returning(raising)
    host = ModelHost("moody", lambda: backend)
    await fail(host, 3)
    with pytest.raises(Resting, match="'moody' keeps failing and is left alone"):
        await host.infer(1)
    assert backend.calls == 3 and host.breaker.standing.last == "RuntimeError"


async def test_a_model_that_was_left_alone_is_used_again_once_it_answers() -> None:
    backend = Returning(raising)
    host, clock = ModelHost("moody", lambda: backend), [0.0]
    host.breaker = Breaker("the model 'moody'", clock=lambda: clock[0])
    await fail(host, 3)
    backend.make = lambda items: [2 * item for item in items]
    clock[0] = host.breaker.tolerance.rest
    assert await host.infer(2) == 4 and await host.infer(3) == 6
    assert host.breaker.standing.state == "closed"


async def test_a_model_that_cannot_be_loaded_is_not_loaded_again_and_again() -> None:
    tries = []

    def load() -> Doubling:
        tries.append(1)
        raise WeightsError("the weights are missing")

    host = ModelHost("late", load)
    for _ in range(3):
        with pytest.raises(WeightsError):
            await host.ready(5)
    with pytest.raises(Resting):
        await host.ready(5)
    with pytest.raises(Resting):
        await host.infer(1)
    assert len(tries) == 3


async def test_while_a_model_hangs_nobody_else_waits_for_it() -> None:
    model = Hanging()
    host = ModelHost("stuck", lambda: model)
    with pytest.raises(TimeoutError):
        async with within(0.05):
            await host.infer(1)
    with pytest.raises(Resting):
        await host.infer(2)
    assert host.breaker.standing.failures == 1 and not model.released.is_set()
    model.released.set()


async def test_a_model_that_hung_for_long_is_replaced_by_a_fresh_one() -> None:
    models = [Hanging(), Doubling()]
    left, renewed = iter(models), []
    host = ModelHost(
        "stuck",
        lambda: next(left),
        renew=lambda: renewed.append(1),
        tolerance=Tolerance(hung=0.1),
    )
    with pytest.raises(TimeoutError):
        async with within(0.05):
            await host.infer(1)
    await asyncio.sleep(0.08)
    assert await host.infer(2) == 4 and renewed == [1]
    models[0].released.set()


async def test_a_call_that_nobody_bounds_does_not_wait_for_a_hung_model_for_ever() -> None:
    model = Hanging()
    host = ModelHost("stuck", lambda: model, tolerance=Tolerance(hung=0.05))
    with pytest.raises(ModelError, match="'stuck' hangs and is started anew"):
        await asyncio.wait_for(host.infer(1), 5)
    assert host.breaker.standing.last == "TimeoutError"
    model.released.set()


async def test_only_so_many_threads_are_given_up() -> None:
    models: list[Hanging] = []

    def load() -> Hanging:
        models.append(Hanging())
        return models[-1]

    tolerance = Tolerance(failures=100, hung=0.03, threads=2)
    host = ModelHost("crowded", load, tolerance=tolerance)
    for _ in range(3):
        with pytest.raises(ModelError):
            await host.infer(1)
    with pytest.raises(Resting):
        await host.infer(1)
    assert len(models) == 3
    assert len(threads("crowded")) == 3
    for model in models:
        model.released.set()


async def test_a_thread_that_was_given_up_takes_nothing_more() -> None:
    hanging, doubling = Hanging(), Doubling()
    left = iter([hanging, doubling])
    host = ModelHost("released", lambda: next(left), tolerance=Tolerance(hung=0.03))
    with pytest.raises(ModelError):
        await host.infer(1)
    [given_up] = threads("released")
    hanging.released.set()
    await until(lambda: not given_up.is_alive())
    assert await asyncio.gather(*map(host.infer, range(4))) == [0, 2, 4, 6]
    assert len(threads("released")) == 1


async def test_a_model_that_is_slow_to_load_has_not_failed() -> None:
    released = threading.Event()
    host = ModelHost("late", lambda: released.wait(10) and Doubling())
    for _ in range(4):
        with pytest.raises((TimeoutError, Busy)):
            async with within(0.02):
                await host.infer(1)
    assert host.breaker.standing.failures == 0
    released.set()
    await host.ready(5)
    assert await host.infer(2) == 4


async def test_rubbish_fails_its_own_caller_and_counts() -> None:
    def accept(output: int) -> None:
        if output < 0:
            raise ModelError("negative")

    host = ModelHost("moody", Doubling, accept=accept)
    good, bad = await asyncio.gather(host.infer(2), host.infer(-2), return_exceptions=True)
    assert good == 4 and isinstance(bad, ModelError)
    assert host.breaker.standing.failures == 1


async def test_a_reloaded_model_has_never_failed() -> None:
    models = [Returning(raising), Doubling()]
    host = ModelHost("moody", lambda: models.pop(0))
    await fail(host, 3)
    host.reload()
    assert await host.infer(2) == 4 and host.breaker.standing.state == "closed"
