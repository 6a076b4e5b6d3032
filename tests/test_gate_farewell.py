"""Who leaves at once leaves nothing behind, even if their page does not ask any more."""

import asyncio

import pytest

from tests.made_gate import HOME, Made
from tools.errors import StorageError
from ui.gate.farewell import Farewell
from ui.gate.identity import Identity

ADA = Identity(key="visitor:ada")


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_r19_a_visitor_who_leaves_is_deleted(made: Made) -> None:
    async with made.browser() as one:
        await one.get("/")
        await one.post("/attune/go", headers={"origin": HOME})
        await settle()
        assert [who.key.partition(":")[0] for who in made.deleted] == ["visitor"]


async def test_r19_what_could_not_be_deleted_is_tried_again() -> None:
    tried: list[Identity] = []

    async def delete(who: Identity) -> None:
        tried.append(who)
        if len(tried) < 3:
            raise StorageError("the store is away")

    Farewell(delete, again=0.0).begin(ADA)
    await settle()
    await settle()
    assert len(tried) == 3


@pytest.mark.parametrize(
    "who", [Identity(), Identity(name="ada", key="user:a", lasting=True)], ids=["nobody", "signed"]
)
async def test_nothing_is_deleted_of_nobody_and_of_who_signed_in(who: Identity) -> None:
    tried: list[Identity] = []

    async def delete(who: Identity) -> None:
        tried.append(who)

    Farewell(delete).begin(who)
    await settle()
    assert not tried
