import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from tests.made_failing import Hanging, Returning
from tools.breaker import Tolerance, within
from tools.errors import Busy, ModelError, Resting, WeightsError
from tools.host import ModelHost


class Doubling:
    """Double every number; slow enough that callers gather."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.threads: set[str] = set()

    def predict(self, items: Sequence[int]) -> list[int]:
        self.batches.append(len(items))
        self.threads.add(threading.current_thread().name)
        time.sleep(0.02)
        return [2 * item for item in items]


async def test_callers_that_wait_together_share_a_batch() -> None:
    backend = Doubling()
    host = ModelHost("doubling", lambda: backend, max_batch=8)
    assert await asyncio.gather(*map(host.infer, range(17))) == [2 * i for i in range(17)]
    assert sum(backend.batches) == 17 and len(backend.batches) <= 4


async def test_a_model_runs_in_one_thread_off_the_event_loop() -> None:
    backend = Doubling()
    host = ModelHost("doubling", lambda: backend)
    await asyncio.gather(*map(host.infer, range(20)))
    assert backend.threads == {"host-doubling"}


async def test_nothing_is_loaded_before_the_first_call() -> None:
    loaded = []
    host = ModelHost("doubling", lambda: loaded.append(1) or Doubling())
    assert not loaded
    await asyncio.gather(*map(host.infer, range(3)))
    assert loaded == [1]


async def test_a_failing_batch_fails_its_callers_and_not_the_host() -> None:
    class Moody(Doubling):
        def predict(self, items: Sequence[int]) -> list[int]:
            if 13 in items:
                raise RuntimeError("unlucky")
            return super().predict(items)

    host = ModelHost("moody", Moody)
    with pytest.raises(ModelError, match=r"the model 'moody' failed \(RuntimeError\)"):
        await host.infer(13)
    assert await host.infer(4) == 8


async def test_loading_is_tried_again_after_it_failed() -> None:
    tries = []

    def load() -> Doubling:
        tries.append(1)
        if len(tries) == 1:
            raise WeightsError("the weights are missing")
        return Doubling()

    host = ModelHost("late", load)
    with pytest.raises(WeightsError):
        await host.infer(1)
    assert await host.infer(1) == 2


async def test_a_host_is_ready_once_its_model_is_loaded() -> None:
    backend, loaded = Doubling(), []
    host = ModelHost("doubling", lambda: loaded.append(1) or backend)
    await asyncio.gather(host.ready(5), host.ready(5), host.infer(1))
    await host.ready(0)
    assert loaded == [1] and sum(backend.batches) == 1


async def test_a_model_that_cannot_be_loaded_is_said_by_ready_at_once() -> None:
    def load() -> Doubling:
        raise WeightsError("the weights are missing")

    with pytest.raises(WeightsError):
        await asyncio.wait_for(ModelHost("late", load).ready(60), 5)


async def test_loading_that_hangs_is_waited_for_only_once() -> None:
    released = threading.Event()
    host = ModelHost("stuck", lambda: released.wait(10) and Doubling())
    with pytest.raises(TimeoutError):
        await host.ready(0.1)
    started = time.perf_counter()
    with pytest.raises(TimeoutError):
        await host.ready(0.1)
    assert time.perf_counter() - started < 0.08
    released.set()
    assert await host.infer(2) == 4
    await host.ready(0)


async def test_a_closed_host_is_not_ready() -> None:
    host = ModelHost("shut", Doubling)
    await host.ready(5)
    host.close()
    with pytest.raises(TimeoutError):
        await host.ready(0)


async def test_a_full_queue_refuses_at_once() -> None:
    started = threading.Event()

    class Stuck(Doubling):
        def predict(self, items: Sequence[int]) -> list[int]:
            started.set()
            time.sleep(0.3)
            return [0 for _ in items]

    host = ModelHost("stuck", Stuck, max_batch=1, max_waiting=2)
    first = asyncio.create_task(host.infer(0))
    await asyncio.to_thread(started.wait)
    waiting = [asyncio.create_task(host.infer(i)) for i in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="2 calls waiting"):
        await host.infer(3)
    await asyncio.gather(first, *waiting)


async def test_a_caller_that_gave_up_is_not_computed() -> None:
    backend = Doubling()
    host = ModelHost("doubling", lambda: backend, max_batch=1)
    first = asyncio.create_task(host.infer(1))
    await asyncio.sleep(0.005)
    second = asyncio.create_task(host.infer(2))
    await asyncio.sleep(0)
    second.cancel()
    await first
    assert await host.infer(3) == 6
    assert sum(backend.batches) == 2


async def test_a_backend_that_loses_items_is_an_error() -> None:
    class Losing(Doubling):
        def predict(self, items: Sequence[int]) -> list[int]:
            return []

    with pytest.raises(ModelError, match="0 results for 1 items"):
        await ModelHost("losing", Losing).infer(1)


async def test_a_closed_host_ends_its_thread_and_can_be_used_again() -> None:
    host = ModelHost("closing", Doubling)
    await host.infer(1)
    host.close()
    await asyncio.sleep(0.05)
    assert not [t for t in threading.enumerate() if t.name == "host-closing"]
    assert await host.infer(2) == 4


# A model that keeps failing, or hangs


def raising(_: Sequence[int]) -> list[int]:
    raise RuntimeError("unlucky")


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
    host = ModelHost("moody", lambda: backend, tolerance=Tolerance(rest=0.05))
    await fail(host, 3)
    backend.make = lambda items: [2 * item for item in items]
    await asyncio.sleep(0.06)
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
    started = time.perf_counter()
    with pytest.raises(Resting):
        await host.infer(2)
    assert time.perf_counter() - started < 0.04 and host.breaker.standing.failures == 1
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
    assert len([t for t in threading.enumerate() if t.name == "host-crowded"]) == 3
    for model in models:
        model.released.set()


async def test_a_thread_that_was_given_up_takes_nothing_more() -> None:
    hanging, doubling = Hanging(), Doubling()
    left = iter([hanging, doubling])
    host = ModelHost("released", lambda: next(left), tolerance=Tolerance(hung=0.03))
    with pytest.raises(ModelError):
        await host.infer(1)
    hanging.released.set()
    await asyncio.sleep(0.05)
    assert await asyncio.gather(*map(host.infer, range(4))) == [0, 2, 4, 6]
    assert len([t for t in threading.enumerate() if t.name == "host-released"]) == 1


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
