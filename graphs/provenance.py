"""What a result came from: the models, prompts, packages and code of a run, by hash."""

import hashlib
import json
import os
import platform
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import agents
import graphs
import tools
from agents.prompt import Prompt
from tools import weights
from tools.catalogue import ModelConfig
from tools.models import ModelSet

PREDICTING = (
    "langgraph", "langchain-openai", "torch", "transformers", "onnxruntime", "openvino-genai",
    "faster-whisper", "speechbrain", "deepface", "chromadb", "numpy", "scipy", "tokenizers",
    "langchain-core",
)  # fmt: skip
"""Packages that a prediction may depend on."""

SCORING = ("sacrebleu", "nltk", "rouge-score", "bert-score", "scikit-learn")
"""Packages that a score may depend on, and no prediction."""

ABOUT_THE_PLACE = frozenset({"machine", "began", "command"})
"""Keys of a manifest that decide nothing."""


def model_record(models: ModelSet, name: str) -> dict[str, Any]:
    """Return a model's name, what a provider calls it, its entry and the hashes of its weights.

    `uses` holds the hashes of the weights of every model that it uses, by name.
    """
    config = models.config(name)
    entry = config.model_dump(mode="json", exclude={"about"})
    return {
        "name": name,
        "backend": config.backend,
        "serves": str(config.options.get("model", "")),
        "entry_sha256": sha256(json.dumps(entry, sort_keys=True)),
        "weights": _weights(config),
        "uses": {part: _weights(models.config(part)) for part in models.parts(name)},
    }


def prompt_sha256(prompt: Prompt) -> str:
    """Return the hash of a prompt with all its sections."""
    return sha256(repr(prompt))


def decided_by() -> dict[str, Any]:
    """Return what decides every result besides what was asked: the packages and the code."""
    return {"versions": versions(PREDICTING), "code_sha256": code_sha256()}


def about_the_place(command: str) -> dict[str, str]:
    """Return where and when a run was begun, and what makes it again; none of it decides."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
    }


def differing(
    old: Mapping[str, Any], new: Mapping[str, Any], apart: frozenset[str] = frozenset()
) -> list[str]:
    """Return the keys of two manifests that decide and are not the same, sorted.

    Args:
        old: as a file holds it.
        new: as it was made just now.
        apart: further keys that decide nothing.
    """
    new = json.loads(json.dumps(new))  # as a file gives it back: a tuple is a list there
    keys = {*old, *new} - ABOUT_THE_PLACE - apart
    return sorted(key for key in keys if old.get(key) != new.get(key))


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of those packages that are installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def code_sha256() -> str:
    """Return the hash of the code of `agents`, `graphs` and `tools`, with its tables and rules.

    These are all files in Python and YAML, each with its place.
    """
    found = hashlib.sha256()
    for package in (agents, graphs, tools):
        root = Path(str(package.__file__)).parent
        for file in sorted([*root.rglob("*.py"), *root.rglob("*.yaml")]):
            found.update(f"{root.name}/{file.relative_to(root).as_posix()}\0".encode())
            found.update(file.read_bytes())
    return found.hexdigest()


def sha256(text: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def files_sha256(paths: Iterable[Path]) -> str:
    """Return the hash of files, one behind the other."""
    found = hashlib.sha256()
    for path in paths:
        found.update(path.read_bytes())
    return found.hexdigest()


def command(
    verb: str,
    options: Mapping[str, object],
    *,
    words: Sequence[object] = (),
    usual: Mapping[str, object],
) -> str:
    """Return a command of `python -m graphs` as a shell takes it.

    Args:
        verb: e.g. `evaluate`.
        options: value by name with underscores; `True` for a flag, a list for one that is
            repeated.
        words: what stands behind the verb.
        usual: values that are left out, since they are taken anyway.
    """
    found = ["python", "-m", "graphs", verb, *map(str, words)]
    for name, value in options.items():
        if name in usual and value == usual[name]:
            continue
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            found.append(flag)
            continue
        for each in value if isinstance(value, list) else [value]:
            found += [flag, str(each)]
    return shlex.join(found)


def _weights(config: ModelConfig) -> dict[str, str]:
    """Return the hashes of a model's weight files: those of the store, and a researcher's own."""
    found = {}
    if config.weights is not None:
        pins = weights.entries()[config.weights].files
        found = {file: pin.sha256 or "not pinned" for file, pin in pins.items()}
    folders = [Path(value) for value in config.options.values() if isinstance(value, str)]
    own = [file for f in folders if f.is_dir() for file in sorted(f.glob("*.safetensors"))]
    found |= {file.name: files_sha256([file]) for file in own}
    return found | _own_code(config.backend)


def _own_code(backend: str) -> dict[str, str]:
    """Return the hash of the file behind `module:attr`; nothing for a backend of the house."""
    module, colon, _ = backend.partition(":")
    spec = find_spec(module) if colon else None
    origin = Path(spec.origin) if spec and spec.origin else None
    return {module: files_sha256([origin])} if origin and origin.is_file() else {}
