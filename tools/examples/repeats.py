"""What is wrong with examples together: the same id, the same opening, near-copies."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tools.examples.rows import ExampleRow
from tools.examples.rules import rules
from tools.wording import opening

Placed = tuple[int, ExampleRow]
"""A line number and its row."""


def repeats(rows: Sequence[Placed]) -> Iterator[tuple[int, str]]:
    """Yield the line and what is wrong with it, for what only shows beside the other rows."""
    yield from _same(rows)
    copies = rules().copies
    for name, least in (("said", copies.said), ("reply", copies.reply)):
        told = [(line, row.id, getattr(row, name)) for line, row in rows]
        long = [each for each in told if len(each[2].split()) >= copies.words]
        for first, second, likeness in near_copies([text for _, _, text in long], least):
            what = f"{name}: nearly that of {long[first][1]!r} (likeness {likeness:.2f})"
            yield long[second][0], what


def _same(rows: Sequence[Placed]) -> Iterator[tuple[int, str]]:
    ids: set[str] = set()
    openings: dict[str, int] = defaultdict(int)
    for line, row in rows:
        if row.id in ids:
            yield line, f"id: {row.id!r} stands there twice"
        ids.add(row.id)
        begins = opening(row.reply)
        openings[begins] += 1
        if openings[begins] > rules().same_opening:
            yield line, f"reply: the opening {begins!r} for the {openings[begins]}th time"


def near_copies(texts: Sequence[str], least: float) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of texts that are nearly the same, and how like they are.

    Likeness is the cosine of character n-grams (3 to 5 letters within words, TF-IDF).

    Args:
        texts: the texts.
        least: the likeness from which a pair counts, 0 to 1.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(texts) < 2:
        return
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    vectors = grams.fit_transform(texts)
    likeness = (vectors @ vectors.T).tocoo()
    for first, second, value in zip(likeness.row, likeness.col, likeness.data, strict=True):
        if first < second and value >= least:
            yield int(first), int(second), float(value)
