"""Counselling examples in Chroma, found by what was said, the emotion and the stage.

The source file is the truth. The store is rebuilt from it whenever the file, or the model that
embeds it, has changed; embeddings are always passed explicitly, so that Chroma never fetches a
model of its own. Chroma's files are not safe for two processes: the first process owns the folder,
a further one works on a copy in memory.
"""

import asyncio
import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from tools.examples.ranking import Vector, diverse
from tools.examples.rows import SOURCE, read_examples
from tools.host import ModelHost
from tools.records import Example, Scores

_BATCH = 32


class ChromaExamples:
    """The example store on Chroma's embedded client."""

    def __init__(
        self,
        embedder: ModelHost[str, Vector],
        *,
        folder: Path,
        source: Path = SOURCE,
    ) -> None:
        """Prepare a store; it is opened, and rebuilt if need be, on first use.

        Args:
            embedder: the host of a sentence-embedding model (normalised vectors).
            folder: where Chroma keeps its files.
            source: the examples' JSON-lines file.
        """
        self._embedder = embedder
        self._folder = folder
        self._source = source
        self._collection: Any = None
        self._examples: dict[str, Example] = {}
        self._opening: asyncio.Task[None] | None = None
        self._chroma = threading.Lock()
        self._owner: FileLock | None = None

    async def search(self, said: str, *, emotions: Scores, stage: str, k: int) -> list[Example]:
        """Return the `k` best examples for what was said, best first.

        Candidates come by cosine similarity; a share of their emotion in `emotions` and a matching
        stage raise them; likeness among the chosen lowers them.

        Args:
            said: the person's words.
            emotions: the fused probabilities by emotion; may be empty.
            stage: a value of `tools.labels.Stage`.
            k: how many to return.

        Raises:
            DataError: the source file is not in its format.
            WeightsError: the embedding model is not at hand.
        """
        await self.open()
        query = await self._embedder.infer(said)
        found = await asyncio.to_thread(self._nearest, query, max(4 * k, 24))
        return diverse(found, emotions, stage, k)

    async def open(self) -> None:
        """Open the store, and build it if need be; a caller that gives up stops nothing.

        Raises:
            DataError: the source file is not in its format.
            WeightsError: the embedding model is not at hand.
        """
        if self._collection is not None:
            return
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._build())
        await asyncio.shield(self._opening)

    async def _build(self) -> None:
        examples = await asyncio.to_thread(read_examples, self._source)
        mark = _mark(examples, self._embedder.name)
        collection, fresh = await asyncio.to_thread(self._connect, mark)
        if not fresh:
            vectors: list[Vector] = []
            for start in range(0, len(examples), _BATCH):
                batch = examples[start : start + _BATCH]
                vectors += await asyncio.gather(
                    *(self._embedder.infer(example["said"]) for example in batch)
                )
            collection = await asyncio.to_thread(self._fill, examples, vectors, mark)
        self._examples = {e["id"]: e for e in examples}
        self._collection = collection

    def _connect(self, mark: str) -> tuple[Any, bool]:
        """Open Chroma; return the collection and whether it holds just these examples."""
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False, allow_reset=False)
        self._folder.mkdir(parents=True, exist_ok=True)
        # Opened in a worker thread and closed from another one, hence not local to a thread.
        self._owner = FileLock(self._folder / "owner.lock", thread_local=False)
        try:
            self._owner.acquire(timeout=0)
            self._client: Any = chromadb.PersistentClient(str(self._folder), settings)
        except Timeout:
            self._owner = None
            self._client = chromadb.EphemeralClient(settings)
        if mark in self._names():
            return self._client.get_collection(mark, embedding_function=None), True
        return None, False

    def _fill(self, examples: list[Example], vectors: Sequence[Vector], mark: str) -> Any:
        """Build the collection under a passing name, then put it in place of all others."""
        building = f"{mark}-building"
        for name in self._names():
            self._client.delete_collection(name)
        fresh = self._client.create_collection(
            building, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        fresh.add(ids=[e["id"] for e in examples], embeddings=[v.tolist() for v in vectors])
        fresh.modify(name=mark)
        return fresh

    def _names(self) -> list[str]:
        return [collection.name for collection in self._client.list_collections()]

    def _nearest(self, query: Vector, n: int) -> list[tuple[Example, Vector]]:
        with self._chroma:
            found = self._collection.query(
                query_embeddings=[query.tolist()],
                n_results=min(n, len(self._examples)),
                include=["embeddings", "distances"],
            )
        rows = zip(found["ids"][0], found["distances"][0], found["embeddings"][0], strict=True)
        return [
            ({**self._examples[id_], "similarity": 1.0 - float(distance)}, np.asarray(vector))
            for id_, distance, vector in rows
        ]

    def close(self) -> None:
        """Give the folder free for another process."""
        self._collection = None
        if self._owner is not None:
            self._owner.release()


def _mark(examples: list[Example], embedder: str) -> str:
    """Return the name of the collection that holds just these examples, embedded by this model."""
    text = json.dumps([embedder, examples], sort_keys=True)
    return f"examples-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
