import json

import pytest

from tests.made_corpora import MESC_KEPT, write_mesc
from tools.catalogue import ModelConfig
from tools.errors import ConfigError, DataError
from tools.labels import EKMAN
from tools.perceived import Perceived
from tools.training.skill import Balance, as_skill, measure, measure_corpora

CONFIG = ModelConfig(
    task="text_emotion", backend="made", labels={str(label): str(label) for label in EKMAN}
)


class Fake:
    """Names the emotion that the table gives a text, with 0.6, and its rival with 0.4."""

    def __init__(self, table):
        self.table = table

    def predict(self, items):
        return [self.finding(*self.table[item]) for item in items]

    def finding(self, first, second):
        if not first:
            return Perceived(missing="language")
        return Perceived(scores={str(e): {first: 0.6, second: 0.4}.get(e, 0.0) for e in EKMAN})


@pytest.fixture
def mesc_folder(tmp_path):
    return write_mesc(tmp_path)


def test_among_the_corpus_emotions_the_second_best_guess_counts():
    model = Fake({"a": ("surprise", "anger"), "b": ("joy", "fear")})
    found = measure(model, CONFIG, "made", [("a", "cross"), ("b", "glad")],
                    {"cross": "anger", "glad": "joy"})  # fmt: skip
    assert found["free"]["uar"] == 0.5
    assert found["among"]["uar"] == 1.0


def test_labels_outside_the_map_are_left_out_and_unread_texts_counted():
    model = Fake({"a": ("anger", "joy"), "b": ("", ""), "c": ("joy", "anger")})
    texts = [("a", "cross"), ("b", "cross"), ("c", "odd"), ("c", "glad")]
    found = measure(model, CONFIG, "made", texts, {"cross": "anger", "glad": "joy"})
    assert found["among"]["n"] == 2
    assert found["unread"] == 1


def test_a_corpus_of_which_nothing_can_be_read_is_refused():
    with pytest.raises(DataError, match="made: no text with one of cross"):
        measure(Fake({"a": ("", "")}), CONFIG, "made", [("a", "cross")], {"cross": "anger"})


def test_the_models_temperature_is_applied():
    model, texts = Fake({"a": ("anger", "joy"), "b": ("joy", "anger")}), [("a", "x"), ("b", "y")]
    labels = {"x": "anger", "y": "joy"}
    sharp = CONFIG.model_copy(update={"temperature": 0.2})
    assert (
        measure(model, sharp, "made", texts, labels)["free"]["ece"]
        < measure(model, CONFIG, "made", texts, labels)["free"]["ece"]
    )


def test_more_balance_lets_a_rare_emotion_win():
    frequencies = {str(label): 0.01 for label in EKMAN} | {"neutral": 0.5, "fear": 0.01}
    balance = Balance(0.5, frequencies)
    model, texts = (
        Fake({"a": ("neutral", "fear"), "b": ("neutral", "joy")}),
        [("a", "f"), ("b", "n")],
    )
    found = measure(model, CONFIG, "made", texts, {"f": "fear", "n": "neutral"}, balance)
    free = {row["balance"]: row["uar_free"] for row in found["balances"]}
    assert free[0.0] == free[0.5] == found["free"]["uar"] == 0.5
    assert balance.at(1.0, [{"neutral": 0.6, "fear": 0.4}])[0]["fear"] > 0.5


def test_the_models_own_balance_changes_no_score():
    scores = {"neutral": 0.6, "fear": 0.4}
    same = Balance(0.5, {"neutral": 0.5, "fear": 0.1}).at(0.5, [scores])[0]
    assert same == pytest.approx(scores)


def test_mesc_is_measured_by_turns_and_lines_with_and_without_depression(mesc_folder):
    table = {
        "I hate this. All of it. Well.": ("anger", "joy"),
        "I feel heavy.": ("sadness", "joy"),
        **{text: ("joy", "anger") for _, text, _ in MESC_KEPT},
        "I feel heavy. ": ("sadness", "joy"),
    }
    found = measure_corpora(Fake(table), CONFIG, mesc_folder, None)
    assert [(scores["corpus"], scores["among"]["n"]) for scores in found] == [
        ("MESC train, client turns, without depression", 1),
        ("MESC train, client turns, depression as sadness", 2),
        ("MESC train, client lines, without depression", 5),
        ("MESC train, client lines, depression as sadness", 6),
    ]


def test_situations_of_esconv_count_where_their_emotion_is_one_of_ekmans(tmp_path):
    write_situations(tmp_path, ("A loss.", "depression"), ("A secret.", "shame"))
    model = Fake({"A loss.": ("sadness", "joy"), "A secret.": ("sadness", "joy")})
    [found] = measure_corpora(model, CONFIG, None, tmp_path)
    assert (found["free"]["n"], found["free"]["accuracy"]) == (1, 1.0)


def write_situations(folder, *rows):
    said = [{"speaker": "usr", "text": "Hello."}]
    lines = [
        {"emotion_type": emotion, "problem_type": "job crisis", "situation": text, "dialog": said}
        for text, emotion in rows
    ]
    (folder / "train.txt").write_text("\n".join(map(json.dumps, lines)), "utf-8")


def test_the_skill_is_that_among_the_corpus_emotions():
    model = Fake({"a": ("surprise", "anger"), "b": ("joy", "fear"), "c": ("anger", "joy")})
    texts = [("a", "cross"), ("b", "glad"), ("c", "glad")]
    found = measure(model, CONFIG, "made", texts, {"cross": "anger", "glad": "joy"})
    skill = as_skill(found)
    assert (skill.uar, skill.classes, skill.n, skill.corpus) == (
        0.75, 2, 3, "made, among its emotions",
    )  # fmt: skip
    assert skill.weight == pytest.approx(0.5)


def test_no_corpus_is_nothing_to_measure_on():
    with pytest.raises(ConfigError, match="give --mesc DIR"):
        measure_corpora(Fake({}), CONFIG, None, None)
