from pathlib import Path

import pytest

from tools.errors import ConfigError
from tools.metrics import published

TABLE = """
tables:
  - corpus: mesc
    split: test
    unit: merged turn
    n: 454
    source: a paper
    comparable: no
    why: it is made up for a test
    columns: [strategy/accuracy, response/Unigram F1]
    rows:
      one: [40.0, null]
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "published.yaml"
    monkeypatch.setattr(published, "FILE", path)
    published._all.cache_clear()
    yield path
    published._all.cache_clear()


def test_the_best_known_row_of_the_corpus_is_there():
    (row,) = [r for r in published.rows("mesc", "strategy") if r.model == "MultiMood (SFT+GRPO)"]
    assert row.values == {"accuracy": 42.81, "weighted_f1": 39.65}
    assert row.comparable and row.n is None and row.split == "test"


def test_rows_that_may_be_compared_come_first():
    found = [row.comparable for row in published.rows("mesc", "strategy")]
    assert found == sorted(found, reverse=True) and len(set(found)) == 2


def test_every_row_says_why_it_may_be_compared_or_not():
    rows = published.rows()
    assert len(rows) > 100
    assert all(len(row.why.split()) > 5 and row.source and row.unit for row in rows)


def test_no_model_is_listed_twice_for_one_score_of_a_source():
    keys = [(r.source, r.corpus, r.step, r.model, metric) for r in published.rows()
            for metric in r.values]  # fmt: skip
    assert len(keys) == len(set(keys))


def test_text_scores_stand_under_names_that_docs_define():
    docs = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text("utf-8")
    names = {metric for row in published.rows() for metric in row.values}
    assert not {n for n in names if n not in docs and "(kind not stated)" not in n}


def test_a_corpus_without_a_published_row_gives_none():
    assert published.rows("emodb") == []


def test_a_value_that_is_not_reported_is_left_out(file):
    file.write_text(TABLE)
    (row,) = published.rows()
    assert (row.step, row.values, row.n) == ("strategy", {"accuracy": 40.0}, 454)
    assert not row.comparable


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[40.0, null]", "[40.0]", "1 values for 2 columns"),
        ("strategy/accuracy", "accuracy", "'accuracy' is not STEP/METRIC"),
        ("why: it is made up for a test", "why: no", "why"),
        ("n: 454", "count: 454", "tables.0"),
    ],
)
def test_a_damaged_table_is_named(file, before, after, said):
    file.write_text(TABLE.replace(before, after))
    with pytest.raises(ConfigError, match=said):
        published.rows()
