import json
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.care import command
from benchmarks.care.classifier import classify, read_classified
from benchmarks.care.command import PAGE
from benchmarks.care.fixed_set import read_talks
from benchmarks.care.judging import adherence, agree, agreement, preference, take_labels
from benchmarks.care.page import head, write_page
from benchmarks.care.sheets import read_key, write_sheet
from tests.made_care import fill, made_run, row, talk
from tests.made_services import example, stub_services
from tools.errors import ConfigError, DataError

SAID = {"follows": True, "advises": False, "score": 4}


def lines(sheet) -> list[dict]:
    return [json.loads(line) for line in sheet.read_text("utf-8").splitlines()]


def test_a_sheet_names_no_arm_and_its_key_does(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "adherence", n=6)
    assert not any("arm" in line or "turn" in line for line in lines(sheet))
    places = [place for [place] in read_key(run, sheet.stem)["lines"].values()]
    assert Counter(place["arm"] for place in places) == {"alone": 3, "full": 3}


def test_an_arm_without_a_plan_is_judged_by_that_of_the_full_graph(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    assert {line["plan"] for line in lines(write_sheet(run, "adherence"))} == {"Restatement"}


def test_a_reply_of_the_safety_protocol_has_no_plan_to_follow(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    run.add([row(conversation="crisis", route="crisis", reply="Are you safe?")])
    assert "Are you safe?" not in write_sheet(run, "adherence", n=0).read_text()


def test_every_pair_stands_in_both_orders_in_either_half(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    found = lines(write_sheet(run, "preference", n=5))
    assert len(found) == 10
    first = {frozenset((x["a"]["reply"], x["b"]["reply"])) for x in found[:5]}
    second = {frozenset((x["a"]["reply"], x["b"]["reply"])) for x in found[5:]}
    assert first == second and len(first) == 5
    ordered = {(x["a"]["reply"], x["b"]["reply"]) for x in found}
    assert len(ordered) == 10


def test_a_side_shows_its_own_earlier_replies(tmp_path) -> None:
    run = made_run(tmp_path / "run", turns=4)
    for line in lines(write_sheet(run, "preference", n=0)):
        for side in (line["a"], line["b"]):
            arm, *_ = side["reply"].split()
            assert len(side["earlier"]) <= 2
            assert all(turn["supporter"].startswith(arm) for turn in side["earlier"])


def test_the_same_seed_draws_the_same_sheet(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    one = write_sheet(run, "adherence", n=4, seed=1).read_text()
    assert write_sheet(run, "adherence", n=4, seed=1).read_text() == one
    assert write_sheet(run, "adherence", n=4, seed=2).read_text() != one


def test_a_pair_needs_two_arms_of_the_run(tmp_path) -> None:
    with pytest.raises(ConfigError, match="needs two arms"):
        write_sheet(made_run(tmp_path / "run"), "preference", arms=["full", "no_retrieval"])


@pytest.mark.parametrize(
    ("given", "wrong"),
    [({}, "wrong at 'follows'"), ({**SAID, "score": 6}, "wrong at 'score'")],
)
def test_a_sheet_that_is_not_filled_in_is_refused(tmp_path, given, wrong) -> None:
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "adherence", n=2)
    fill(sheet, **given)
    with pytest.raises(DataError, match=wrong):
        take_labels(run, sheet, "J")


def test_a_sheet_that_lacks_a_line_is_refused(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "adherence", n=4)
    fill(sheet, **SAID)
    sheet.write_text("\n".join(sheet.read_text().splitlines()[1:]))
    with pytest.raises(DataError, match="lacks 1 lines"):
        take_labels(run, sheet, "J")


def test_adherence_is_told_arm_by_arm(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "adherence", n=0)
    fill(sheet, **{**SAID, "follows": lambda line: line["reply"].startswith("Full")})
    found = adherence(take_labels(run, sheet, "J"))
    assert (found.follows["full"].value, found.follows["alone"].value) == (1.0, 0.0)
    assert found.follows["full"].n == 12
    assert found.score["alone"].value == 4.0


def test_who_always_prefers_the_full_graph_is_steady(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "preference", n=0)
    fill(sheet, better=lambda x: "a" if x["a"]["reply"].startswith("Full") else "b")
    found = preference(take_labels(run, sheet, "J"))
    assert (found.ours, found.theirs) == ("full", "alone")
    assert (found.share.value, found.share.n) == (1.0, 12)
    assert (found.steady, found.first) == (1.0, 0.5)


def test_who_always_takes_the_first_prefers_nobody(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "preference", n=0)
    fill(sheet, better="a")
    found = preference(take_labels(run, sheet, "J"))
    assert (found.share.value, found.steady, found.first) == (0.5, 0.0, 1.0)


def test_two_judges_agree_beyond_chance_or_not() -> None:
    assert agree("x", ["a", "b", "a", "b"], ["a", "b", "a", "b"]).kappa == 1.0
    assert agree("x", ["a", "b", "a", "b"], ["a", "a", "b", "b"]).kappa == pytest.approx(0.0)
    assert agree("x", ["a", "a"], ["a", "a"]).kappa == 1.0


def test_judges_of_one_sheet_are_compared_column_by_column(tmp_path) -> None:
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "adherence", n=0)
    fill(sheet, **SAID)
    one = take_labels(run, sheet, "One")
    fill(sheet, follows=lambda line: line["reply"].startswith("Full"))
    other = take_labels(run, sheet, "Other")
    found = {a.what: a.accuracy for a in agreement(one, other)}
    assert found == {"follows": 0.5, "advises": 1.0}


async def test_the_classifier_learns_from_the_examples_and_says_how_well(tmp_path) -> None:
    class TwoKinds:
        async def infer(self, text: str):
            kind = float("reply" in text or "asks" in text)
            return np.array([kind, 1 - kind], np.float32)

    class Bound:
        host = TwoKinds()

    services = stub_services()
    services.models.bound = lambda node, override=None: Bound  # type: ignore[method-assign]
    examples = [
        example(id=f"{i}", strategy=strategy, reply=text)
        for i in range(6)
        for strategy, text in (("Restatement", "asks"), ("Approval", "praises"))
    ]
    run = made_run(tmp_path / "run")
    found = await classify(run, examples, services)
    assert (found.held_out, found.floor, found.followed) == (1.0, 0.5, {"full": 1.0})
    assert read_classified(run) == found


def judged(tmp_path):
    run = made_run(tmp_path / "run")
    sheet = write_sheet(run, "adherence", n=0)
    worst = "Full reply 2 of 3."
    fill(
        sheet,
        follows=True,
        advises=False,
        score=lambda line: 1 if line["reply"] == worst else 4,
        note=lambda line: "empty words" if line["reply"] == worst else "",
    )
    take_labels(run, sheet, "A judge")
    sheet = write_sheet(run, "preference", n=0)
    fill(sheet, better=lambda x: "a" if x["a"]["reply"].startswith("Full") else "b")
    take_labels(run, sheet, "A judge")
    return run


def test_the_page_tells_goals_replies_and_the_worst_first(tmp_path) -> None:
    run, page = judged(tmp_path), tmp_path / "care.md"
    missing = write_page(run, [talk()], page, ["c1"])
    text = page.read_text("utf-8")
    assert "| follows its plan | at least 90% | 100.0%" in text
    assert "| is preferred over (a) | at least 70% | 100.0%" in text
    assert "| says an opening of this conversation again | at most 5% | 0.0%" in text
    assert "| Alone reply 1 of 1. | Full reply 1 of 1. | Restatement |" in text
    assert "1. `c3/2`" in text and "A judge: 1 of 5. empty words" in text
    assert len(missing) == 10 and "not explained yet" in text


def test_an_explanation_by_hand_outlives_the_page(tmp_path) -> None:
    run, page = judged(tmp_path), tmp_path / "care.md"
    write_page(run, [talk()], page, [])
    file = run.folder / "explanations.yaml"
    file.write_text(file.read_text().replace('"c3/2": ""', '"c3/2": "It lost the thread."'))
    assert len(write_page(run, [talk()], page, [])) == 9
    assert "why: It lost the thread." in page.read_text("utf-8")
    assert "It lost the thread." in file.read_text()


def test_a_goal_without_a_judge_is_not_measured(tmp_path) -> None:
    page = tmp_path / "care.md"
    write_page(made_run(tmp_path / "run"), [talk()], page, [])
    assert "| follows its plan | at least 90% | n/a | no judge yet | not measured |" in (
        page.read_text("utf-8")
    )


def test_what_the_safety_protocol_said_is_not_on_the_page(tmp_path) -> None:
    run, page = made_run(tmp_path / "run"), tmp_path / "care.md"
    run.add([row(conversation="crisis", route="crisis", reply="Are you safe?")])
    write_page(run, [talk()], page, ["crisis"])
    assert "Are you safe?" not in page.read_text("utf-8")
    assert "taken for danger: the safety protocol answered" in page.read_text("utf-8")


def test_the_page_in_the_docs_is_the_one_that_is_written() -> None:
    assert PAGE.read_text("utf-8").startswith(head(read_talks()))


def test_the_commands_go_from_a_run_to_a_page(tmp_path) -> None:
    run = made_run(tmp_path / "run")

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(command.app, list(arguments))
        assert result.exit_code == 0, result.output
        return result.output

    invoke("sheet", str(run.folder), "--kind", "adherence", "--n", "4")
    sheet = run.folder / "sheets" / "adherence-4-0.jsonl"
    assert "follows" in sheet.with_suffix(".md").read_text()
    fill(sheet, **SAID)
    assert "judged by A person" in invoke("judge", str(sheet), "--judge", "A person")
    page = tmp_path / "care.md"
    assert "2 replies wait" in invoke("report", str(run.folder), "--out", str(page), "--show", "")
    assert "judged by A person" in page.read_text()
