import io
from dataclasses import replace

import pytest
from rich.console import Console

from graphs.evaluation.ablation import cells
from graphs.evaluation.asking import Asking
from graphs.evaluation.comparing import compare
from graphs.evaluation.folder import RunFolder
from graphs.evaluation.labels import LabelSpace
from graphs.evaluation.reporting import write_report
from graphs.evaluation.scoring import score
from graphs.evaluation.tables import Grid, _reason, comparison_grids, run_grids
from tests.made_runs import made_manifest
from tools.corpora.library import CORPORA
from tools.errors import ConfigError, DataError, UnknownName
from tools.metrics.published import PublishedRow

STEPS = ("user_emotion", "strategy", "response")
MESC = LabelSpace(CORPORA["mesc"])
GOLD = ["anger", "joy", "neutral", "depression"]


def item(number, emotion):
    gold = {"user_emotion": emotion, "strategy": "Approval", "response": "You stayed with it."}
    return {
        "id": f"d{number}/0", "dialogue": f"d{number}", "said": f"It is {number}.", "before": [],
        "reference": gold["response"], "gold": gold, "groups": {"problem": "work"}, "clips": 0,
        "missing": 0,
    }  # fmt: skip


ITEMS = [item(number, emotion) for number, emotion in enumerate(GOLD)]
SETTINGS = made_manifest(ITEMS, corpus="mesc", split="val", steps=list(STEPS))


def prediction(item, **changes):
    made = {
        "id": item["id"],
        "predicted": {"user_emotion": "joy", "strategy": "Approval", "response": "You stayed."},
        "scores": {"user_emotion": {"joy": 0.6, "anger": 0.4}, "strategy": {"Approval": 1.0}},
        "given": [], "unparsable": [], "ms": {"strategy": 4.0}, "notes": [], "plan": "Approval",
        "risk": "none", "readings": {"text": "", "voice": "not given"},
    }  # fmt: skip
    return {**made, **changes}


PREDICTIONS = [prediction(one) for one in ITEMS]


def scored(predictions=PREDICTIONS, emits=("joy", "anger")):
    return score(STEPS, ITEMS, predictions, MESC, {"user_emotion": emits})


@pytest.fixture
def runs(tmp_path):
    """Three runs: one right now and then, one always right, one of another split."""
    found = []
    right = [prediction(i, predicted={**p["predicted"], "user_emotion": i["gold"]["user_emotion"]},
                        scores={}) for i, p in zip(ITEMS, PREDICTIONS, strict=True)]  # fmt: skip
    for name, predictions, changes in (
        ("some", PREDICTIONS, {}),
        ("all", right, {"graph_sha256": "b"}),
        ("test", PREDICTIONS, {"split": "test"}),
    ):
        run = RunFolder(tmp_path / name)
        run.begin({**SETTINGS, "graph": name, **changes}, ITEMS)
        for one in predictions:
            run.append(one)
        run.score(scored(predictions))
        found.append(run)
    return found


# Scores


def test_a_distribution_is_scored_by_the_likeliest_label_that_the_corpus_has():
    surprised = [prediction(i, scores={"user_emotion": {"surprise": 0.7, "joy": 0.3}})
                 for i in ITEMS]  # fmt: skip
    found = scored(surprised)["steps"]["user_emotion"]
    assert found["accuracy"] == 0.25 and found["outside"] == 4 and found["unparsable"] == 0


def test_a_label_below_the_threshold_counts_as_it_stands():
    unsure = [prediction(i, predicted={"user_emotion": "unknown"}) for i in ITEMS]
    found = scored(unsure)["steps"]["user_emotion"]
    assert found["unsure"] == 4 and found["accuracy"] == 0.25


def test_a_step_whose_model_was_silent_is_wrong_whatever_the_turn_went_on_with():
    silent = [prediction(i, unparsable=["strategy"]) for i in ITEMS]
    found = scored(silent)["steps"]["strategy"]
    assert found["accuracy"] == 0 and found["unparsable"] == 4


def test_the_share_of_gold_labels_that_can_be_emitted_is_told():
    found = scored()["steps"]["user_emotion"]["emitted"]
    assert found["share"] == 0.5 and found["never"] == ["depression", "neutral"]


def test_what_a_planner_can_come_to_is_what_had_a_share():
    asked = [prediction(i, scores={"strategy": {"Open question": 0.9, "Approval": 0.1}})
             for i in ITEMS]  # fmt: skip
    found = scored(asked)["steps"]["strategy"]["emitted"]
    assert found == {"share": 1.0, "never": [], "never_named": ["Approval"]}
    assert scored([prediction(i, scores={"strategy": {"Open question": 1.0}}) for i in ITEMS])[
        "steps"
    ]["strategy"]["emitted"]["share"] == 0  # fmt: skip


