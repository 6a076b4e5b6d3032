import json
from pathlib import Path

import numpy as np
import pytest

from tests.made_services import example, stub_models
from tools.errors import DataError
from tools.examples.ranking import diverse
from tools.examples.rows import SOURCE, read_examples
from tools.examples.store import ChromaExamples
from tools.labels import MASKED


def write(path: Path, *said: str, **changes: object) -> Path:
    rows = [{**example(id=f"m{i}", said=text), **changes} for i, text in enumerate(said)]
    for row in rows:
        row.pop("similarity")
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def store(folder: Path, source: Path) -> ChromaExamples:
    return ChromaExamples(stub_models().host("embed"), folder=folder / "store", source=source)  # type: ignore[arg-type]


async def found(kept: ChromaExamples, said: str, k: int = 3) -> list[str]:
    return [e["said"] for e in await kept.search(said, emotions={}, stage="exploration", k=k)]


async def test_what_was_said_finds_what_is_most_like_it(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", "my exam went badly", "my boss shouts")
    assert (await found(store(tmp_path, source), "the exam went badly again"))[0] == (
        "my exam went badly"
    )


async def test_the_similarity_is_a_cosine(tmp_path: Path) -> None:
    kept = store(tmp_path, write(tmp_path / "e.jsonl", "my dog died", "my exam went badly"))
    best = (await kept.search("my dog died", emotions={}, stage="", k=1))[0]
    assert best["similarity"] == pytest.approx(1.0, abs=1e-3)


async def test_the_fused_emotion_decides_between_equals(tmp_path: Path) -> None:
    source = tmp_path / "e.jsonl"
    rows = [example(id="m1", emotion="fear"), example(id="m2", emotion="joy")]
    for row in rows:
        row.pop("similarity")
    source.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    kept = store(tmp_path, source)
    best = await kept.search(rows[0]["said"], emotions={"joy": 0.9}, stage="", k=1)
    assert best[0]["emotion"] == "joy"


def test_near_copies_do_not_crowd_out_the_rest() -> None:
    same, other = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    candidates = [
        (example(id="best", similarity=0.80), same),
        (example(id="copy", similarity=0.78), same),
        (example(id="else", similarity=0.60), other),
    ]
    assert [e["id"] for e in diverse(candidates, {}, "", 2)] == ["best", "else"]


async def test_the_store_is_rebuilt_when_its_source_changes(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died")
    first = store(tmp_path, source)
    assert await found(first, "my dog") == ["my dog died"]
    first.close()
    write(source, "my dog died", "my dog ran away")
    second = store(tmp_path, source)
    assert len(await found(second, "my dog")) == 2
    second.close()


async def test_an_unchanged_store_is_opened_without_embedding_again(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", "my exam went badly")
    first = store(tmp_path, source)
    await first.open()
    first.close()
    models = stub_models()
    second = ChromaExamples(models.host("embed"), folder=tmp_path / "store", source=source)  # type: ignore[arg-type]
    await second.open()
    assert models.host("embed").stats.calls == 0  # type: ignore[union-attr]
    second.close()


async def test_a_second_owner_of_the_folder_works_on_a_copy(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died")
    first, second = store(tmp_path, source), store(tmp_path, source)
    assert await found(first, "dog") == await found(second, "dog") == ["my dog died"]
    first.close()


async def test_a_broken_line_is_named(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", "my dog ran off")
    source.write_text(source.read_text("utf-8").replace('"made-1"', "1").replace("m1", "m1\\u0000"))
    source.write_text(source.read_text("utf-8") + "\n{")
    with pytest.raises(DataError, match="e.jsonl, line 3"):
        await store(tmp_path, source).open()


def test_an_unknown_strategy_is_named_with_its_line(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", strategy="Hugging")
    with pytest.raises(DataError, match="line 1: strategy"):
        read_examples(source)


def test_at_least_eighty_examples_ship_and_none_is_masked() -> None:
    shipped = read_examples(SOURCE)
    assert len(shipped) >= 80
    assert not [e["id"] for e in shipped if e["strategy"] in MASKED]


def test_every_shipped_example_has_its_own_id_and_words() -> None:
    shipped = read_examples(SOURCE)
    assert len({e["id"] for e in shipped}) == len({e["said"] for e in shipped}) == len(shipped)


def test_every_shipped_reply_passes_the_check() -> None:
    from tools.safety.policy import load_policy

    policy = load_policy()
    refused = {e["id"]: rule for e in read_examples(SOURCE) if (rule := policy.read(e["reply"]))}
    assert not refused
