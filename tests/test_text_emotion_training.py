import io

import numpy as np
import pytest
import torch
import yaml
from rich.console import Console
from safetensors import safe_open
from safetensors.torch import load_file

from tests.made_encoder import CUES, FINE, save_encoder, write_corpus
from tools.backends.minilm import open_encoder
from tools.backends.minilm_head import open_head
from tools.backends.pooling_network import Architecture
from tools.errors import DataError
from tools.labels import EKMAN
from tools.training.goemotions import read_comments
from tools.training.text_emotion import Recipe, train
from tools.training.text_emotion_scores import class_frequencies
from tools.training.token_cache import TokenCache

SMALL = Architecture(layers=[0, 2], width=32, queries=2, hidden=32, dropout=0.0)
QUICK = Recipe(epochs=15, batch=16, rate=1e-2)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return open_encoder(save_encoder(tmp_path_factory.mktemp("encoder")))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("goemotions"))


def quick_train(corpus, out, encoder, **changed):
    given = {"recipe": QUICK, "architecture": SMALL, **changed}
    return train(corpus, out, encoder, console=Console(file=io.StringIO()), **given)


@pytest.fixture(scope="module")
def trained(corpus, encoder, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    return out, quick_train(corpus, out, encoder)


def test_the_head_learns_what_the_labels_hang_on(trained):
    scores = trained[1]["scores"]["dev"]["single"]
    assert scores["accuracy"] > 0.8 > scores["floor_accuracy"] + 0.5


def test_the_written_head_names_the_label_of_the_cue(trained, encoder):
    found = open_head(trained[0], encoder).predict([f"i am so {cue}" for cue in CUES.values()])
    named = [max(finding.scores, key=finding.scores.__getitem__) for finding in found]
    assert sum(a == b for a, b in zip(named, CUES, strict=True)) >= 6
    assert list(found[0].detail) == FINE


def test_the_weights_are_half_precision_and_say_where_they_come_from(trained):
    with safe_open(trained[0] / "model.safetensors", "pt") as file:
        names = list(file.keys())
        assert "CC BY 4.0" in file.metadata()["data"]
        assert {file.get_tensor(name).dtype for name in names} == {torch.float16}


def test_the_card_is_what_was_returned(trained):
    assert yaml.safe_load((trained[0] / "card.yaml").read_text()) == trained[1]


def test_the_prose_card_has_licence_scores_and_command(trained):
    prose = (trained[0] / "card.md").read_text()
    assert "CC BY 4.0" in prose
    assert (
        f"| single: macro-F1 | {trained[1]['scores']['choose']['single']['macro_f1']:.3f}" in prose
    )
    assert "python -m tools train text-emotion --data GOEMOTIONS --seed 0" in prose
    assert "## Not for" in prose
    assert "{" not in prose


def test_the_same_seed_gives_the_same_weights_and_another_does_not(
    trained, corpus, encoder, tmp_path
):
    first = load_file(trained[0] / "model.safetensors")
    quick_train(corpus, tmp_path / "same", encoder)
    quick_train(corpus, tmp_path / "other", encoder, seed=1)
    same = load_file(tmp_path / "same" / "model.safetensors")
    other = load_file(tmp_path / "other" / "model.safetensors")
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["query.weight"], other["query.weight"])


def test_balancing_takes_the_log_frequency_off_the_bias_and_nothing_else(corpus, encoder, tmp_path):
    biases = {}
    for amount in (0.0, 1.0):
        recipe = Recipe(epochs=1, batch=16, balance=amount)
        card = quick_train(corpus, tmp_path / str(amount), encoder, recipe=recipe)
        biases[amount] = load_file(tmp_path / str(amount) / "model.safetensors")
    shift = biases[0.0].pop("coarse.bias") - biases[1.0].pop("coarse.bias")
    frequencies = torch.tensor([card["frequencies"][label] for label in EKMAN])
    assert torch.allclose(shift.float(), frequencies.log(), atol=5e-3)
    assert all(torch.equal(value, biases[1.0][name]) for name, value in biases[0.0].items())


def test_the_dev_file_changes_nothing_but_its_own_score(trained, corpus, encoder, tmp_path):
    (tmp_path / "data").mkdir()
    other = write_corpus(tmp_path / "data")
    (other / "dev.tsv").write_text("the day\t6\td1\nit was\t3\td2\n")
    card = quick_train(other, tmp_path / "out", encoder)
    changed = {name for name in card if card[name] != trained[1][name]}
    assert changed == {"comments", "scores"}
    assert card["scores"]["choose"] == trained[1]["scores"]["choose"]


def test_too_few_comments_are_refused(corpus, encoder, tmp_path):
    with pytest.raises(DataError, match="too few comments"):
        quick_train(corpus, tmp_path, encoder, limit=2)


def test_frequencies_count_comments_of_one_group_only(corpus, tmp_path):
    joy, neutral, anger = (FINE.index(label) for label in ("joy", "neutral", "anger"))
    write_corpus(tmp_path)
    rows = [f"{joy}", f"{joy}", f"{neutral}", *[f"{anger},{joy}"] * 3]
    (tmp_path / "train.tsv").write_text("".join(f"x\t{row}\t{n}\n" for n, row in enumerate(rows)))
    found = class_frequencies(read_comments(tmp_path, "train.tsv"))
    assert found[EKMAN.index("joy")] == 2 * found[EKMAN.index("neutral")]
    assert found[EKMAN.index("anger")] == found[EKMAN.index("fear")]  # unseen counts as one
    assert found.sum() == pytest.approx(1)


def test_a_cache_returns_the_encoders_states(encoder):
    texts = ["so glad", "", "you and i and the table"]
    cache = TokenCache(encoder, texts, [0, 2])
    states = cache.batch(np.array([2, 0]))
    (places, direct), = encoder.stream([texts[0]], [0, 2])  # fmt: skip
    length = int(states.mask[1].sum())
    assert states.hidden.shape == (2, 8, 2, encoder.width)
    assert torch.allclose(states.hidden[1, :length], direct.hidden[0], atol=1e-2)
    assert not states.hidden[1, length:].any()


def test_every_text_comes_once_shuffled_or_in_order(encoder):
    cache = TokenCache(encoder, [f"{'so ' * (n % 5)}glad" for n in range(50)], [1])
    shuffled = [p for places, _ in cache.shuffled(8, np.random.default_rng(0)) for p in places]
    ordered = [p for places, _ in cache.in_order(8) for p in places]
    assert sorted(shuffled) == sorted(ordered) == list(range(50))
    assert shuffled != ordered
