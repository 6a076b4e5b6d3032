"""`python -m benchmarks retrieval`, on a made corpus."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.retrieval import _some
from benchmarks.retrieval_scores import Pool, by_frequency, mean_over, score
from benchmarks.retrieval_turns import SupporterTurn, read_turns
from tests.made_services import example
from tests.test_examples import save
from tools.corpora.library import CORPORA
from tools.errors import AttuneError, ConfigError

STRATEGIES = ["Open question", "Restatement", "Approval", "Advisement"]
POOL = Pool(dict.fromkeys(STRATEGIES, 5), STRATEGIES)


def turn(gold: str, dialogue: int = 0) -> SupporterTurn:
    return SupporterTurn(dialogue, 1, "it rains", (), (), gold)


def talk(*lines: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "emotion_type": "sadness",
        "problem_type": "job crisis",
        "situation": "A job that went.",
        "dialog": [
            {"speaker": speaker, "text": text, **({"strategy": label} if label else {})}
            for speaker, text, label in lines
        ],
    }


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = [
        talk(
            ("sys", "Hello.", "Others"),
            ("usr", f"my boss shouts {i}", ""),
            ("usr", "every day", ""),
            ("sys", "Since when?", "Question"),
            ("usr", "since spring", ""),
            ("sys", "You could ask for a talk.", "Providing Suggestions"),
        )
        for i in range(4)
    ]
    for split in ("train", "valid"):
        (tmp_path / f"{split}.txt").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return tmp_path


def test_lines_of_one_speaker_are_one_turn_and_a_greeting_answers_nobody(corpus: Path) -> None:
    first, second, *_ = read_turns(CORPORA["esconv"], corpus, "valid")
    assert (first.said, first.earlier, first.number) == ("my boss shouts 0 every day", (), 1)
    assert second.tried == ("Others", "Open question")
    assert (second.said, second.earlier) == ("since spring", ("my boss shouts 0 every day",))
    assert [first.gold, second.gold] == ["Open question", "Advisement"]


def test_a_hit_at_k_needs_the_strategy_among_the_first_k() -> None:
    found = [["Restatement", "Approval"], ["Approval", "Restatement"]]
    turns = [turn("Approval"), turn("Approval")]
    assert score(turns, found, 1, POOL)["hit"] == 0.5
    assert score(turns, found, 2, POOL)["hit"] == 1.0


def test_chance_is_that_of_as_many_strategies_not_of_as_many_examples() -> None:
    found = [["Restatement", "Restatement", "Approval"]]
    scored = score([turn("Advisement")], found, 3, POOL)
    assert scored["distinct"] == 2
    assert scored["chance"] == 2 / len(STRATEGIES)
    assert scored["above"] == -scored["chance"]


def test_a_strategy_that_no_example_has_is_a_miss_by_chance_too() -> None:
    scored = score([turn("Self-disclosure")], [["Approval"]], 1, POOL)
    assert scored["hit"] == scored["chance"] == 0


def test_the_constant_names_as_many_of_the_most_frequent() -> None:
    scored = score([turn("Restatement")], [["Approval", "Advisement"]], 2, POOL)
    assert scored["frequent"] == 1
    assert score([turn("Approval")], [["Advisement"]], 1, POOL)["frequent"] == 0


def test_the_most_frequent_are_counted_among_what_the_examples_have() -> None:
    golds = ["Self-disclosure", "Self-disclosure", "Approval", "Approval", "Restatement"]
    available = frozenset({"Approval", "Restatement", "Others"})
    assert by_frequency(golds, available) == ["Approval", "Restatement", "Others"]


def test_a_blind_draw_shows_what_is_common_first() -> None:
    drawn = Pool({"a": 3, "b": 1}, ["a", "b"]).drawn
    assert drawn[1] == pytest.approx({"a": 0.75, "b": 0.25})
    assert drawn[2] == pytest.approx({"a": 1, "b": 1})


def test_a_blind_draw_of_two_is_that_of_all_orders() -> None:
    counts = {"a": 3, "b": 2, "c": 1}
    orders = list(permutations("aaabbc"))
    first = [list(dict.fromkeys(order))[:2] for order in orders]
    expected = {s: sum(s in two for two in first) / len(orders) for s in counts}
    assert Pool(counts, "abc").drawn[2] == pytest.approx(expected)


def test_the_interval_is_over_dialogues() -> None:
    values = np.array([1.0] * 50 + [0.0] * 50)
    one = mean_over([turn("a", int(i >= 50)) for i in range(100)], values)
    many = mean_over([turn("a", i) for i in range(100)], values)
    assert (one["low"], one["high"]) == (0, 1)
    assert 0.35 < many["low"] < many["mean"] == 0.5 < many["high"] < 0.65


def test_fewer_turns_are_whole_dialogues_spread_over_the_split() -> None:
    turns = [turn("a", i // 5) for i in range(100)]
    kept = _some(turns, 20)
    assert [t.dialogue for t in kept] == [d for d in (0, 5, 10, 15) for _ in range(5)]


def test_the_command_writes_every_way_of_retrieving(corpus: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "e.jsonl", tmp_path / "out.json"
    said = [f"my boss shouts {i}" for i in range(9)]
    save(source, *(example(id=s, said=s, strategy=STRATEGIES[i % 4]) for i, s in enumerate(said)))
    options = ["--examples", str(source), "--profile", "stub", "--out", str(out)]
    options += ["--sizes", "4,all", "--limit", "4"]
    ran = CliRunner().invoke(app, ["retrieval", "--data", f"esconv:{corpus}", *options])
    assert ran.exit_code == 0, ran.output
    report = json.loads(out.read_text("utf-8"))
    assert set(report["ways"]) == {"full", "text only", "BM25", "constant", "random"}
    assert (report["turns"], report["dialogues"], report["examples"]) == (4, 2, 9)
    assert set(report["sizes"]) == {"4", "9"}
    assert report["ways"]["constant"]["8"]["hit"] == report["reachable"] == 1
    assert set(report["full_against"]) == {"text only", "BM25"}
    assert set(report["ways"]["random"]) == {"1", "3", "5", "8"}


@pytest.mark.parametrize(
    ("option", "value"),
    [("--data", "nowhere"), ("--data", "escon:DIR"), ("--split", "test"), ("--sizes", "many")],
)
def test_a_wrong_option_is_told_in_a_sentence(corpus: Path, option: str, value: str) -> None:
    options = {"--data": f"esconv:{corpus}", "--split": "train", option: value}
    flat = [part for pair in options.items() for part in pair]
    ran = CliRunner().invoke(app, ["retrieval", "--profile", "stub", *flat])
    assert isinstance(ran.exception, AttuneError)
    assert value.partition(":")[0] in str(ran.exception)


def test_a_corpus_without_strategies_is_refused(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["retrieval", "--data", f"emodb:{tmp_path}"])
    assert isinstance(ran.exception, ConfigError) and "strategies" in str(ran.exception)
