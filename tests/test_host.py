import asyncio
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest

from tests.made_failing import Hanging
from tests.made_host import Doubling, threads, until
from tools.errors import Busy, ModelError, WeightsError
from tools.host import ModelHost


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
    second = asyncio.create_task(host.ready(0.05))
    for _ in range(5):  # turns of the loop, and no time
        await asyncio.sleep(0)
    assert isinstance(second.exception(), TimeoutError)
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
    started, released = threading.Event(), threading.Event()

    class Stuck(Doubling):
        def predict(self, items: Sequence[int]) -> list[int]:
            started.set()
            released.wait(10)
            return [0 for _ in items]

    host = ModelHost("stuck", Stuck, max_batch=1, max_waiting=2)
    first = asyncio.create_task(host.infer(0))
    await asyncio.to_thread(started.wait)
    waiting = [asyncio.create_task(host.infer(i)) for i in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="2 calls waiting"):
        await host.infer(3)
    released.set()
    await asyncio.gather(first, *waiting)


async def test_a_caller_that_gave_up_is_not_computed() -> None:
    backend = Doubling()
    host = ModelHost("doubling", lambda: backend, max_batch=1)
    first = asyncio.create_task(host.infer(1))
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
    await until(lambda: not threads("closing"))
    assert await host.infer(2) == 4


async def test_a_host_that_is_closed_while_it_works_is_used_again_at_once() -> None:
    working = Hanging()
    models = [working, Doubling()]
    host = ModelHost("closing", lambda: models.pop(0))
    first = asyncio.create_task(host.infer(1))
    await asyncio.to_thread(working.entered.wait)
    host.close()
    async with asyncio.timeout(5):
        assert [await host.infer(i) for i in range(3)] == [0, 2, 4]
    working.released.set()
    with pytest.raises(ModelError):
        await first


def test_a_program_that_ends_lets_the_batch_that_runs_end_first() -> None:
    program = """
import asyncio, time
from tools.host import ModelHost

class Slow:
    def predict(self, items):
        time.sleep(0.3)
        print("ended", flush=True)
        return items

async def leave():
    asyncio.create_task(ModelHost("slow", Slow).infer(1))
    await asyncio.sleep(0.1)

asyncio.run(leave())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"ended\n")
