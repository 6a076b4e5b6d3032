import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.made_corpora import (
    esconv_conversation,
    made_dfew,
    made_emodb,
    made_esconv,
    made_escot,
    made_goemotions,
    made_meld,
    made_mesc,
    write_annomi,
)
from tools.corpora.corpus import Corpus
from tools.corpora.library import CORPORA, find_corpus, require_training
from tools.corpora.trouble import Trouble
from tools.errors import DataError, UnknownName
from tools.labels import Emotion, Strategy

MADE: dict[str, Callable[[Path], Path]] = {
    "mesc": made_mesc,
    "esconv": made_esconv,
    "escot": made_escot,
    "annomi": write_annomi,
    "meld": made_meld,
    "goemotions": made_goemotions,
    "dfew": made_dfew,
    "emodb": made_emodb,
}

NAMES = sorted(CORPORA)
ROOT = Path(__file__).resolve().parents[1]


def test_every_corpus_is_made_for_the_tests() -> None:
    assert sorted(MADE) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_split_of_a_corpus_can_be_read(name: str, tmp_path: Path) -> None:
    corpus, folder = find_corpus(f"{name}:{MADE[name](tmp_path)}")
    there = corpus.splits_in(folder)
    assert there[0] == corpus.splits[0]
    for split in there:
        assert list(corpus.read(folder, split))


@pytest.mark.parametrize("name", NAMES)
def test_the_emotions_of_a_corpus_stand_for_ours(name: str) -> None:
    assert set(CORPORA[name].emotions.values()) <= {*(e.value for e in Emotion), ""}


@pytest.mark.parametrize("name", NAMES)
def test_the_validation_split_is_one_of_its_splits(name: str) -> None:
    corpus = CORPORA[name]
    assert not corpus.validation or corpus.validation in corpus.splits[1:]
    assert set(corpus.published) <= set(corpus.splits)


def test_mesc_speaks_the_ten_strategies() -> None:
    assert set(CORPORA["mesc"].strategies) == {strategy.value for strategy in Strategy}
    assert CORPORA["meld"].strategies == ()


def test_a_name_and_a_folder_find_a_corpus(tmp_path: Path) -> None:
    assert find_corpus(f"esconv:{tmp_path}") == (CORPORA["esconv"], tmp_path)


def test_the_nearest_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'esconv'"):
        find_corpus(f"escon:{tmp_path}")


@pytest.mark.parametrize("given", ["mesc", "mesc:", "/some/folder"])
def test_a_corpus_without_its_folder_is_refused(given: str) -> None:
    with pytest.raises(DataError, match="write it as NAME:DIR"):
        find_corpus(given)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder .*nowhere"):
        find_corpus(f"mesc:{tmp_path / 'nowhere'}")


@pytest.mark.parametrize("locked", ["", "angry"])
def test_a_folder_that_may_not_be_read_is_refused_and_not_passed_over(
    tmp_path: Path, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_emodb(tmp_path, flat=False)
    listed = Path.iterdir

    def forbidding(folder: Path) -> Iterator[Path]:  # root may read anything
        if folder == tmp_path / locked:
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", forbidding)
    with pytest.raises(DataError, match="cannot be read as the folder of EmoDB: .*denied"):
        find_corpus(f"emodb:{tmp_path}")


def test_the_folder_of_another_corpus_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"lacks the split 'train' of GoEmotions \(there: none\)"):
        CORPORA["goemotions"].read(made_esconv(tmp_path))


def test_a_split_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    told = r"ESConv has no split 'val'; .* \(in .*: train, valid, test\)"
    with pytest.raises(DataError, match=told):
        CORPORA["esconv"].read(made_esconv(tmp_path), "val")


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    (made_esconv(tmp_path) / "valid.txt").write_text("\n")
    with pytest.raises(DataError, match="the split 'valid' of ESConv .* holds no dialogue"):
        list(CORPORA["esconv"].read(tmp_path, "valid"))


def test_an_id_that_stands_there_twice_is_named_and_counted_once(tmp_path: Path) -> None:
    file = made_goemotions(tmp_path) / "dev.tsv"
    file.write_text(file.read_text() + "Once more\t0\tdev0\n")
    with pytest.raises(DataError, match="dev.tsv:5: the id 'dev0' stands there twice"):
        list(CORPORA["goemotions"].read(tmp_path, "dev"))
    told: list[Trouble] = []
    assert len(list(CORPORA["goemotions"].read(tmp_path, "dev", told.append))) == 4
    assert [trouble.kind for trouble in told] == ["id"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"emotion_type": "glee"}, ": unknown emotion 'glee'"),
        (
            {"dialog": [{"text": "Hm.", "speaker": "sys", "strategy": "Hum"}]},
            ", turn 1: unknown strategy 'Hum'",
        ),
    ],
)
def test_a_dialogue_with_an_unknown_label_is_left_out_whole(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    lines = [esconv_conversation(**change), esconv_conversation()]
    (tmp_path / "train.txt").write_text("".join(json.dumps(line) + "\n" for line in lines))
    troubles: list[Trouble] = []
    found = list(CORPORA["esconv"].read(tmp_path, "train", troubles.append))
    assert [dialogue.line for dialogue in found] == [2]
    assert [str(trouble) for trouble in troubles] == [f"train.txt:1{told}"]


def test_dialogues_come_one_by_one(tmp_path: Path) -> None:
    (made_esconv(tmp_path) / "train.txt").open("a").write("{broken\n")
    found = CORPORA["esconv"].read(tmp_path)
    assert next(found).id == "train-1"
    with pytest.raises(DataError, match="train.txt:3"):
        list(found)


@pytest.mark.parametrize(
    ("name", "split"), [("mesc", "val"), ("mesc", "test"), ("esconv", "all"), ("dfew", "test1")]
)
def test_nobody_trains_on_another_split(name: str, split: str) -> None:
    with pytest.raises(DataError, match=f"'{split}' of .* is not for training; train on train"):
        require_training(CORPORA[name], split)


@pytest.mark.parametrize(("name", "split"), [("mesc", "train"), ("dfew", "train4")])
def test_training_splits_are_for_training(name: str, split: str) -> None:
    require_training(CORPORA[name], split)


def test_the_library_imports_no_loader_of_json() -> None:
    script = "import sys, tools.corpora.library; print('tools.corpora.mesc' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == "False\n"


def test_a_corpus_is_plain_data() -> None:
    corpus = Corpus("made", "Made", "", "", "tools.corpora.esconv:read", {"train": ("train.txt",)})
    assert corpus.splits == ("train",)
    assert corpus.strategies == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_tells_licence_splits_and_state_of_a_corpus(name: str) -> None:
    corpus = CORPORA[name]
    page = (ROOT / "docs" / "corpora.md").read_text("utf-8")
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    assert f"| {corpus.licence} |" in row
    assert all(f"`{split}`" in row for split in corpus.splits[:2])
    assert ("not run on the corpus" in row) is not corpus.checked
