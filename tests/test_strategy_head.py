"""The trained head: what it sees of a turn, what it says, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.torch import save_file

from tests.made_encoder import save_encoder
from tests.made_loading import loading
from tools.backends import strategy_head
from tools.backends.minilm import MiniLM, open_encoder
from tools.backends.strategy_features import (
    LABELS,
    feature_width,
    features,
    past_columns,
    plain,
    plain_width,
)
from tools.backends.strategy_head import Sizes, StrategyNetwork, open_head
from tools.errors import ConfigError, WeightsError
from tools.situation import Situation

WIDTH = 32
SIZES = Sizes(width=WIDTH, hidden=8, dropout=0.0)
LATER = Situation(
    said="i am so glad",
    before=(
        {"speaker": "person", "text": "the day"},
        {"speaker": "supporter", "text": "and you"},
    ),
    tried=("Approval",),
    stage="action",
    emotions={"joy": 1.0},
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> MiniLM:
    return open_encoder(save_encoder(tmp_path_factory.mktemp("encoder"), width=WIDTH))


def made_head(folder: Path, **changes: object) -> Path:
    save_file(StrategyNetwork(SIZES).state_dict(), folder / "model.safetensors")
    card = {"sizes": SIZES.model_dump(), "labels": list(LABELS), "plain": plain_width()}
    (folder / "card.yaml").write_text(yaml.safe_dump({**card, **changes}), "utf-8")
    return folder


def test_a_row_holds_message_context_and_last_reply(encoder: MiniLM) -> None:
    [row] = features([LATER], encoder)
    said, context, answered = encoder.predict(["i am so glad", "the day", "and you"])
    assert row.shape == (feature_width(WIDTH),)
    assert row[: 3 * WIDTH] == pytest.approx(np.concatenate([said, context, answered]), abs=1e-5)


def test_what_is_not_there_is_nothing(encoder: MiniLM) -> None:
    [row] = features([Situation(said="it was")], encoder)
    assert row[:WIDTH].any() and not row[WIDTH : 3 * WIDTH].any()


def test_a_text_that_stands_twice_is_encoded_once(
    encoder: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    predict = encoder.predict
    monkeypatch.setattr(encoder, "predict", lambda texts: asked.extend(texts) or predict(texts))
    features([LATER, LATER], encoder)
    assert sorted(asked) == ["and you", "i am so glad", "the day"]


def test_all_that_is_not_text_lies_between_0_and_1() -> None:
    row = plain(LATER)
    assert len(row) == plain_width() and row.min() >= 0 and row.max() <= 1


def test_what_was_tried_stands_in_its_own_columns(encoder: MiniLM) -> None:
    [with_past] = features([LATER], encoder)
    assert with_past[past_columns(WIDTH)].sum() == 2  # the last one, and its whole share
    [without] = features([Situation(said="it was")], encoder)
    assert without[past_columns(WIDTH)].sum() == 0


def test_a_distribution_over_all_labels_comes_for_every_turn(
    tmp_path: Path, encoder: MiniLM
) -> None:
    found = open_head(made_head(tmp_path), encoder).predict([LATER, Situation(said="the day")])
    assert len(found) == 2 and all(set(one) == set(LABELS) for one in found)
    assert sum(found[0].values()) == pytest.approx(1)


def test_the_temperature_of_the_card_softens(tmp_path: Path, encoder: MiniLM) -> None:
    [sharp] = open_head(made_head(tmp_path), encoder).predict([LATER])
    card = yaml.safe_load((tmp_path / "card.yaml").read_text("utf-8"))
    (tmp_path / "card.yaml").write_text(yaml.safe_dump({**card, "temperature": 5.0}), "utf-8")
    [soft] = open_head(tmp_path, encoder).predict([LATER])
    assert max(soft.values()) < max(sharp.values())


def test_a_head_of_other_labels_is_refused(tmp_path: Path, encoder: MiniLM) -> None:
    folder = made_head(tmp_path, labels=["Approval"])
    with pytest.raises(WeightsError, match="another version of Attune"):
        open_head(folder, encoder)


def test_a_head_of_another_encoder_is_refused(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = open_encoder(save_encoder(tmp_path_factory.mktemp("other"), width=64))
    with pytest.raises(WeightsError, match="another encoder"):
        open_head(made_head(tmp_path), other)


def test_a_missing_file_is_one_sentence(tmp_path: Path, encoder: MiniLM) -> None:
    with pytest.raises(WeightsError, match="strategy head in .* must come from one training run"):
        open_head(tmp_path, encoder)


def test_a_head_of_ones_own_is_read_from_its_folder(
    tmp_path: Path, encoder: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strategy_head, "shared_encoder", lambda loading: encoder)
    options = {"encoder": "made", "folder": str(made_head(tmp_path))}
    asked = loading("strategy-head", task="strategy", options=options)
    assert strategy_head.load(asked).predict([LATER])


def test_a_head_without_an_encoder_says_what_to_write() -> None:
    with pytest.raises(ConfigError, match="encoder: NAME"):
        strategy_head.load(loading("strategy-head", task="strategy"))
