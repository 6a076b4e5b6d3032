"""What is written reads back with the loaders of the corpora, and says that it is synthetic."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphs.simulation.chain import chain_of
from graphs.simulation.corpora import mesc_emotion
from graphs.simulation.folder import DROPPED, SUMMARY, SimulationFolder
from graphs.simulation.outcome import sort_out, write_out
from graphs.simulation.records import Exchange, Simulated
from graphs.simulation.summary import summarise
from tests.made_simulation import GOOD, SCORES, chain, dialogue, profile, simulation
from tools.corpora.library import CORPORA

PEOPLE = {"kite-maker": profile()}
SPOKEN = [line for pair in GOOD for line in pair]


def written(tmp_path: Path, format: str, *dialogues: Simulated) -> Path:
    folder = SimulationFolder(tmp_path / "out", {}, resume=False)
    write_out(folder, dialogues or [dialogue()], simulation(graph="direct"), format=format)
    return tmp_path / "out"


@pytest.mark.parametrize("format", ["esconv", "mesc"])
def test_a_written_corpus_reads_back_with_its_loader(tmp_path: Path, format: str) -> None:
    [read] = CORPORA[format].read(written(tmp_path, format))
    assert [turn.text for turn in read.turns] == SPOKEN
    assert [turn.speaker for turn in read.turns] == ["person", "supporter"] * 4
    assert read.problem.casefold() == "friends and family"
    assert read.situation == profile().situation


def test_strategies_are_mapped_to_the_nearest_of_esconv(tmp_path: Path) -> None:
    plans = ["Advisement", "Interpretation", "", "Open question"]
    turns = [
        replace(turn, chain=chain(strategy={"label": label}))
        for turn, label in zip(dialogue().turns, plans, strict=True)
    ]
    [read] = CORPORA["esconv"].read(written(tmp_path, "esconv", dialogue(turns=turns)))
    assert [turn.strategy for turn in read.turns if turn.speaker == "supporter"] == [
        "Providing Suggestions", "Reflection of feelings", "Others", "Question",
    ]  # fmt: skip
    assert read.emotion == "anger"


def test_mesc_keeps_the_ten_strategies_and_an_emotion_for_every_line(tmp_path: Path) -> None:
    [read] = CORPORA["mesc"].read(written(tmp_path, "mesc"))
    assert {turn.strategy for turn in read.turns if turn.speaker == "supporter"} == {
        "Open question"
    }
    assert [turn.emotion for turn in read.turns] == ["sadness", "neutral"] * 4


def turn_of(**situation: Any) -> Exchange:
    return Exchange("a", "b", chain(situation=situation))


def test_what_mesc_has_no_label_for_becomes_the_likeliest_that_it_has() -> None:
    scores = {"surprise": 0.6, "fear": 0.3, "joy": 0.1}
    assert mesc_emotion(turn_of(emotion="surprise", scores=scores)) == "fear"
    assert mesc_emotion(turn_of(emotion="depression", scores=SCORES)) == "depression"


def test_an_emotion_that_nobody_read_is_never_made_up() -> None:
    turns = [*dialogue().turns[:3], turn_of(emotion="unknown", scores={})]
    made = dialogue(turns=[*turns[:3], replace(dialogue().turns[3], chain=turns[3].chain)])
    _, dropped = sort_out([made], simulation(graph="direct"), format="mesc")
    assert dropped == {"0-00000": ["emotion not read"]}
    kept, _ = sort_out([made], simulation(graph="direct"), format="esconv")
    assert kept == [made]


@pytest.mark.parametrize("format", ["esconv", "mesc"])
def test_each_dialogue_says_how_it_was_made(tmp_path: Path, format: str) -> None:
    out = written(tmp_path, format)
    text = (out / {"esconv": "train.txt", "mesc": "train.json"}[format]).read_text("utf-8")
    [row] = json.loads(text) if format == "mesc" else [json.loads(text)]
    made = row["made_by"]
    assert row["synthetic"] is True and row["id"] == "0-00000"
    assert made["profile"] == "kite-maker" and made["seed"] == 0 and made["graph"] == "direct"
    assert len(made["graph_hash"]) == 64 and made["models"]["respond"] == "chat"
    assert made["seeker"]["model"] == "made-seeker"
    assert row["dialog"][1]["chain"]["strategy"]["why"] == "It is early."


def test_dropped_dialogues_are_written_with_all_their_reasons(tmp_path: Path) -> None:
    out = written(tmp_path, "esconv", dialogue(), dialogue(GOOD[:1], index=1, ended="failed"))
    [row] = [json.loads(line) for line in (out / DROPPED).read_text("utf-8").splitlines()]
    assert row["id"] == "0-00001"
    assert row["reasons"] == ["broken off", "too short"]
    summary = json.loads((out / SUMMARY).read_text("utf-8"))
    assert (summary["kept"], summary["dropped"]) == (1, 1)
    assert summary["reasons"] == {"broken off": 1, "too short": 1}


def test_of_two_that_are_nearly_one_the_first_is_kept(tmp_path: Path) -> None:
    out = written(tmp_path, "esconv", dialogue(), dialogue(index=1))
    [row] = [json.loads(line) for line in (out / DROPPED).read_text("utf-8").splitlines()]
    assert row["reasons"] == ["near-duplicate of 0-00000"]
    assert json.loads((out / SUMMARY).read_text("utf-8"))["reasons"] == {"near-duplicate": 1}


def test_the_summary_counts_turns_strategies_and_words() -> None:
    found = summarise([dialogue(fixed=[0])], {"0-00001": ["role flip"]}, PEOPLE)
    assert (found["turns"], found["fixed_turns"]) == (4.0, 1)
    assert found["strategies"] == {"Open question": 4} and found["emotions"] == {"sadness": 4}
    assert found["seeker"]["words"] == 7.5
    assert 0 < found["supporter"]["distinct_1"] <= 1
    assert "no evidence about people" in found["note"]


def test_the_summary_counts_lines_that_only_repeat_the_profile() -> None:
    copied = dialogue([(profile().situation, "Oh."), *GOOD[1:]])
    assert summarise([dialogue(), copied], {}, PEOPLE)["verbatim"] == 1


def test_a_summary_of_nothing_kept_has_no_numbers_to_be_proud_of() -> None:
    found = summarise([], {"0-00000": ["unsafe"]}, PEOPLE)
    assert found["kept"] == 0 and found["turns"] == 0 and found["seeker"]["words"] == 0


def test_thoughts_of_the_turn_stand_in_the_chain() -> None:
    report: Any = {
        "user_emotion": {"label": "anger", "confidence": 0.5, "scores": {}, "disagreement": ""},
        "strategy": {"label": "Approval", "why": "They held on.", "scores": {}},
        "system_emotion": {"label": "neutral", "why": "", "scores": {}},
        "moment": "",
        "route": "support",
        "risk": {"level": "none"},
    }
    thoughts = {"stimulus": "the torn kite", "appraisal": "it was careless", "reason": ""}
    made = chain_of(report, writer="respond", thoughts=thoughts, about={"stimulus"})
    assert made["situation"]["thoughts"] == {"stimulus": "the torn kite"}
    assert made["thought"]["thoughts"] == {"appraisal": "it was careless"}
    assert made["text"] == (
        "Situation: anger (0.50); the torn kite | Thought: it was careless | Action: neutral | "
        "Strategy: Approval; They held on."
    )
