"""Everything that decides what a run predicts, so that the same again gives the same."""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from agents.context import Kit, Services
from graphs.evaluation.bench import Bench
from graphs.evaluation.items import Item, digest
from tools import weights
from tools.examples.rows import sources
from tools.models import ModelSet

_PACKAGES = (
    "langgraph", "torch", "transformers", "onnxruntime", "openvino-genai", "scikit-learn",
    "chromadb", "sacrebleu", "nltk", "rouge-score", "bert-score",
)  # fmt: skip
"""Packages that a number may depend on."""


def describe(
    bench: Bench, services: Services, items: Sequence[Item], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the manifest of a run.

    Args:
        bench: the graph.
        services: what its nodes share.
        items: those that are run.
        settings: what was asked for: corpus, split, unit, mode, history, limit, seed.
    """
    return {
        "format": 1,
        "graph": bench.spec.name,
        "graph_sha256": bench.spec.hash(),
        "steps": list(bench.steps),
        **settings,
        "items": len(items),
        "dialogues": len({item.dialogue for item in items}),
        "data_sha256": digest(items),
        "profile": services.models.profile,
        "models": {
            node: model_record(services.models, kit.model.name)
            for node, kit in bench.kits.items()
            if kit.model is not None
        }
        | {"recall (vectors)": model_record(services.models, _embedder(services.models))},
        "prompts": {node: _prompt(kit) for node, kit in bench.kits.items() if kit.prompt.name},
        "examples_sha256": _files(sources()),
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m graphs", *sys.argv[1:]]),
    }


def model_record(models: ModelSet, name: str) -> dict[str, Any]:
    """Return a model's name, what a provider calls it, its entry and the hashes of its weights."""
    config = models.config(name)
    entry = config.model_dump(mode="json", exclude={"about", "skill"})
    parts = [str(v) for v in config.options.values() if isinstance(v, str) and v in models.configs]
    if config.backend == "chat-strategy" and not config.options.get("chat"):
        parts += [bound.name for bound in (models.bound("respond"),) if bound is not None]
    return {
        "name": name,
        "backend": config.backend,
        "serves": str(config.options.get("model", "")),
        "entry_sha256": hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest(),
        "weights": _weights(config.weights) | _local(config.options),
        "uses": {part: _weights(models.config(part).weights) for part in parts},
    }


def _embedder(models: ModelSet) -> str:
    bound = models.bound("embed")
    assert bound is not None  # `assemble` refuses a profile without one
    return bound.name


def _weights(name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    entry = weights.entries()[name]
    return {file: pin.sha256 or "not pinned" for file, pin in entry.files.items()}


def _local(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the hashes of weights that an entry names by folder: a researcher's own."""
    folders = [Path(value) for value in options.values() if isinstance(value, str)]
    return {
        file.name: _files([file])
        for folder in folders
        if folder.is_dir()
        for file in sorted(folder.glob("*.safetensors"))
    }


def _prompt(kit: Kit) -> str:
    return hashlib.sha256(repr(kit.prompt).encode()).hexdigest()


def _files(paths: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(path.read_bytes())
    return found.hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
