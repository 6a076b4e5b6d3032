import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made_services import example, stub_models
from tools.errors import DataError
from tools.examples.query import Query, context_of
from tools.examples.ranking import Candidate, Vector, Weights, choose, likely_problems
from tools.examples.rows import SOURCE, read_examples
from tools.examples.store import ChromaExamples
from tools.host import ModelHost
from tools.labels import MASKED


def write(path: Path, *said: str, **changes: object) -> Path:
    rows = [{**example(id=f"m{i}", said=text), **changes} for i, text in enumerate(said)]
    return save(path, *rows)


def save(path: Path, *rows: Mapping[str, object]) -> Path:
    lines = [{k: v for k, v in row.items() if k != "similarity"} for row in rows]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return path


def host() -> ModelHost[str, Vector]:
    return stub_models().host("embed")  # type: ignore[return-value]


def store(folder: Path, source: Path, *added: Path) -> ChromaExamples:
    return ChromaExamples(host(), folder=folder / "store", sources=[source, *added])


async def found(kept: ChromaExamples, said: str, k: int = 3, **known: Any) -> list[str]:
    return [e["said"] for e in await kept.search(Query(said=said, **known), k)]


async def test_what_was_said_finds_what_is_most_like_it(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", "my exam went badly", "my boss shouts")
    assert (await found(store(tmp_path, source), "the exam went badly again"))[0] == (
        "my exam went badly"
    )


async def test_the_similarity_is_a_cosine(tmp_path: Path) -> None:
    kept = store(tmp_path, write(tmp_path / "e.jsonl", "my dog died", "my exam went badly"))
    best = (await kept.search(Query(said="my dog died"), 1))[0]
    assert best["similarity"] == pytest.approx(1.0, abs=1e-3)


def between(first: dict[str, Any], second: dict[str, Any], **known: Any) -> str:
    """Return the id of the better of two examples that are equal but for these fields."""
    vector = np.array([1, 0], np.float32)
    both = [
        Candidate(example(id=name, **changes), vector)
        for name, changes in (("first", first), ("second", second))
    ]
    return choose(both, Query(said="", **known), 1, Weights())[0]["id"]


def test_the_fused_emotion_decides_between_equals() -> None:
    fear, joy = {"emotion": "fear"}, {"emotion": "joy"}
    assert between(fear, joy, emotions={"joy": 0.9, "fear": 0.1}) == "second"


def test_the_stage_decides_between_equals() -> None:
    early, late = {"stage": "exploration"}, {"stage": "action"}
    assert between(early, late, stage="action") == "second"


def test_the_problem_decides_between_equals() -> None:
    grief, work = {"problem": "Bereavement"}, {"problem": "Occupational burnout"}
    likely = {"Bereavement": 0.2, "Occupational burnout": 0.8}
    assert between(grief, work, problems=likely) == "second"


def test_a_problem_that_is_not_told_is_inferred_from_the_nearest() -> None:
    vector = np.array([1, 0], np.float32)
    rows = [("Bereavement", 0.6), ("Occupational burnout", 0.6), ("Occupational burnout", 0.5)]
    found = [Candidate(example(id=p, problem=p, similarity=s), vector) for p, s in rows]
    assert choose(found, Query(said=""), 1, Weights())[0]["id"] == "Occupational burnout"


def test_examples_without_a_problem_infer_none() -> None:
    vector = np.array([1, 0], np.float32)
    rows = [("", 0.9), ("", 0.8), ("Bereavement", 0.5)]
    found = [Candidate(example(problem=p, similarity=s), vector) for p, s in rows]
    assert likely_problems(found, [0.9, 0.8, 0.5]) == {"Bereavement": 1.0}


async def test_what_led_to_it_decides_between_equals(tmp_path: Path) -> None:
    source = tmp_path / "e.jsonl"
    save(
        source,
        example(id="m1", situation="a dog that died", said="I miss it."),
        example(id="m2", situation="a job that went", said="I miss it."),
    )
    kept = store(tmp_path, source)
    query = Query(said="I miss it.", earlier=("they took my job",))
    assert [e["id"] for e in await kept.search(query, 1)] == ["m2"]


async def test_what_the_person_of_an_example_said_before_is_part_of_its_context() -> None:
    before: Any = [
        {"speaker": "person", "text": "My bread burnt."},
        {"speaker": "supporter", "text": "Oh no."},
    ]
    context = context_of(example(situation="A baker.", before=before))
    assert context == "A baker.\nMy bread burnt."


async def test_the_first_message_is_encoded_once(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died")
    embedder = host()
    kept = ChromaExamples(embedder, folder=tmp_path / "store", sources=[source])
    await kept.open()
    built = embedder.stats.calls
    await kept.search(Query(said="my dog"), 1)
    assert embedder.stats.calls == built + 1


async def test_only_examples_under_the_wanted_licences_are_found(tmp_path: Path) -> None:
    common = [example(id=f"c{i}", said="my dog died") for i in range(120)]
    source = tmp_path / "e.jsonl"
    save(source, *common, example(id="rare", said="it rains", licence="CC BY-NC 4.0"))
    kept = store(tmp_path, source)
    query = Query(said="my dog died", licences=frozenset({"CC BY-NC 4.0"}))
    assert [e["id"] for e in await kept.search(query, 3)] == ["rare"]
    assert await kept.search(replace(query, licences=frozenset()), 3) == []


async def test_added_files_are_searched_beside_the_shipped_one(tmp_path: Path) -> None:
    shipped = write(tmp_path / "e.jsonl", "my dog died")
    added = write(tmp_path / "own.jsonl", "my exam went badly")  # with the same id
    kept = store(tmp_path, shipped, added)
    assert sorted(await found(kept, "my exam")) == ["my dog died", "my exam went badly"]
    kept.close()
    write(added, "my exam went well")
    changed = store(tmp_path, shipped, added)
    assert (await found(changed, "my exam went well"))[0] == "my exam went well"
    changed.close()


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", None])
async def test_a_broken_added_file_is_named_and_left_out(tmp_path: Path, content, caplog) -> None:
    shipped = write(tmp_path / "e.jsonl", "my dog died")
    added = tmp_path / "own.jsonl"
    if content is not None:
        added.write_bytes(content)
    kept = store(tmp_path, shipped, added)
    assert await found(kept, "my dog") == ["my dog died"]
    [told] = kept.left_out
    assert "own.jsonl" in told and told in caplog.text


async def test_a_store_without_examples_finds_none(tmp_path: Path) -> None:
    source = tmp_path / "e.jsonl"
    source.write_text("", "utf-8")
    assert await found(store(tmp_path, source), "my dog") == []


async def test_a_damaged_folder_is_built_again_from_the_source(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died")
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"no database" * 500)
    kept = store(tmp_path, source)
    assert await found(kept, "my dog") == ["my dog died"]
    kept.close()


async def test_a_half_filled_collection_is_built_again(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", "my exam went badly")
    first = store(tmp_path, source)
    await first.open()
    first._collection.delete(ids=["0"])
    first.close()
    second = store(tmp_path, source)
    assert len(await found(second, "my dog")) == 2
    second.close()


async def test_few_examples_are_ranked_without_the_index_whose_answers_differ_by_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store(tmp_path, write(tmp_path / "e.jsonl", "my dog died", "my exam went badly"))
    await kept.open()
    monkeypatch.setattr(kept, "_collection", object())  # which nobody can ask
    assert len(await kept.search(Query(said="my dog"), 2)) == 2


async def test_many_examples_are_searched_by_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store(tmp_path, write(tmp_path / "e.jsonl", "my dog died", "my exam went badly"))
    exact = await kept.search(Query(said="my dog"), 2)
    monkeypatch.setattr("tools.examples.store.EXACT", 0)
    asked = []
    query = kept._collection.query
    monkeypatch.setattr(kept._collection, "query", lambda **n: asked.append(n) or query(**n))
    assert await kept.search(Query(said="my dog"), 2) == exact and len(asked) == 1


async def test_a_collection_that_is_taken_away_is_told_and_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.examples.store.EXACT", 0)
    kept = store(tmp_path, write(tmp_path / "e.jsonl", "my dog died"))
    await kept.open()
    assert kept._open is not None
    kept._open.client.delete_collection(kept._collection.name)
    with pytest.raises(DataError, match="opened anew with the next message"):
        await found(kept, "my dog")
    assert await found(kept, "my dog") == ["my dog died"]
    kept.close()


async def test_what_chroma_cannot_keep_leaves_nothing_behind(tmp_path: Path, monkeypatch) -> None:
    kept = store(tmp_path, write(tmp_path / "e.jsonl", "my dog died"))

    def full(*args: Any, **options: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("chromadb.api.models.Collection.Collection.add", full)
    with pytest.raises(DataError, match="tried again with the next message"):
        await kept.open()
    assert kept._open is not None and kept._open.names() == []
    monkeypatch.undo()
    assert await found(kept, "my dog") == ["my dog died"]
    kept.close()


def test_near_copies_do_not_crowd_out_the_rest() -> None:
    same, other = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    candidates = [
        Candidate(example(id="best", similarity=0.80), same),
        Candidate(example(id="copy", similarity=0.78), same),
        Candidate(example(id="else", similarity=0.60), other),
    ]
    chosen = choose(candidates, Query(said=""), 2, Weights())
    assert [e["id"] for e in chosen] == ["best", "else"]


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
    unused = host()
    second = ChromaExamples(unused, folder=tmp_path / "store", sources=[source])
    await second.open()
    assert unused.stats.calls == 0
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
    with pytest.raises(DataError, match="e.jsonl:3"):
        await store(tmp_path, source).open()


def test_an_unknown_strategy_is_named_with_its_line(tmp_path: Path) -> None:
    source = write(tmp_path / "e.jsonl", "my dog died", strategy="Hugging")
    with pytest.raises(DataError, match="e.jsonl:1: strategy"):
        read_examples(source)


def test_at_least_eighty_examples_ship_and_none_is_masked() -> None:
    shipped = read_examples(SOURCE)
    assert len(shipped) >= 80
    assert not [e["id"] for e in shipped if e["strategy"] in MASKED]


def test_every_shipped_example_has_its_own_id_and_words() -> None:
    shipped = read_examples(SOURCE)
    words = {(e["said"], context_of(e)) for e in shipped}  # "yeah" may stand in many talks
    assert len({e["id"] for e in shipped}) == len(words) == len(shipped)


def test_every_shipped_reply_passes_the_check() -> None:
    from tools.safety.policy import load_policy

    policy = load_policy()
    refused = {e["id"]: rule for e in read_examples(SOURCE) if (rule := policy.read(e["reply"]))}
    assert not refused
