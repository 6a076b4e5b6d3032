"""The text of a graph version: all that is needed to build the same again when files have changed.

It holds topology, options, prompts, model bindings and how each model is configured. It does not
hold what keeps people safe: the policy, the resources, the models that look for danger and the
place where the program runs are those of the day.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from agents.context import Services
from agents.library import NODES
from agents.prompt import Prompt
from graphs.spec import GraphSpec
from tools.errors import ConfigError

NEVER_PINNED = frozenset({"risk", "guard"})
"""Tasks of models that look for danger."""


class _PromptText(BaseModel, extra="forbid"):
    name: str
    sections: dict[str, str]


class VersionText(BaseModel, extra="forbid"):
    """What a version was built from.

    Attributes:
        spec: the whole graph, as it ran where it was built.
        prompts: the prompt of each node that has one.
        models: the model of each node that has one.
        configs: how each of these models was configured.
    """

    spec: GraphSpec
    prompts: dict[str, _PromptText]
    models: dict[str, str]
    configs: dict[str, dict[str, Any]]


def version_text(
    spec: GraphSpec, prompts: Mapping[str, Prompt], models: Mapping[str, str], services: Services
) -> str:
    """Return the text of a version; its hash is the version's."""
    return json.dumps(
        {
            "spec": spec.model_dump(mode="json"),
            "prompts": {
                node: {"name": prompt.name, "sections": prompt.sections}
                for node, prompt in prompts.items()
            },
            "models": dict(models),
            "configs": {
                name: services.models.config(name).model_dump(mode="json")
                for name in sorted(set(models.values()))
            },
        },
        sort_keys=True,
        ensure_ascii=False,
    )


def hash_of(text: str) -> str:
    """Return the hash of a version by its text."""
    return hashlib.sha256(text.encode()).hexdigest()


def unpin(hash: str, text: str, services: Services) -> tuple[GraphSpec, dict[str, Prompt]]:
    """Return the graph and the prompts of a version, its models named in the graph.

    Raises:
        ConfigError: the text is not that of this version, or a node or a model that it names is
            not there any more, or not as it was.
    """
    if hash_of(text) != hash:
        raise ConfigError(f"the text of the graph version {hash[:12]!r} is not what it was")
    try:
        found = VersionText.model_validate_json(text)
    except ValidationError:
        raise ConfigError(
            f"the text of the graph version {hash[:12]!r} cannot be read by this program"
        ) from None
    nodes = dict(found.spec.nodes)
    for name, entry in nodes.items():
        node = NODES.get(found.spec.used(name))
        if node is None:
            raise ConfigError(f"the node {found.spec.used(name)!r} is no more")
        if not node.model or node.model in NEVER_PINNED:
            continue
        model = found.models.get(name)
        if model is not None:
            _require(model, found.configs.get(model), services)
        elif services.models.bound(node.model, entry.model) is not None:
            raise ConfigError(f"the node {name!r} had no model and has one now")
        nodes[name] = entry.model_copy(update={"model": model})
    prompts = {node: Prompt(text.name, text.sections) for node, text in found.prompts.items()}
    return found.spec.model_copy(update={"nodes": nodes}), prompts


def _require(model: str, config: dict[str, Any] | None, services: Services) -> None:
    now = services.models.configs.get(model)
    if now is None:
        raise ConfigError(f"the model {model!r} is no more")
    if now.model_dump(mode="json") != config:
        raise ConfigError(f"the model {model!r} is not configured as it was")


def name_in(text: str) -> str:
    """Return what the graph of a version calls itself; empty where the text does not say."""
    try:
        return str(json.loads(text)["spec"]["name"])
    except (ValueError, KeyError, TypeError):
        return ""
