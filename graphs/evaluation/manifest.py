"""Everything that decides what a run predicts, so that the same again gives the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.context import Services
from graphs.evaluation.bench import Bench
from graphs.evaluation.items import Item, digest
from graphs.evaluation.records import FORMAT
from graphs.provenance import (
    decided_by,
    files_sha256,
    model_record,
    prompt_sha256,
)
from tools.examples.rows import sources
from tools.models import ModelSet


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
        "format": FORMAT,
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
        "prompts": {
            node: prompt_sha256(kit.prompt) for node, kit in bench.kits.items() if kit.prompt.name
        },
        "examples_sha256": files_sha256(sources()),
        **decided_by(),
    }


def _embedder(models: ModelSet) -> str:
    bound = models.bound("embed")
    assert bound is not None  # `assemble` refuses a profile without one
    return bound.name
