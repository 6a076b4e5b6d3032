"""Training context heads on a tiny encoder: rows, history, modalities, files, and refusals."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from tests.made_corpora import made_goemotions
from tests.made_encoder import save_encoder
from tools.__main__ import app
from tools.backends.context_features import Layout, features, read_texts, texts_of
from tools.backends.context_head import ContextNetwork, Sizes, open_head
from tools.backends.context_layers import UpperLayers
from tools.backends.minilm import MiniLM, open_encoder
from tools.catalogue import ModelFile
from tools.checking.entry import licence
from tools.clips import Clip
from tools.corpora.dialogue import Dialogue, MediaFile, Turn
from tools.corpora.library import CORPORA
from tools.errors import ConfigError, DataError, WeightsError
from tools.models import ModelSet, read_models
from tools.perceived import Perceived
from tools.situation import Situation
from tools.training.context import labels_of, part, train
from tools.training.context_card import swaps, write_models
from tools.training.context_command import read_extra
from tools.training.context_fit import Lesson, Recipe, Trained, hide, probabilities
from tools.training.context_media import with_vectors
from tools.training.context_rows import (
    ContextRow,
    rows_of,
    with_history,
    without_history,
)

MESC = CORPORA["mesc"]
LINES = (
    Turn("person", "I am so sad.", "depression", clue="The speaker seems calm."),
    Turn("person", "It was the day.", "depression"),
    Turn("supporter", "And you?", "neutral", "Open question"),
    Turn("person", "I am glad.", "joy"),
    Turn("supporter", "So it was.", "neutral", "Restatement"),
    Turn("supporter", "The day.", "joy", "Approval"),
    Turn("person", "The table.", "neutral"),
)
MADE = Dialogue("a", LINES)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> MiniLM:
    return open_encoder(save_encoder(tmp_path_factory.mktemp("encoder")))


def made_rows(count: int = 60) -> list[ContextRow]:
    cues = {"joy": "i am so glad", "depression": "i am so sad", "anger": "angry"}
    return [
        ContextRow(
            Situation(said=f"{said} {'the ' * (n % 3)}", emotions={label: 1.0}),
            {"user_emotion": label, "strategy": "Approval" if label == "joy" else "Restatement"},
            f"d{n}",
            0,
        )
        for n in range(count)
        for label, said in cues.items()
    ]


def lesson_of(rows: Sequence[ContextRow], encoder: MiniLM, **layout: Any) -> Lesson:
    chosen = Layout(width=32, layers=[3], context=1, **layout)
    words = [text for row in rows for text in texts_of(row.situation, 1)]
    return Lesson(
        chosen,
        Sizes(hidden=16, dropout=0.1, spared=0.1, attention=4, inner=48),
        labels_of(rows, ("user_emotion", "strategy")),
        read_texts(words, chosen, encoder, None),
        encoder,
    )


QUICK = Recipe(epochs=12, rate=1e-2, batch=32, history="none", folds=2)


def written(folder: Path, trained: Trained, lesson: Lesson) -> Path:
    from safetensors.torch import save_file

    folder.mkdir()
    save_file(trained.network.state_dict(), folder / "model.safetensors")
    card = {
        "heads": {task: list(labels) for task, labels in lesson.heads.items()},
        "layout": lesson.layout.model_dump(),
        "sizes": lesson.sizes.model_dump(),
        "unit": "turns",
        "temperature": dict(trained.temperature),
    }
    (folder / "card.yaml").write_text(yaml.safe_dump(card), "utf-8")
    return folder


def test_lines_of_one_speaker_are_one_turn_with_the_history_before_it() -> None:
    first, second = rows_of(MESC, [MADE])
    assert first.situation.said == "I am so sad. It was the day."
    assert first.gold == {
        "user_emotion": "depression", "strategy": "Open question", "system_emotion": "neutral",
    }  # fmt: skip
    assert second.situation.felt == ("depression",)
    assert second.situation.tried == ("Open question",)


def test_utterances_give_a_row_for_each_line_with_the_lines_before_it() -> None:
    rows = rows_of(MESC, [MADE], "utterances")
    assert [row.situation.said for row in rows][:2] == ["I am so sad.", "It was the day."]
    assert [turn["text"] for turn in rows[1].situation.before] == ["I am so sad."]
    assert [row.turn for row in rows] == [0, 1, 2, 3]
    assert all(set(row.gold) == {"user_emotion"} for row in rows)


def test_no_clue_gets_into_what_is_trained_on() -> None:
    rows = [*rows_of(MESC, [MADE]), *rows_of(MESC, [MADE], "utterances")]
    assert not any("seems calm" in text for row in rows for text in texts_of(row.situation, 8))


def test_predicted_history_takes_the_place_of_the_gold_labels() -> None:
    _, second = with_history(
        rows_of(MESC, [MADE]),
        {"user_emotion": {("a", 0): {"fear": 0.9, "joy": 0.1}, ("a", 1): {"anger": 1.0}}},
    )
    assert second.situation.felt == ("fear",) and second.situation.tried == ()
    assert second.situation.emotions == {"anger": 1.0}


def test_without_history_no_gold_label_is_left_in_what_is_seen() -> None:
    for row in without_history(rows_of(MESC, [MADE])):
        assert (row.situation.felt, row.situation.tried, row.situation.emotions) == ((), (), {})


def test_a_dialogue_never_stands_on_both_sides() -> None:
    kept, held = part(made_rows(), 0)
    assert held and not {r.dialogue for r in kept} & {r.dialogue for r in held}


def test_single_utterances_serve_where_their_label_is_one_of_the_corpus(tmp_path: Path) -> None:
    rows, [note] = read_extra([f"goemotions:{made_goemotions(tmp_path)}"], {"joy"}, "MESC")
    assert [row.gold for row in rows] == [{"user_emotion": "joy"}] * 2
    assert note == "2 rows of GoEmotions (CC BY 4.0)"


def test_what_is_trained_can_be_loaded_and_tells_messages_apart(
    tmp_path: Path, encoder: MiniLM
) -> None:
    rows = made_rows()
    lesson = lesson_of(rows, encoder)
    folder = written(tmp_path / "head", train(rows, lesson, QUICK, 0), lesson)
    head = open_head(folder, encoder, None, "user_emotion")
    glad, low = head.predict([Situation(said="i am so glad"), Situation(said="i am so sad")])
    assert max(glad, key=glad.__getitem__) == "joy"
    assert max(low, key=low.__getitem__) == "depression"
    assert sum(glad.values()) == pytest.approx(1)


def test_same_seed_same_weights(encoder: MiniLM) -> None:
    rows = made_rows(20)
    lesson = lesson_of(rows, encoder)
    quick = replace(QUICK, epochs=2)
    one, other = (train(rows, lesson, quick, 3).network.state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_emotion_of_the_turn_reaches_the_plans_and_never_the_emotion_head() -> None:
    layout = Layout(width=8, layers=[1], context=0)
    torch.manual_seed(0)
    network = ContextNetwork(
        layout, Sizes(hidden=8), {"user_emotion": ["joy", "anger"], "strategy": ["a", "b"]}
    ).eval()
    plain, told = (
        torch.from_numpy(features([Situation(said="Hi.", emotions=felt)], layout, {}))
        for felt in ({}, {"joy": 1.0})
    )
    before, after = network(plain), network(told)
    assert torch.equal(before["user_emotion"], after["user_emotion"])
    assert not torch.equal(before["strategy"], after["strategy"])


def test_modalities_are_hidden_at_random_and_words_never() -> None:
    layout = Layout(width=8, layers=[1], context=0, vectors={"voice": 2, "face": 3})
    batch = torch.ones(600, layout.felt.stop)
    hidden = hide(batch, layout, 0.0, np.random.default_rng(0))
    masks = [hidden[:, columns.start] for columns in layout.modalities.values()]
    both = float((masks[0] * masks[1]).mean())
    assert 0.25 < both < 0.42 and float(torch.stack(masks).max(0).values.min()) == 1.0
    assert float(hidden[:, : layout.past.start].min()) == 1.0


def test_a_missing_modality_is_masked_and_not_read_as_zero() -> None:
    layout = Layout(width=8, layers=[1], context=0, vectors={"voice": 2})
    there, absent = features(
        [Situation(said="", vectors={"voice": (0.0, 0.0)}), Situation(said="")], layout, {}
    )
    assert there[layout.modalities["voice"]][0] == 1 and absent[layout.modalities["voice"]][0] == 0


def test_vectors_of_clips_are_made_once_a_turn_and_missing_media_is_counted(tmp_path: Path) -> None:
    class Voice:
        def predict(self, items: Sequence[Any], /) -> list[Perceived]:
            return [Perceived({"joy": 1.0}, vector=(float(len(item)),)) for item in items]

    models = ModelSet(
        ModelFile.model_validate(
            {"models": {"v": {"task": "voice_emotion", "backend": "stub-emotion"}},
             "profiles": {"p": {"voice_emotion": "v"}}}
        ), "p",
    )  # fmt: skip
    models.replace("v", Voice())
    reads: list[MediaFile] = []

    def read(media: MediaFile) -> Clip:
        reads.append(media)
        return Clip(audio=np.zeros(7, np.float32))

    media = MediaFile(tmp_path / "a.wav")
    rows = [replace(row, media=media if n < 2 else None) for n, row in enumerate(made_rows(1))]
    found, seen = with_vectors(rows, models, read)
    assert [row.situation.vectors for row in found] == [{"voice": (7.0,)}] * 2 + [{}]
    assert len(reads) == 1 and seen.turns == {"text": 3, "voice": 2} and seen.sizes == {"voice": 1}


def test_tuned_layers_begin_as_those_of_the_encoder(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "encoder")
    encoder = open_encoder(folder)
    upper = UpperLayers(32, 1, 4, 48).eval()
    upper.fill(folder, encoder.depth)
    texts = ["i am so glad", "it was the day and you"]
    [(_, below)] = encoder.stream(texts, [encoder.depth - 1])
    below = replace(below, hidden=below.hidden[:, :, 0])
    with torch.inference_mode():
        ours = upper(below).numpy()
    assert np.allclose(ours, np.stack(encoder.predict(texts)), atol=2e-3)


def test_a_tuned_network_learns_its_own_layers(encoder: MiniLM, tmp_path: Path) -> None:
    rows = made_rows(20)
    plain = lesson_of(rows, encoder)
    folder = save_encoder(tmp_path / "encoder")
    lesson = replace(plain, sizes=plain.sizes.model_copy(update={"tuned": 1}), folder=folder)
    trained = train(rows, lesson, replace(QUICK, epochs=2, tuning_rate=1e-2), 0)
    before = UpperLayers(32, 1, 4, 48)
    before.fill(folder, encoder.depth)
    assert trained.network.upper is not None
    moved = zip(before.parameters(), trained.network.upper.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in moved)
    assert probabilities(trained, rows, lesson)["user_emotion"].shape == (60, 3)


def test_a_turn_without_words_and_vectors_gets_no_opinion(tmp_path: Path, encoder: MiniLM) -> None:
    rows = made_rows(20)
    lesson = lesson_of(rows, encoder)
    trained = train(rows, lesson, replace(QUICK, epochs=1), 0)
    head = open_head(written(tmp_path / "head", trained, lesson), encoder, None, "strategy")
    assert head.predict([Situation(said=""), Situation(said="glad")])[0] == {}


def test_a_checkpoint_without_the_asked_head_is_refused(tmp_path: Path, encoder: MiniLM) -> None:
    rows = made_rows(20)
    lesson = lesson_of(rows, encoder)
    trained = train(rows, lesson, replace(QUICK, epochs=1), 0)
    folder = written(tmp_path / "head", trained, lesson)
    with pytest.raises(WeightsError, match="no head for 'system_emotion'"):
        open_head(folder, encoder, None, "system_emotion")


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_split_that_is_not_for_training_is_refused(tmp_path: Path) -> None:
    result = run("train", "emotion", "--data", f"mesc:{tmp_path}", "--split", "val",
                 "--out", tmp_path / "out")  # fmt: skip
    assert isinstance(result.exception, DataError) and "not for training" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("task", ["strategy", "system-emotion", "joint"])
def test_lines_serve_the_user_emotion_alone(tmp_path: Path, task: str) -> None:
    result = run("train", task, "--data", f"mesc:{tmp_path}", "--unit", "utterances",
                 "--out", tmp_path / "out")  # fmt: skip
    assert isinstance(result.exception, ConfigError) and "--unit" in str(result.exception)


def test_nothing_is_written_where_weights_ship(tmp_path: Path) -> None:
    from tools import weights

    inside = weights.Store().shipped_folder("strategy-head")
    result = run("train", "joint", "--data", f"mesc:{tmp_path}", "--out", inside / "new")
    assert isinstance(result.exception, ConfigError) and "--out" in str(result.exception)


def test_the_models_file_makes_each_head_usable_by_name(tmp_path: Path) -> None:
    card = {
        "heads": {"user_emotion": ["joy"], "strategy": ["Approval"]},
        "layout": {"affect": ["joy"]},
        "data": {"corpus": "MESC", "licence": "none stated; made"},
    }
    nodes = write_models(tmp_path, "mesc", card, "minilm", "goemotions-head")
    found = read_models(tmp_path / "models.yaml").models
    assert list(nodes.values()) == ["mesc-emotion", "mesc-strategy"] == list(found)
    assert swaps(nodes) == "--swap fusion=mesc-emotion --swap strategy=mesc-strategy"
    assert swaps(nodes) in (tmp_path / "models.yaml").read_text("utf-8")
    assert found["mesc-emotion"].task == "user_emotion"
    assert found["mesc-emotion"].options["folder"] == str(tmp_path)
    assert (found["mesc-emotion"].labels, found["mesc-strategy"].labels) == ({"joy": "joy"}, {})


@pytest.mark.parametrize("with_card", [True, False])
def test_a_head_is_bound_by_the_licence_of_its_corpus(tmp_path: Path, with_card: bool) -> None:
    data = {"corpus": MESC.title, "licence": MESC.licence}
    card = {"heads": {"user_emotion": ["joy"]}, "layout": {"affect": []}, "data": data}
    write_models(tmp_path, "mesc", card, "minilm", "")
    if with_card:
        (tmp_path / "card.yaml").write_text(yaml.safe_dump(card), "utf-8")
    config = read_models(tmp_path / "models.yaml").models["mesc-emotion"]
    assert licence(config) == (
        "bound by the licence of its data (none stated, transcripts of a television drama), "
        "stays with whoever trained it"
    )


def test_too_few_turns_are_refused() -> None:
    with pytest.raises(DataError, match="3 turns are too few"):
        labels_of(made_rows(1), ("user_emotion",))