def test_what_the_turn_went_on_with_is_not_the_silent_models(runs):
    silent = [prediction(i, unparsable=["strategy"]) for i in ITEMS]
    assert scored(silent)["steps"]["strategy"]["calibration"]["brier"] == 1.0


def test_an_answer_that_the_page_would_not_have_given_counts_as_wrong_as_well():
    unsure = [prediction(ITEMS[1], predicted={"user_emotion": "unknown"}), *PREDICTIONS[1:]]
    found = scored(unsure)["steps"]["user_emotion"]
    assert found["unsure_as_wrong"] <= found["accuracy"]
    none = [prediction(i, predicted={"user_emotion": "unknown"}) for i in ITEMS]
    assert scored(none)["steps"]["user_emotion"]["unsure_as_wrong"] == 0


def test_the_floor_stands_beside_every_labelled_step():
    assert scored()["steps"]["strategy"]["floor"]["accuracy"] == 1.0


def test_errors_are_told_by_group():
    assert scored()["steps"]["user_emotion"]["groups"]["problem"]["work"] == {
        "accuracy": 0.25, "n": 4,
    }  # fmt: skip


def test_an_empty_reply_is_counted_and_scored():
    predictions = [prediction(ITEMS[0], predicted={"response": ""}), *PREDICTIONS[1:]]
    found = scored(predictions)["steps"]["response"]
    assert (found["n"], found["empty"]) == (4, 1)
    assert (
        found["overlap"]["ROUGE-L (rouge-score)"]
        < (scored()["steps"]["response"]["overlap"]["ROUGE-L (rouge-score)"])
    )


def test_a_reply_that_stood_in_for_the_model_is_counted():
    noted = [prediction(i, notes=["respond: no draft kept to the plan"]) for i in ITEMS[1:]]
    predictions = [prediction(ITEMS[0], stood_in=True), *noted]
    assert scored(predictions)["steps"]["response"]["stood_in"] == 1


def test_the_plan_that_the_reply_was_given_is_the_one_it_is_held_to():
    asked = [prediction(i, plan="Open question") for i in ITEMS]
    assert scored(asked)["steps"]["response"]["adherence"] == {"share": 0.0, "n": 4}


def test_missing_modalities_are_counted():
    assert scored()["modalities"] == {"text": {"read": 4}, "voice": {"not given": 4}}


# Labels


def test_a_strategy_is_scored_in_the_corpuss_labels():
    space = LabelSpace(CORPORA["esconv"])
    assert space.scored("strategy", "Open question") == "Question"
    assert space.told("strategy", "Question")["label"] == "Open question"


def test_a_feeling_without_a_label_of_attunes_is_not_told():
    assert MESC.told("user_emotion", "") is None


def test_a_stance_that_no_machine_takes_is_not_told():
    assert MESC.told("system_emotion", "anger") is None
    assert MESC.told("system_emotion", "joy")["label"] == "joy"


# Comparing


def test_a_better_run_shows_a_gain_with_its_interval(runs):
    [found] = compare(runs[:2], draws=200)
    gain = next(m for m in found.measures if (m.step, m.measure) == ("user_emotion", "accuracy"))
    assert gain.values == (25.0, 100.0) and gain.difference.value == 75.0
    assert gain.difference.low is not None and 0 <= gain.difference.low <= 75
    assert gain.test is not None and (gain.test.b, gain.test.c) == (3, 0)


def test_equal_replies_show_no_difference(runs):
    [found] = compare(runs[:2], draws=200)
    assert all(m.difference.value == 0 for m in found.measures if m.step == "response")


def test_what_differs_between_two_runs_is_named(runs):
    [found] = compare(runs[:2], draws=200)
    assert found.changed == ("graph_sha256",)


def test_runs_on_different_splits_are_not_compared(runs):
    with pytest.raises(DataError, match="differ in split"):
        compare([runs[0], runs[2]])


def test_runs_on_a_corpus_that_nobody_knows_are_not_compared(runs):
    for run in runs[:2]:
        file = run.path / "manifest.json"
        file.write_text(file.read_text().replace('"mesc"', '"mesk"'))
    with pytest.raises(UnknownName, match="did you mean 'mesc'"):
        compare(runs[:2])


def test_one_run_compares_with_nothing(runs):
    with pytest.raises(DataError, match="at least two"):
        compare(runs[:1])


