"""What an evaluation is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graphs.evaluation.further import Further
from graphs.provenance import command as rendered
from tools.corpora.exchange import UNITS, Unit
from tools.errors import ConfigError, UnknownName


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What an evaluation is asked for; see `python -m graphs evaluate --help`.

    Attributes:
        graph: by name or file.
        data: `NAME:DIR`.
        split: of the corpus; empty for its validation split.
        unit: what counts as one item.
        mode: `predicted`, `gold`, or `oracle:STEP`.
        history: whose labels of the earlier turns are told; empty for those of the mode.
        profile: which binds the models.
        models: a models file of one's own.
        swap: node -> model that takes the place of the profile's.
        drop: nodes that are left out.
        reply: write replies too.
        limit: how many items, whole dialogues drawn by `seed`; 0 for all.
        seed: decides the draw, and everything of chance in the models.
        at_once: how many dialogues run at the same time; 0 for as many as suit.
        part: the corpus's folder holds a part of it, on purpose.
        perplexity: let the responder's model score the references as well.
        further: measures that take a model or data of their own.
    """

    graph: str
    data: str
    split: str = ""
    unit: Unit = "turns"
    mode: str = "predicted"
    history: str = ""
    profile: str = "embedded"
    models: Path | None = None
    swap: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    reply: bool = True
    limit: int = 0
    seed: int = 0
    at_once: int = 0
    part: bool = False
    perplexity: bool = False
    further: Further = field(default_factory=Further)


def run_name(asking: Asking) -> str:
    """Return the name of a run's folder, from what decides it."""
    corpus = asking.data.partition(":")[0]
    parts = [Path(asking.graph).stem, corpus, asking.split, asking.mode.replace(":", "-")]
    parts += [f"{node}={model}" for node, model in asking.swap.items()]
    parts += [f"no-{node}" for node in asking.drop]
    parts += [asking.profile, "" if asking.reply else "labels"]
    parts += [f"n{asking.limit}" if asking.limit else "", f"s{asking.seed}"]
    return "-".join(part for part in parts if part)


def command(asking: Asking, out: Path) -> str:
    """Return the command that makes the very run, whatever asked for it; as a shell takes it."""
    return rendered(
        "evaluate",
        {
            "graph": asking.graph,
            "data": asking.data,
            "split": asking.split,
            "unit": asking.unit,
            "mode": asking.mode,
            "history": asking.history,
            "profile": asking.profile,
            "models": asking.models,
            "swap": [f"{node}={model}" for node, model in asking.swap.items()],
            "drop": ",".join(asking.drop),
            "labels": not asking.reply,
            "limit": asking.limit,
            "seed": asking.seed,
            "at_once": asking.at_once,
            "part": asking.part,
            "perplexity": asking.perplexity,
            "bertscore": asking.further.bert,
            "wordnet": asking.further.wordnet,
            "out": out,
        },
        usual={
            "split": "",
            "unit": Asking.unit,
            "mode": Asking.mode,
            "history": "",
            "profile": Asking.profile,
            "models": None,
            "drop": "",
            "labels": False,
            "limit": 0,
            "seed": 0,
            "at_once": 0,
            "part": False,
            "perplexity": False,
            "bertscore": "",
            "wordnet": None,
        },
    )


def swaps(given: Sequence[str]) -> dict[str, str]:
    """Return node -> model of `NODE=MODEL` texts.

    Raises:
        ConfigError: one is not written so.
    """
    found = {}
    for text in given:
        node, equals, model = text.partition("=")
        if not (node and equals and model):
            raise ConfigError(f"{text!r} swaps no model; write it as NODE=MODEL")
        found[node] = model
    return found


def unit(given: str) -> Unit:
    """Return a unit by its name.

    Raises:
        UnknownName: there is no such unit.
    """
    for known in UNITS:
        if given == known:
            return known
    raise UnknownName("unit", given, UNITS)
