"""Training the strategy head on a tiny encoder: its rows, its files, and whose weights ship."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.made_encoder import save_encoder
from tests.made_services import example
from tools import weights
from tools.__main__ import app
from tools.backends.minilm import open_encoder
from tools.backends.strategy_head import Sizes, open_head
from tools.errors import ConfigError, DataError
from tools.situation import Situation
from tools.training.strategy import Recipe, train
from tools.training.strategy_card import OWN
from tools.training.strategy_rows import (
    StrategyRow,
    rows_of_corpus,
    rows_of_examples,
)

LINES = [
    {"speaker": "usr", "text": "Hi."},
    {"speaker": "sys", "text": "Hello.", "strategy": "Others"},
    {"speaker": "usr", "text": "I lost it."},
    {"speaker": "usr", "text": "All of it."},
    {"speaker": "sys", "text": "What happened?", "strategy": "Question"},
    {"speaker": "sys", "text": "Still there?"},
]


def write_esconv(folder: Path, count: int = 1) -> Path:
    made = {"emotion_type": "fear", "problem_type": "job crisis", "situation": "S."}
    lines = [
        json.dumps({**made, "dialog": [*LINES, {"speaker": "usr", "text": f"Bye {n}."}]})
        for n in range(count)
    ]
    for name in ("train", "valid"):
        (folder / f"{name}.txt").write_text("\n".join(lines), "utf-8")
    return folder


def made_rows() -> list[StrategyRow]:
    said = {"Approval": "i am so glad", "Restatement": "it was the day"}
    return [
        StrategyRow(Situation(said=f"{text} {n}"), label, f"{label}{n}")
        for n in range(30)
        for label, text in said.items()
    ]


def trained(folder: Path, rows: list[StrategyRow]) -> dict[str, Any]:
    encoder = open_encoder(save_encoder(folder / "encoder"))
    return train(
        rows, folder / "head", encoder, OWN,
        recipe=Recipe(epochs=40, batch=10, folds=2, rate=1e-2),
        sizes=Sizes(width=32, hidden=8, dropout=0.0),
    )  # fmt: skip


def test_what_is_trained_can_be_loaded_and_tells_messages_apart(tmp_path: Path) -> None:
    card = trained(tmp_path, made_rows())
    head = open_head(tmp_path / "head", open_encoder(tmp_path / "encoder"))
    glad, day = head.predict([Situation(said="i am so glad"), Situation(said="it was the day")])
    assert max(glad, key=glad.__getitem__) == "Approval"
    assert max(day, key=day.__getitem__) == "Restatement"
    assert card["scores"]["accuracy"] > card["scores"]["floor_accuracy"]


def test_the_card_tells_data_licence_and_scores(tmp_path: Path) -> None:
    trained(tmp_path, made_rows())
    prose = (tmp_path / "head" / "card.md").read_text("utf-8")
    assert "60 replies from the project's own" in prose and "CC BY 4.0" in prose
    assert "| accuracy |" in prose


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="4 rows are too few"):
        trained(tmp_path, made_rows()[:4])


def test_the_stage_of_an_example_does_not_give_its_strategy_away() -> None:
    [row] = rows_of_examples([example(stage="action", strategy="Advisement")])
    assert row.situation.stage == "exploration"


def test_what_was_tried_is_known_where_the_replies_before_are_examples() -> None:
    first = example(reply="First reply.", strategy="Approval")
    before = [
        {"speaker": "person", "text": "a"}, {"speaker": "supporter", "text": "First reply."},
        {"speaker": "person", "text": "b"}, {"speaker": "supporter", "text": "Unknown."},
    ]  # fmt: skip
    _, second = rows_of_examples([first, example(before=before, reply="Second reply.")])
    assert second.situation.tried == ("Approval",)


def test_a_corpus_gives_a_row_for_every_labelled_reply(tmp_path: Path) -> None:
    first, second = rows_of_corpus("esconv", write_esconv(tmp_path))
    assert (first.situation.said, first.strategy) == ("Hi.", "Others")
    assert second.situation.said == "I lost it. All of it."
    assert second.situation.answered == "Hello." and second.situation.tried == ("Others",)


def test_the_emotion_of_a_whole_conversation_is_left_out(tmp_path: Path) -> None:
    assert not any(
        row.situation.emotions for row in rows_of_corpus("esconv", write_esconv(tmp_path))
    )


def test_a_limit_takes_whole_dialogues(tmp_path: Path) -> None:
    assert len(rows_of_corpus("esconv", write_esconv(tmp_path, 10), limit=5)) in (4, 6)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_weights_from_a_corpus_are_never_written_where_they_would_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights.Store, "shipped_folder", lambda self, name: tmp_path / name)
    result = run("train", "strategy", "--data", write_esconv(tmp_path))
    assert isinstance(result.exception, ConfigError) and "--out" in str(result.exception)
    inside = run("train", "strategy", "--data", tmp_path, "--out", tmp_path / "strategy-head")
    assert isinstance(inside.exception, ConfigError)
    assert not (tmp_path / "strategy-head").exists()