def test_an_item_with_other_words_is_another_item(runs):
    file = runs[1].path / "items.jsonl"
    file.write_text(file.read_text().replace("It is 0.", "It was 0."))
    [found] = compare(runs[:2], draws=200)
    assert found.shared == 3


# Tables and reports


def text_of(grids):
    return "".join(grid.markdown() for grid in grids)


def test_every_table_says_n_unit_mode_and_floor(runs):
    text = text_of(run_grids(runs[0]))
    assert "4 of 4 turns, mode predicted" in text and "always 'Approval'" in text


def test_published_rows_say_why_they_may_not_be_compared(runs):
    text = text_of(run_grids(runs[0]))
    assert "as published" in text and "| no (" in text


def test_rows_on_another_split_may_not_be_compared_whatever_the_file_says(runs):
    assert "| yes (" not in text_of(run_grids(runs[0]))


def test_a_row_on_the_same_items_may_be_compared():
    row = PublishedRow(
        model="m", corpus="mesc", step="strategy", split="val", unit="turn", n=4, values={},
        source="s", comparable=True, why="Same items.",
    )  # fmt: skip
    assert _reason(row, SETTINGS) == ("yes", "Same items.")
    assert _reason(replace(row, n=5), SETTINGS)[0] == "no"
    assert _reason(replace(row, split="test"), SETTINGS)[0] == "no"
    assert _reason(row, {**SETTINGS, "items": 3})[0] == "no"


def test_a_run_that_is_not_finished_is_named_in_a_comparison(runs):
    file = runs[1].path / "predictions.jsonl"
    file.write_text("".join(line + "\n" for line in file.read_text().splitlines()[:3]))
    assert "not finished" in text_of(comparison_grids(compare(runs[:2], draws=200)))


def test_a_comparison_becomes_a_table(runs):
    text = text_of(comparison_grids(compare(runs[:2], draws=200)))
    assert "all beside some" in text and "+75.00" in text


def test_a_bar_in_a_cell_does_not_break_the_table():
    assert "a\\|b" in Grid("t", ("h",), (("a|b",),)).markdown()


def test_a_report_has_pictures_for_every_step(runs, tmp_path):
    page = write_report(runs[0], tmp_path / "report")
    text = page.read_text()
    for name in ("strategy_confusion.svg", "user_emotion_calibration.svg", "latency.svg"):
        assert (tmp_path / "report" / name).exists() and name in text


def test_a_report_says_what_no_source_can_come_to(runs, tmp_path):
    text = write_report(runs[0], tmp_path / "report").read_text()
    assert "No bound source can come to: depression, neutral." in text


def test_a_report_holds_nothing_of_the_corpus(runs, tmp_path):
    text = write_report(runs[0], tmp_path / "report").read_text()
    assert "It is 0." not in text and "You stayed with it." not in text


@pytest.mark.parametrize("file", ["items.jsonl", "predictions.jsonl", "manifest.json"])
def test_a_damaged_run_is_neither_reported_nor_compared(runs, tmp_path, file):
    (runs[0].path / file).write_text("{oops}\n")
    for ask in (lambda: write_report(runs[0], tmp_path / "report"), lambda: compare(runs[:2])):
        with pytest.raises(DataError, match=f"{file}:1 of "):
            ask()


def test_a_run_without_scores_says_how_to_finish(runs, tmp_path):
    (runs[0].path / "scores.json").unlink()
    with pytest.raises(DataError, match="--resume"):
        write_report(runs[0], tmp_path / "report")


# Ablation

ASKING = Asking(graph="smes", data="mesc:made")


def test_an_ablation_runs_the_whole_graph_first():
    found = cells(ASKING, ["face", "voice"], [{"strategy": "knn-strategy"}])
    assert [name for name, _ in found] == [
        "whole", "no-face", "no-voice", "strategy=knn-strategy",
    ]  # fmt: skip
    assert found[0][1] == ASKING and found[1][1] == replace(ASKING, drop=("face",))


def test_an_ablation_together_runs_every_combination_but_two_models_for_one_node():
    swap = [{"strategy": "a"}, {"strategy": "b"}]
    names = [name for name, _ in cells(ASKING, ["face"], swap, together=True)]
    assert "no-face+strategy=a" in names and "strategy=a+strategy=b" not in names


def test_an_ablation_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="--drop-each or --swap-each"):
        cells(ASKING, [], [])


def test_tables_are_drawn_for_the_terminal(runs):
    console = Console(width=120, file=io.StringIO())
    for grid in run_grids(runs[0]):
        console.print(grid.rich())
    assert "strategy" in console.file.getvalue()
