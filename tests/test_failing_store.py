"""The store of examples hangs or raises; the reply comes without it."""

import asyncio
from pathlib import Path

import pytest

from tests.made_services import ListedExamples, stub_services
from tests.made_turn import conversation, say
from tools.breaker import within
from tools.errors import DataError, ModelError
from tools.examples.query import Query


async def test_a_hanging_store_of_examples_holds_up_only_the_first_turns(tmp_path: Path) -> None:
    from tools.examples.store import ChromaExamples

    class Stuck(ChromaExamples):
        searches = 0

        async def open(self) -> None:
            self.searches += 1
            await asyncio.Event().wait()

    store = Stuck(stub_services().models.host("embed"), folder=tmp_path)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with within(0.01):
                await store.search(Query(said="I keep waiting."), 3)
    with pytest.raises(ModelError, match="the example store keeps failing"):
        await store.search(Query(said="I keep waiting."), 3)
    assert store.searches == 3


async def test_a_store_of_examples_that_fails_leaves_a_reply() -> None:
    store = ListedExamples(error=DataError("it is gone"))
    assert (await say(conversation(stub_services(store=store)), "I keep waiting."))["reply"]
