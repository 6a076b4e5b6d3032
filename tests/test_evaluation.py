import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from langgraph.graph.state import CompiledStateGraph
from rich.console import Console

from agents.context import Services
from graphs.build import build
from graphs.evaluation.altering import altered
from graphs.evaluation.asking import Asking, run_name, swaps, unit
from graphs.evaluation.bench import bench
from graphs.evaluation.evaluating import evaluate
from graphs.evaluation.folder import RunFolder
from graphs.evaluation.further import Further
from graphs.evaluation.items import digest, draw, read_items
from graphs.evaluation.measured import measured
from graphs.evaluation.preparing import prepare
from graphs.evaluation.running import Mode
from graphs.run import Conversation
from graphs.services import assemble
from graphs.spec import find_graph, read_graph
from tests.made_corpora import made_esconv, made_mesc
from tools.backends.example_votes import ExampleVotes
from tools.backends.stub import StubChat
from tools.corpora.library import CORPORA
from tools.errors import ConfigError, DataError, ModelError, UnknownName
from tools.phrases import load_phrases
from tools.safety.policy import SafetyPolicy

QUIET = Console(quiet=True)


@pytest.fixture
def mesc(tmp_path):
    return made_mesc(tmp_path / "mesc")


@pytest.fixture
def asking(mesc):
    return Asking(graph="smes", data=f"mesc:{mesc}", profile="stub", part=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of the whole graph, which nobody changes."""
    folder = tmp_path_factory.mktemp("plain")
    data = f"mesc:{made_mesc(folder / 'mesc')}"
    asking = Asking(graph="smes", data=data, profile="stub", part=True)
    return evaluate(asking, folder / "run", QUIET)


def items_of(folder, split="val", unit="turns", corpus="mesc"):
    return read_items(CORPORA[corpus], folder, split, unit, part=True)


def spec_of(name="smes"):
    return read_graph(find_graph(name))


# Items


def test_an_item_is_what_a_person_says_until_the_supporter_answers(mesc):
    first, second = items_of(mesc)
    assert (first.said, first.reference) == ("He sold the boat.", "Your boat?")
    assert (second.said, second.reference) == ("Ours.", "Tell me about it.")


def test_an_item_knows_what_was_said_before(mesc):
    _, second = items_of(mesc)
    assert [turn["text"] for turn in second.before] == ["He sold the boat.", "Your boat?"]


def test_an_items_gold_labels_are_those_of_the_message_and_of_its_answer(mesc):
    first, _ = items_of(mesc)
    assert first.gold["user_emotion"] == "anger"
    assert first.gold["strategy"] == "Restatement"
    assert first.gold["system_emotion"] == "neutral"
    assert first.gold["response"] == "Your boat?"


def test_the_clue_stands_apart_from_what_was_said(mesc):
    first, _ = items_of(mesc)
    assert "calm" in first.gold["clue"] and "calm" not in first.said


def test_utterances_are_a_persons_lines(mesc):
    assert [item.said for item in items_of(mesc, "train", "utterances")] == [
        "I keep the shop open", "until ten at night.", "Nobody.", "The garden is done.", "I did.",
    ]  # fmt: skip


def test_a_draw_takes_whole_dialogues_and_the_last_one_in_part(mesc):
    items = items_of(mesc, "train")
    drawn = draw(items, 2, seed=0)
    assert len(drawn) == 2
    assert drawn == [item for item in items if item in drawn]
    assert draw(items, 2, seed=0) == drawn and draw(items, 0, seed=0) == items


def test_seeds_draw_other_dialogues(mesc):
    items = [replace(item, dialogue=str(n), id=str(n)) for n, item in
             enumerate(items_of(mesc, "train") * 8)]  # fmt: skip
    assert draw(items, 4, seed=0) != draw(items, 4, seed=1)


def test_the_digest_changes_with_a_label(mesc):
    first, second = items_of(mesc)
    changed = replace(second, gold={**second.gold, "strategy": "Approval"})
    assert digest([first, second]) != digest([first, changed])


def test_a_split_without_a_turn_that_is_answered_is_named(tmp_path):
    folder = made_esconv(tmp_path)
    lines = [json.loads(line) for line in (folder / "valid.txt").read_text().splitlines()]
    lines[0]["dialog"] = lines[0]["dialog"][:1]
    (folder / "valid.txt").write_text(json.dumps(lines[0]) + "\n")
    with pytest.raises(DataError, match="'valid' of ESConv holds no turns"):
        items_of(folder, "valid", corpus="esconv")


def test_half_a_corpus_is_not_counted(mesc):
    with pytest.raises(DataError, match="has 1 dialogues and was published with 102.*--part"):
        read_items(CORPORA["mesc"], mesc, "val")


def test_a_dialogue_that_stands_twice_is_not_counted_twice(tmp_path):
    folder = made_esconv(tmp_path)
    line = (folder / "valid.txt").read_text()
    (folder / "valid.txt").write_text(line + line)
    with pytest.raises(DataError, match=r"valid\.txt:2: the same conversation stands there twice"):
        items_of(folder, "valid", corpus="esconv")


def test_two_dialogues_of_the_same_words_are_not_both_counted(tmp_path):
    folder = made_esconv(tmp_path)
    line = (folder / "valid.txt").read_text()
    other = {**json.loads(line), "situation": "Told in other words."}
    (folder / "valid.txt").write_text(line + json.dumps(other) + "\n")
    with pytest.raises(DataError, match="'valid-1' and 'valid-2' of ESConv are the same word for"):
        items_of(folder, "valid", corpus="esconv")


# What is measured


def test_the_measured_graph_has_no_way_to_a_person():
    nodes = measured(spec_of(), reply=True).nodes
    assert not {"deliver", "crisis"} & set(nodes)


def test_the_measured_graph_has_no_patterns():
    spec = spec_of()
    brought = {name for names in spec.patterns.values() for name in names}
    assert brought and not brought & set(measured(spec, reply=True).nodes)


def test_without_replies_nothing_is_written():
    assert not {"respond", "check"} & set(measured(spec_of(), reply=False).nodes)


@pytest.mark.parametrize(
    ("graph", "steps"),
    [
        ("smes", ("user_emotion", "strategy", "system_emotion", "response")),
        ("multimood", ("user_emotion", "system_emotion", "strategy", "response")),
        ("direct", ("user_emotion", "response")),
        ("esconv_joint", ("strategy", "response")),
        ("escot", ("user_emotion", "stimulus", "appraisal", "strategy", "reason", "response")),
    ],
)
def test_a_graphs_steps_are_in_its_order(graph, steps):
    services = replace(assemble("stub"), unmasked=True)
    found = bench(spec_of(graph), services, reply=True).steps
    assert tuple(step for step in found if step != "clue") == steps


def test_a_graph_is_not_measured_with_the_services_of_a_program_that_talks_to_people():
    with pytest.raises(ConfigError, match="measured with unmasked services"):
        bench(spec_of(), assemble("stub"), reply=True)


def test_a_measured_graph_draws_by_the_seed_of_the_run_and_is_masked_where_it_could_answer(asking):
    made = prepare(replace(asking, seed=3))
    services = made.setup.services
    kits = made.setup.bench.kits.values()
    assert {(kit.services.seed, kit.services.unmasked) for kit in kits} == {(3, True)}
    assert services.seed == 3 and services.audit is None
    with pytest.raises(ConfigError, match="answer nobody"):
        Conversation(made.version, services)


def test_a_reply_to_a_corpus_begins_with_no_disclosure(run):
    notice = load_phrases().for_locale("en").disclosure[0]
    replies = [found["predicted"]["response"] for found in run.predictions()]
    assert replies and not any(notice in reply for reply in replies)


def test_a_modality_that_is_left_out_takes_its_sense_along():
    spec = altered(spec_of("support"), {}, ["face", "voice"])
    assert not {"face_emotion", "voice_emotion"} & set(spec.nodes)
    build(spec, assemble("stub"))  # the checker lets it through


def test_what_led_to_a_node_that_is_left_out_leads_on():
    spec = altered(spec_of("support"), {}, ["strategy"])
    assert ("recall", "system_emotion") in spec.edges


def test_a_model_that_is_swapped_is_bound():
    spec = altered(spec_of(), {"strategy": "strategy-head"}, [])
    assert spec.nodes["strategy"].model == "strategy-head"


def test_an_unknown_node_to_leave_out_is_named():
    with pytest.raises(UnknownName, match="did you mean 'strategy'"):
        altered(spec_of(), {}, ["stratgy"])


# What is asked


@pytest.mark.parametrize(
    ("mode", "given"),
    [
        ("predicted", set()),
        ("gold", {"user_emotion", "strategy"}),
        ("oracle:strategy", {"strategy"}),
    ],
)
def test_a_mode_says_which_steps_are_given(mode, given):
    assert Mode.parse(mode, ("user_emotion", "strategy", "response")).given == given


def test_an_oracle_of_a_step_that_the_graph_does_not_take_is_refused():
    with pytest.raises(UnknownName, match="'strategy'"):
        Mode.parse("oracle:strategy", ("user_emotion", "response"))


@pytest.mark.parametrize("mode", ["golden", "oracle", "oracle:", "oracle:response"])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(ConfigError):
        Mode.parse(mode, ("user_emotion", "response"))


def test_a_swap_is_written_with_an_equals_sign():
    assert swaps(["strategy=knn-strategy"]) == {"strategy": "knn-strategy"}
    with pytest.raises(ConfigError, match="NODE=MODEL"):
        swaps(["strategy"])


def test_an_unknown_unit_is_refused():
    with pytest.raises(UnknownName, match="did you mean 'turns'"):
        unit("turn")


def test_runs_that_differ_lie_in_different_folders(asking):
    others = [replace(asking, mode="gold"), replace(asking, seed=1), replace(asking, limit=5),
              replace(asking, drop=("face",)), replace(asking, swap={"strategy": "planner"}),
              replace(asking, reply=False), replace(asking, split="test")]  # fmt: skip
    assert len({run_name(one) for one in [asking, *others]}) == 8


# Runs


def test_every_item_is_predicted_and_every_step_scored(run):
    assert [one["id"] for one in run.predictions()] == [item["id"] for item in run.items()]
    assert {"user_emotion", "strategy", "system_emotion", "response"} <= set(run.scores["steps"])
    assert run.scores["steps"]["strategy"]["n"] == 2


def test_a_reply_is_written_by_the_graphs_own_responder_and_check(run):
    assert all(one["predicted"]["response"] for one in run.predictions())
    assert all("check" in one["ms"] for one in run.predictions())


def test_labels_alone_need_no_reply(asking, tmp_path):
    run = evaluate(replace(asking, reply=False), tmp_path / "run", QUIET)
    assert "response" not in run.predictions()[0]["predicted"]
    assert "response" not in run.scores["steps"]


def test_given_labels_reach_the_steps_behind_and_not_their_own_score(asking, tmp_path, mesc):
    for name in ("MESC.csv", "val.json"):
        text = (mesc / name).read_text()
        (mesc / name).write_text(text.replace("Restatement", "Advisement"))
    run = evaluate(replace(asking, mode="gold"), tmp_path / "run", QUIET)
    golds = [item["gold"]["strategy"] for item in run.items()]
    assert [one["plan"] for one in run.predictions()] == golds
    assert [one["predicted"]["strategy"] for one in run.predictions()] != golds


def test_only_the_oracles_step_is_given(asking, tmp_path, run):
    predicted = run.predictions()
    oracle = evaluate(replace(asking, mode="oracle:user_emotion"), tmp_path / "o", QUIET)
    assert [one["plan"] for one in oracle.predictions()] == [
        one["predicted"]["strategy"] for one in oracle.predictions()
    ]
    assert [one["predicted"]["user_emotion"] for one in oracle.predictions()] == [
        one["predicted"]["user_emotion"] for one in predicted
    ]


def test_a_thought_is_given_where_the_graph_itself_has_none(asking, tmp_path):
    run = evaluate(replace(asking, mode="oracle:clue", reply=False), tmp_path / "run", QUIET)
    assert [one["given"] for one in run.predictions()] == [["clue"], ["clue"]]
    assert run.scores["given"] == {"clue": 2}


def test_a_given_thought_reaches_the_nodes_behind(asking, tmp_path, monkeypatch):
    seen = []
    infer = ExampleVotes.predict
    monkeypatch.setattr(
        ExampleVotes, "predict", lambda self, items: seen.extend(items) or infer(self, items)
    )
    evaluate(replace(asking, mode="oracle:clue", reply=False), tmp_path / "run", QUIET)
    assert seen and all("calm" in item.thoughts["clue"] for item in seen)


def test_a_mode_that_would_give_nothing_is_refused(tmp_path):
    data = f"esconv:{made_esconv(tmp_path / 'esconv')}"
    asking = Asking(graph="smes", data=data, profile="stub", part=True, mode="oracle:user_emotion")
    with pytest.raises(DataError, match="no item has a gold label that could be given"):
        evaluate(asking, tmp_path / "run", QUIET)


def test_the_same_again_predicts_the_same(asking, tmp_path, run):
    first, second = run, evaluate(asking, tmp_path / "again", QUIET)
    kept = ("id", "predicted", "scores", "plan")
    assert [[one[key] for key in kept] for one in first.predictions()] == [
        [one[key] for key in kept] for one in second.predictions()
    ]


def test_a_run_that_was_killed_goes_on_where_it_was(asking, tmp_path, run):
    shutil.copytree(run.path, tmp_path / "run")
    file = tmp_path / "run" / "predictions.jsonl"
    line, rest = file.read_text().split("\n", 1)
    file.write_text(line.replace('"strategy": "', '"strategy": "kept ') + "\n" + rest[:40])
    again = evaluate(asking, tmp_path / "run", QUIET, resume=True).predictions()
    assert again[0]["predicted"]["strategy"].startswith("kept ")
    assert again[1]["predicted"] == run.predictions()[1]["predicted"]


def test_a_resume_says_which_line_of_the_predictions_is_damaged(asking, tmp_path, run):
    shutil.copytree(run.path, tmp_path / "run")
    file = tmp_path / "run" / "predictions.jsonl"
    file.write_text("{oops}\n" + file.read_text())
    with pytest.raises(DataError, match=r"predictions\.jsonl:1 .*take the line out"):
        evaluate(asking, tmp_path / "run", QUIET, resume=True)


def test_a_resume_says_that_a_manifest_is_damaged(asking, tmp_path, run):
    shutil.copytree(run.path, tmp_path / "run")
    file = tmp_path / "run" / "manifest.json"
    file.write_text(file.read_text()[:-40])
    with pytest.raises(DataError, match=r"manifest\.json:\d+ .*is no JSON.*another --out"):
        evaluate(asking, tmp_path / "run", QUIET, resume=True)


@pytest.mark.parametrize("lost", ["items.jsonl", "scores.json"])
def test_a_resume_makes_anew_what_the_corpus_and_the_predictions_can_make(
    asking, tmp_path, run, lost
):
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run" / lost).write_text("{oops}\n")
    said = io.StringIO()
    again = evaluate(asking, tmp_path / "run", Console(file=said, width=200), resume=True)
    assert (again.items(), again.scores) == (run.items(), run.scores)
    assert ("items.jsonl was damaged and is written anew" in said.getvalue()) == ("items" in lost)


def test_a_run_is_not_written_over(asking, run):
    with pytest.raises(ConfigError, match="holds a run already"):
        evaluate(asking, run.path, QUIET)


def test_a_run_does_not_go_on_under_other_conditions(asking, run):
    with pytest.raises(ConfigError, match="begun with other mode, steps|begun with other .*mode"):
        evaluate(replace(asking, mode="gold"), run.path, QUIET, resume=True)


def test_a_run_does_not_go_on_on_other_data(asking, run, mesc):
    text = (mesc / "MESC.csv").read_text().replace("Ours.", "Yours.")
    (mesc / "MESC.csv").write_text(text)
    (mesc / "val.json").write_text((mesc / "val.json").read_text().replace("Ours.", "Yours."))
    with pytest.raises(ConfigError, match="data_sha256"):
        evaluate(asking, run.path, QUIET, resume=True)


def test_a_full_disk_is_told_and_what_is_done_is_kept(asking, tmp_path, monkeypatch):
    opened = Path.open

    def full(self, mode="r", *arguments, **settings):
        if mode == "ab+":
            raise OSError(28, "No space left on device")
        return opened(self, mode, *arguments, **settings)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DataError, match=r"No space left on device.*--resume"):
        evaluate(asking, tmp_path / "run", QUIET)


def test_a_manifest_names_models_prompts_data_and_command(run):
    manifest = run.manifest
    assert manifest["models"]["strategy"]["name"] == "knn-strategy"
    assert manifest["models"]["respond"]["backend"] == "stub-chat"
    assert {
        "graph_sha256", "data_sha256", "examples_sha256", "code_sha256", "seed", "versions",
        "machine", "began",
    } <= set(manifest)  # fmt: skip
    assert manifest["command"].startswith("python -m graphs evaluate --graph smes --data mesc:")
    assert "respond" in manifest["prompts"]


def test_a_planner_that_fails_counts_as_not_read(asking, tmp_path, monkeypatch):
    monkeypatch.setattr(ExampleVotes, "predict", lambda self, items: [{} for _ in items])
    run = evaluate(replace(asking, reply=False), tmp_path / "run", QUIET)
    assert run.scores["steps"]["strategy"]["unparsable"] == 2
    assert run.scores["steps"]["strategy"]["accuracy"] == 0
    assert all(one["plan"] for one in run.predictions())  # the turn went on


def test_a_reply_of_the_model_alone_is_marked_by_nothing(run):
    assert not any("stood_in" in one for one in run.predictions())
    assert run.scores["steps"]["response"]["stood_in"] == 0


def broken(*arguments):
    raise ModelError("the made model failed")


@pytest.mark.parametrize("policy", ["", "refuses"])
def test_a_reply_is_marked_where_the_models_sentence_was_none_or_was_refused(
    asking, tmp_path, monkeypatch, policy
):
    if policy:
        monkeypatch.setattr(SafetyPolicy, "read", lambda self, sentence, **more: "made rule")
    else:
        monkeypatch.setattr(StubChat, "_reply", broken)
    found = evaluate(asking, tmp_path / "run", QUIET)
    assert all(one["predicted"]["response"] for one in found.predictions())
    assert [one["stood_in"] for one in found.predictions()] == [True, True]
    assert found.scores["steps"]["response"]["stood_in"] == 2


def test_what_a_turn_left_in_memory_is_dropped_after_every_item(asking, tmp_path, monkeypatch):
    forgotten = []
    monkeypatch.setattr(
        Services, "forget", lambda self, turn, clips, models: forgotten.append(turn)
    )
    evaluate(replace(asking, reply=False), tmp_path / "run", QUIET)
    assert len(set(forgotten)) == 2


async def fails(*arguments, **settings):
    raise ModelError("the made model failed")


def test_what_a_failed_turn_left_in_memory_is_dropped_too(asking, tmp_path, monkeypatch):
    forgotten = []
    monkeypatch.setattr(
        Services, "forget", lambda self, turn, clips, models: forgotten.append(turn)
    )
    monkeypatch.setattr(CompiledStateGraph, "ainvoke", fails)
    found = evaluate(replace(asking, reply=False), tmp_path / "run", QUIET).scores
    assert found["failed"] == 2 and len(forgotten) == 2


def test_a_turn_that_failed_is_wrong_and_is_tried_again_on_resume(asking, tmp_path):
    labels = replace(asking, reply=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompiledStateGraph, "ainvoke", fails)
        failed = evaluate(labels, tmp_path / "run", QUIET).scores
    assert failed["steps"]["strategy"]["accuracy"] == 0
    again = evaluate(labels, tmp_path / "run", QUIET, resume=True).scores
    assert again["failed"] == 0 and again["steps"]["strategy"]["unparsable"] == 0


def test_esconv_is_scored_in_its_own_eight_strategies(tmp_path):
    data = f"esconv:{made_esconv(tmp_path / 'esconv')}"
    asking = Asking(graph="esconv_joint", data=data, profile="stub", reply=False, part=True)
    found = evaluate(asking, tmp_path / "run", QUIET).scores["steps"]["strategy"]
    assert "Providing Suggestions" in found["labels"] and len(found["labels"]) == 8


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(ConfigError, match="holds no run"):
        RunFolder.open(tmp_path)


def test_the_responders_model_can_score_the_references(asking, tmp_path, monkeypatch):
    asked = []

    def likelihood(self, request, reply):
        asked.append((request.messages[-1].content, reply))
        return [-1.0, -2.0]

    monkeypatch.setattr(StubChat, "likelihood", likelihood, raising=False)
    found = evaluate(replace(asking, perplexity=True), tmp_path / "run", QUIET)
    assert sorted(reply for _, reply in asked) == ["Tell me about it.", "Your boat?"]
    assert any("He sold the boat." in message for message, _ in asked)
    assert found.scores["steps"]["response"]["perplexity"]["tokens"] == 4


def test_a_model_without_log_probabilities_is_named(asking, tmp_path):
    with pytest.raises(ConfigError, match="'stub-chat' tells no log-probabilities"):
        evaluate(replace(asking, perplexity=True), tmp_path / "run", QUIET)


def test_a_measure_that_is_not_installed_is_told_before_anything_is_run(asking, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "sacrebleu", None)
        with pytest.raises(ConfigError, match=r"\[research\]"):
            evaluate(asking, tmp_path / "run", QUIET)
    assert not (tmp_path / "run").exists()


def test_a_bertscore_names_model_and_layer():
    with pytest.raises(ConfigError, match="MODEL:LAYER"):
        Further("all-minilm-l6-v2").bert_score(["a"], ["b"])
