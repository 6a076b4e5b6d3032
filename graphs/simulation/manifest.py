"""What the dialogues of a run depend on, so that a reader can make them again."""

import hashlib
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from graphs.simulation.corpora import Row
from graphs.simulation.profiles import SeekerProfile, fingerprint
from graphs.simulation.run import Simulation
from graphs.simulation.summary import NOTE
from tools import weights

_PACKAGES = ("attune", "langgraph", "openvino-genai", "transformers")


def manifest_of(
    simulation: Simulation, *, profile: str, count: int, at_once: int, format: str
) -> dict[str, Any]:
    """Return the manifest of a run.

    Args:
        simulation: what its dialogues share.
        profile: the profile of models.
        count: how many dialogues were asked for.
        at_once: how many are held at a time.
        format: the corpus whose schema they are written in.
    """
    made = made_by(simulation)
    return {
        "kind": "simulation",
        "synthetic": True,
        "note": NOTE,
        "profile": profile,
        **made,
        "same_model": made["seeker"]["model"] in made["writers"],
        "weights": _weights(simulation),
        "prompt": _hash(simulation.prompt.sections),
        "seekers": {"sha256": fingerprint(simulation.profiles), "ids": _ids(simulation.profiles)},
        "turns": simulation.turns,
        "count": count,
        "at_once": at_once,
        "format": format,
        "versions": _versions(),
        "machine": {"system": platform.system(), "processor": platform.machine()},
    }


def made_by(simulation: Simulation) -> Row:
    """Return what each dialogue says of how it was made."""
    version = simulation.supporter.version
    return {
        "graph": version.spec.name,
        "graph_hash": version.hash,
        "models": dict(version.models),
        "writers": sorted({version.models[n] for n in simulation.supporter.writers}),
        "seeker": {"model": simulation.seeker.name},
        "seed": simulation.seed,
    }


def _ids(profiles: Sequence[SeekerProfile]) -> list[str]:
    return [profile.id for profile in profiles]


def _weights(simulation: Simulation) -> dict[str, str]:
    """Return a hash of the weight files of every model that has some."""
    names = {*simulation.supporter.version.models.values(), simulation.seeker.name}
    models = simulation.supporter.services.models
    store = weights.Store()
    found = {}
    for name in sorted(names):
        if (entry := models.config(name).weights) is not None:
            pins = sorted((file, pin.sha256 or "") for file, pin in store.pins(entry).items())
            found[name] = _hash(pins)
    return found


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
