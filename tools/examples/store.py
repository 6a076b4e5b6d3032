"""Counselling examples in Chroma, found by what was said, its context, emotion, problem and stage.

The source files are the truth. The store is rebuilt from them alone whenever one of them, or the
model that embeds them, has changed: about 20 s for 1,000 examples on two idle cores, minutes on
busy ones; in batches, so that whoever talks meanwhile waits for one batch at most. Embeddings are
always passed explicitly, so that Chroma never fetches a model of its own.

An example is one vector: what was said beside what led to it, each of length 1. A query weighs its
own halves, so that one search by inner product ranks by both. Chroma keeps the vectors; it also
searches where there are more than `EXACT`.
"""

import asyncio
import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np

from tools.breaker import Breaker, Tolerance
from tools.errors import AttuneError, DataError
from tools.examples.chroma import Connection, all_vectors, open_folder, open_server
from tools.examples.query import Query, context_of
from tools.examples.ranking import Candidate, Vector, Weights, choose
from tools.examples.rows import SOURCE, read_examples
from tools.records import Example

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

_BATCH = 32
EXACT = 20_000
"""Up to so many examples are ranked one by one, in a few milliseconds: Chroma's index is built a
little differently in every process, and misses one neighbour in thirty, never the same."""

_CANDIDATES = 48
"""How many of the nearest are ranked, or four times what is wanted where that is more."""


class Embedder(Protocol):
    """The host of a sentence-embedding model with vectors of length 1."""

    name: str

    async def infer(self, item: str) -> Vector:
        """Return a text's vector."""
        ...


