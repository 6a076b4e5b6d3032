from pathlib import Path

import pytest

from agents.recall import stage
from agents.strategy import votes
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.labels import MASKED, Strategy


@pytest.mark.parametrize("strategy", [*MASKED])
async def test_a_masked_strategy_is_never_planned_for_a_person(strategy: Strategy) -> None:
    found = [example(id=f"m{i}", strategy=strategy.value, similarity=0.99) for i in range(8)]
    report = await say(conversation(stub_services(*found)), "I keep waiting.")
    assert report["strategy"]["scores"][strategy] == 0.0


async def test_evaluation_may_plan_every_strategy() -> None:
    found = [example(id=f"m{i}", strategy="Self-disclosure", similarity=0.99) for i in range(8)]
    services = stub_services(*found, evaluation=True)
    report = await say(conversation(services), "I keep waiting.")
    assert report["strategy"]["label"] == "Self-disclosure"


async def test_advice_is_not_planned_in_the_first_turns() -> None:
    found = [example(id=f"m{i}", strategy="Advisement", similarity=0.99) for i in range(8)]
    report = await say(conversation(stub_services(*found)), "I keep waiting.")
    assert report["strategy"]["scores"]["Advisement"] == 0.0


async def test_advice_may_be_planned_when_it_is_asked_for() -> None:
    found = [example(id=f"m{i}", strategy="Advisement", similarity=0.99) for i in range(8)]
    report = await say(conversation(stub_services(*found)), "I keep waiting. What should I do?")
    assert report["strategy"]["label"] == "Advisement"


async def test_the_plan_says_why() -> None:
    found = [example(strategy="Restatement", similarity=0.9), example(id="m2", similarity=0.2)]
    report = await say(conversation(stub_services(*found)), "I keep waiting.")
    assert report["strategy"]["label"] == "Restatement"
    assert report["strategy"]["why"].startswith("1 of 2 similar examples use it")


async def test_the_distribution_sums_to_one() -> None:
    report = await say(conversation(stub_services(example())), "I keep waiting.")
    assert sum(report["strategy"]["scores"].values()) == pytest.approx(1)


def test_closer_examples_have_more_votes() -> None:
    cast = votes([example(strategy="Approval", similarity=0.8), example(similarity=0.4)])
    assert cast["Approval"] == pytest.approx(0.8)


def test_examples_that_are_nothing_alike_have_no_votes() -> None:
    assert votes([example(similarity=-0.2)]) == {}


def test_a_conversation_explores_then_comforts_then_acts() -> None:
    assert [stage(turn).value for turn in (1, 3, 4, 7, 8)] == [
        "exploration", "exploration", "comforting", "comforting", "action",
    ]  # fmt: skip


async def test_votes_for_nothing_but_barred_strategies_leave_the_plan_to_the_stage(
    tmp_path: Path,
) -> None:
    trusting = tmp_path / "trusting.yaml"
    trusting.write_text(
        "name: trusting\ninclude: support\nnodes: {strategy: {options: {votes: 1.0}}}\n", "utf-8"
    )
    found = [example(strategy="Advisement", similarity=0.9)]
    report = await say(conversation(stub_services(*found), str(trusting)), "I keep waiting.")
    assert report["strategy"]["label"] == "Open question"
