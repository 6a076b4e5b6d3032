"""A judge has no part in what it judges: a model rates its own text too high.

Compared are names, whole entries of the models file, and the hashes of weight files, so that a
second name for the same weights is found out. There is no way around it. What a manifest does not
say cannot be compared: whether a responder was rewarded by the judge, or tuned from its weights.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from tools.errors import ConfigError

_WEIGHTS = frozenset({".bin", ".gguf", ".onnx", ".pt", ".safetensors"})
"""Suffixes of weights. Tokenizers and settings are alike in a whole family of models."""

Record = Mapping[str, Any]
"""A model as a manifest holds it: `name`, `entry_sha256`, `weights` and `uses` (file -> sha256),
and `serves`, the name by which a provider knows it."""


def require_independent(judge: Record, run: str, manifest: Mapping[str, Any]) -> None:
    """Refuse a judge that took part in a run.

    Args:
        judge: the record of the judge's entry.
        run: the run's name, for the message.
        manifest: the run's; its `models` are records by node.

    Raises:
        ConfigError: the judge took part, or the manifest does not say which models did.
    """
    models = manifest.get("models")
    if not isinstance(models, Mapping) or not models:
        raise ConfigError(
            f"the manifest of the run {run!r} does not say which models took part, so that nobody "
            "can tell whether the judge did; make the run anew"
        )
    name = str(judge["name"])
    for node, record in models.items():
        if why := _same(judge, record):
            raise ConfigError(
                f"the judge {name!r} took part in the run {run!r} at {node!r} ({why}) and would "
                "judge its own work; take another model by --judge"
            )


def _same(judge: Record, record: Record) -> str:
    """Return what two records have in common; empty where they are of two models."""
    if _names(judge) & _names(record):
        return "the same name"
    if judge.get("entry_sha256") and judge.get("entry_sha256") == record.get("entry_sha256"):
        return "the same entry under another name"
    if judge.get("serves") and judge.get("serves") == record.get("serves"):
        return "the same model of a provider"
    return "the same weights" if set(_hashes(judge)) & set(_hashes(record)) else ""


def _names(record: Record) -> set[str]:
    """Return a model's name, and those of the models that it uses (`ModelSet.parts`)."""
    return {str(record.get("name")), *record.get("uses", {})}


def _hashes(record: Record) -> Iterator[str]:
    """Yield the hashes of a model's own weight files, and of those of the models that it uses."""
    for files in (record.get("weights", {}), *record.get("uses", {}).values()):
        for file, sha256 in files.items():
            if PurePosixPath(file).suffix in _WEIGHTS and len(str(sha256)) == 64:
                yield str(sha256)