class ChromaExamples:
    """The example store on Chroma, embedded in this process or on a server.

    Attributes:
        left_out: a sentence for each added file that could not be read.
        breaker: leaves the store alone while it fails, so that no turn waits for it.
    """

    def __init__(
        self,
        embedder: Embedder,
        *,
        folder: Path,
        sources: Sequence[Path] = (SOURCE,),
        server: str = "",
        weights: Weights | None = None,
    ) -> None:
        """Prepare a store; it is opened, and rebuilt if need be, on first use.

        Args:
            embedder: the host of a sentence-embedding model (normalised vectors).
            folder: where Chroma keeps its files.
            sources: the shipped file, then those that people added.
            server: the address of a Chroma server, which is used in place of the folder.
            weights: how much each sign of a good fit counts.
        """
        self.left_out: list[str] = []
        self.breaker = Breaker("the example store", Tolerance(rest=15.0, longest=60.0))
        self._embedder = embedder
        self._folder = folder
        self._sources = sources
        self._server = server
        self._weights = weights or Weights()
        self._collection: Any = None
        self._examples: list[Example] = []
        self._places: dict[str, list[int]] = {}  # by licence
        self._vectors: Vector = np.zeros((0, 0), np.float32)
        self._opening: asyncio.Task[None] | None = None
        # Chroma has a thread of its own: one that hangs may keep nothing else waiting.
        self._thread = ThreadPoolExecutor(1, "examples")
        self._open: Connection | None = None

    async def search(self, query: Query, k: int) -> list[Example]:
        """Return the `k` best examples, best first; fewer where the licences leave no more.

        Args:
            query: what is known of the turn.
            k: how many to return.

        Raises:
            ConfigError: the address of the server is none.
            DataError: the shipped file is not in its format, or Chroma failed; the next search
                opens it anew.
            WeightsError: the embedding model is not at hand.
            Resting: it keeps failing, or takes too long, and is left alone for a while.
        """
        with self.breaker.attempt():
            return await self._search(query, k)

    async def _search(self, query: Query, k: int) -> list[Example]:
        await self.open()
        texts = dict.fromkeys((query.said, query.context))
        vectors = await asyncio.gather(*(self._embedder.infer(text) for text in texts))
        of = dict(zip(texts, vectors, strict=True))
        wanted = max(4 * k, _CANDIDATES)
        try:
            found = await self._in_thread(
                self._nearest, of[query.said], of[query.context], wanted, query
            )
        except Exception as error:  # a server that is gone, a collection that somebody took away
            self._collection = None
            raise DataError(
                f"the examples could not be searched ({type(error).__name__}); "
                "they are opened anew with the next message"
            ) from error
        return choose(found, query, k, self._weights)

    async def open(self) -> None:
        """Open the store, and build it if need be; a caller that gives up stops nothing.

        An added file that cannot be read is named in `left_out` and in the log, and the rest is
        used without it.

        Raises:
            ConfigError: the address of the server is none.
            DataError: the shipped file is not in its format, or the server cannot be reached.
            WeightsError: the embedding model is not at hand.
        """
        if self._collection is not None:
            return
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._build())
        await asyncio.shield(self._opening)

    async def _build(self) -> None:
        examples, self.left_out = await self._in_thread(_read, self._sources)
        texts = [(example["said"], context_of(example)) for example in examples]
        mark = _mark(texts, self._embedder.name)
        try:
            collection = await self._in_thread(self._connect, mark, len(examples))
            if collection is None:
                said = await self._embed([text for text, _ in texts])
                context = await self._embed([text for _, text in texts])
                vectors = [np.concatenate(halves) for halves in zip(said, context, strict=True)]
                collection = await self._in_thread(self._fill, vectors, mark)
            self._vectors = await self._in_thread(all_vectors, collection)
        except AttuneError:
            raise
        except Exception as error:  # Chroma raises nothing narrower
            raise DataError(
                f"Chroma could not keep the examples ({type(error).__name__}); it is tried again "
                "with the next message"
            ) from error
        self._examples = examples
        self._places = defaultdict(list)
        for place, example in enumerate(examples):
            self._places[example["licence"]].append(place)
        self._collection = collection
        self.breaker.passed()  # whoever was kept waiting while it was built need not be any more

    async def _embed(self, texts: Sequence[str]) -> list[Vector]:
        vectors: list[Vector] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            vectors += await asyncio.gather(*(self._embedder.infer(text) for text in batch))
        return vectors

    def _connect(self, mark: str, count: int) -> Any:
        """Open Chroma; return the collection of just these examples, None where there is none."""
        if self._open is None:
            self._open = open_server(self._server) if self._server else open_folder(self._folder)
        return self._open.whole(mark, count)

    def _fill(self, vectors: Sequence[Vector], mark: str) -> Any:
        assert self._open is not None  # by `_connect`
        return self._open.fill(vectors, mark)

    def _nearest(self, said: Vector, context: Vector, wanted: int, query: Query) -> list[Candidate]:
        """Return the nearest examples under the licences.

        Chroma's own filter costs several times the search (over 3,000 examples 15 ms, not 4), so
        that more are fetched, and those that do not fit dropped. It gives places alone: vectors are
        slow to hand over (11 ms), and 3 MB for 1,000 examples in memory.
        """
        total = len(self._examples)
        allowed = [i for name, places in self._places.items() if _may(name, query) for i in places]
        wanted = min(wanted, len(allowed))
        if not wanted:
            return []
        asked = np.concatenate([self._weights.said * said, self._weights.context * context])
        kept: list[int] = []
        if len(allowed) > EXACT:
            n = min(total, 2 * wanted * total // len(allowed))
            found = self._collection.query(
                query_embeddings=[asked.tolist()], n_results=n, include=[]
            )
            places = [int(id_) for id_ in found["ids"][0]]
            kept = [i for i in places if _may(self._examples[i]["licence"], query)][:wanted]
        if len(kept) < wanted:  # few to rank, or the index missed some
            near = self._vectors[allowed] @ asked
            kept = [allowed[i] for i in np.argsort(-near, kind="stable")[:wanted]]
        half = len(said)
        return [
            Candidate(
                {**self._examples[i], "similarity": float(self._vectors[i, :half] @ said)},
                self._vectors[i, :half],
                float(self._vectors[i, half:] @ context),
            )
            for i in kept
        ]

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(work, *args, **named))

    def close(self) -> None:
        """Give the folder free for another process."""
        self._collection = None
        opened, self._open = self._open, None
        if opened is not None:
            opened.close()


def _may(licence: str, query: Query) -> bool:
    return query.licences is None or licence in query.licences


def _read(sources: Sequence[Path]) -> tuple[list[Example], list[str]]:
    """Read the examples of all files, and say which added ones could not be read."""
    shipped, *added = sources
    examples, left_out = read_examples(shipped), []
    for path in added:
        try:
            examples += read_examples(path)
        except (DataError, UnicodeError) as error:
            left_out.append(f"the added examples of {path.name!r} are left out: {error}")
            _log.warning("%s", left_out[-1])
    return examples, left_out


def _mark(texts: Sequence[tuple[str, str]], embedder: str) -> str:
    """Return the name of the collection that holds just these texts, embedded by this model."""
    text = json.dumps([embedder, texts])
    return f"examples-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
