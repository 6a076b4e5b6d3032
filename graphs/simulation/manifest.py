"""What the dialogues of a run depend on, so that a reader can make them again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from graphs.provenance import about_the_place, command, decided_by, model_record, prompt_sha256
from graphs.simulation.corpora import Row
from graphs.simulation.profiles import FILE, SeekerProfile, fingerprint
from graphs.simulation.run import Simulation
from graphs.simulation.summary import NOTE


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a simulation is asked for; see `python -m graphs simulate --help`.

    Attributes:
        out: the folder of the run.
        graph: by name or file.
        seekers: a file of seeker profiles.
        count: how many dialogues.
        turns: how many turns a dialogue may have.
        profile: which binds the models.
        models: a models file of one's own.
        seeker: the language model that plays; empty for the profile's.
        seed: decides who is played, and what they tell.
        at_once: how many dialogues are held at a time.
        format: the corpus whose schema they are written in.
    """

    out: Path
    graph: str = "support"
    seekers: Path = FILE
    count: int = 24
    turns: int = 10
    profile: str = "embedded"
    models: Path | None = None
    seeker: str = ""
    seed: int = 0
    at_once: int = 2
    format: str = "esconv"

    def command(self) -> str:
        """Return the command that makes the very run; as a shell takes it."""
        usual = {field.name: field.default for field in fields(self)}
        return command("simulate", asdict(self), usual=usual)


def manifest_of(simulation: Simulation, asked: Asked) -> dict[str, Any]:
    """Return the manifest of a run.

    Args:
        simulation: what its dialogues share.
        asked: what was asked for.
    """
    made = made_by(simulation)
    models = simulation.supporter.services.models
    names = {*simulation.supporter.version.models.values(), simulation.seeker.name}
    return {
        "kind": "simulation",
        "synthetic": True,
        "note": NOTE,
        "profile": asked.profile,
        **made,
        "same_model": made["seeker"]["model"] in made["writers"],
        "records": {name: model_record(models, name) for name in sorted(names)},
        "prompt": prompt_sha256(simulation.prompt),
        "seekers": {"sha256": fingerprint(simulation.profiles), "ids": _ids(simulation.profiles)},
        "turns": simulation.turns,
        "count": asked.count,
        "at_once": asked.at_once,
        "format": asked.format,
        **decided_by(),
        **about_the_place(asked.command()),
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
