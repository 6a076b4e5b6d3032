"""Put together the live objects that every graph of a process shares."""

from pathlib import Path

from agents.context import Services
from graphs.deployment import find_deployment
from tools.errors import ConfigError
from tools.examples.chroma import server_setting
from tools.examples.rows import sources
from tools.examples.store import ChromaExamples
from tools.models import load_models
from tools.phrases import load_phrases
from tools.safety.audit import open_audit
from tools.safety.policy import load_policy
from tools.weights.cache import Cache

_NEEDED = {"embed": "finds the examples", "risk": "notices danger"}
"""Tasks that every profile must bind, and what for."""


def assemble(
    profile: str = "embedded",
    *,
    models: Path | None = None,
    examples: Path | None = None,
    recorded: bool = True,
    audit: Path | None = None,
    deployment: str = "",
    seed: int = 0,
) -> Services:
    """Return the services of a profile; models are loaded on their first call.

    Args:
        profile: a profile of `tools/models.yaml`.
        models: a researcher's own models file.
        examples: a file of examples, in place of the one that ships and the person's own.
        recorded: no person writes where this is false, so that nothing is recorded of it.
        audit: the folder of the audit log; else that of `ATTUNE_AUDIT`, else there is none.
        deployment: where people meet this program, one of `graphs.deployment.DEPLOYMENTS`; else
            that of `ATTUNE_DEPLOYMENT`, else `personal`.
        seed: of everything that is drawn while replies are written.

    Raises:
        ConfigError: the profile or a file is wrong, or the profile binds no embedding model or no
            detector of danger.
    """
    loaded = load_models(profile, models)
    embedder = loaded.bound("embed")
    for task, purpose in _NEEDED.items():
        if loaded.bound(task) is None:
            raise ConfigError(
                f"the profile {profile!r} binds no model to `{task}`, which {purpose}; "
                "add one in tools/models.yaml"
            )
    assert embedder is not None  # it is among them
    return Services(
        models=loaded,
        examples=ChromaExamples(
            embedder.host,
            folder=Cache().root / "examples" / embedder.name,
            sources=[examples] if examples else sources(),
            server=server_setting(),
        ),
        policy=load_policy(),
        phrases=load_phrases(),
        audit=open_audit(audit) if recorded else None,
        deployment=find_deployment(deployment),
        seed=seed,
    )
