"""The comparison of durable turns measures what it says."""

from pathlib import Path

import pytest

from agents.context import Services
from benchmarks import durable
from tests.made_services import example, stub_services


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    def assembled(*_: object, **__: object) -> Services:
        return stub_services(example())

    monkeypatch.setattr(durable, "assemble", assembled)
    monkeypatch.delenv("ATTUNE_TEST_POSTGRES", raising=False)


async def test_every_way_of_keeping_takes_every_turn(tmp_path: Path) -> None:
    arms = await durable.measure(tmp_path, turns=1, conversations=2)
    assert {len(arm.spent) for arm in arms.values()} == {2}
    assert {"no checkpointer", "here, in memory", "here, kept, SQLite"} < set(arms)


async def test_only_kept_turns_write_and_ours_write_less_than_the_peer(tmp_path: Path) -> None:
    arms = await durable.measure(tmp_path, turns=2, conversations=1)
    written = {name: sum(arm.bytes) for name, arm in arms.items()}
    assert written["no checkpointer"] < 10_000 and written["here, in memory"] < 10_000
    ours, peer = written["here, kept, SQLite"], written["AsyncSqliteSaver, sync"]
    assert 10_000 < ours < peer / 2


def test_what_a_turn_costs_is_taken_beside_the_bare_one() -> None:
    assert durable._over([30.0, 50.0, 90.0], [10.0, 20.0, 80.0]) == 20.0
