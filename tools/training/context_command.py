"""What `python -m tools train emotion | strategy | system-emotion | joint` does."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import weights
from tools.errors import ConfigError, DataError
from tools.models import load_models

if TYPE_CHECKING:
    from tools.corpora.exchange import Unit
    from tools.training.context_fit import Trained
    from tools.training.context_rows import ContextRow, History

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is to be trained.

    Attributes:
        tasks: which heads.
        data: the corpus, `NAME:DIR`.
        out: the folder to write.
        split: of the corpus; empty for its training split.
        unit: what has a label in training; of utterances only the user emotion has.
        history: whose labels of past turns are read.
        context: how many messages before a turn are read.
        extra: further corpora to learn from, `NAME:DIR`.
        tune: how many upper layers of the encoder are trained.
        balance: power of a class's rarity in its weight.
        profile: whose encoder, text-emotion model and perception models are asked.
        models: a models file beside the one that ships.
        seeds: each gives one run; the first one's network is written.
        epochs: at most.
        limit: only so many dialogues, for a trial; 0 for all.
    """

    tasks: tuple[str, ...]
    data: str
    out: Path
    split: str = ""
    unit: "Unit" = "turns"
    history: "History" = "predicted"
    context: int = 1
    extra: tuple[str, ...] = ()
    tune: int = 0
    balance: float = 0.0
    profile: str = "embedded"
    models: Path | None = None
    seeds: tuple[int, ...] = (0,)
    epochs: int = 30
    limit: int = 0


@dataclass
class _Read:
    rows: "list[ContextRow]"
    extra: "list[ContextRow]" = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def carry_out(plan: Plan, say: Say = lambda text: None) -> dict[str, Any]:
    """Read, train once per seed, and write the folder; return the card.

    Raises:
        ConfigError: the folder is one that ships, or a model lacks what is asked.
        DataError: a corpus or split is not for that.
    """
    from safetensors.torch import save_file

    from tools.backends.context_features import Layout, read_texts, texts_of
    from tools.backends.context_head import Sizes
    from tools.backends.heads import WEIGHTS_FILE
    from tools.backends.minilm import MiniLM
    from tools.corpora.library import find_corpus
    from tools.excerpts import read_clip
    from tools.training.context import labels_of, train
    from tools.training.context_card import MODELS_FILE, swaps, write_card, write_models
    from tools.training.context_fit import Lesson, Recipe
    from tools.training.context_media import with_vectors

    _require_own(plan.out)
    if plan.unit == "utterances" and plan.tasks != ("user_emotion",):
        raise ConfigError(
            "a line has no answer, so that --unit utterances trains the user emotion alone; "
            "leave it out here"
        )
    corpus, folder = find_corpus(plan.data)
    models = load_models(plan.profile, plan.models)
    embedder, reader = models.bound("embed"), models.bound("text_emotion")
    encoder = models.backend(embedder.name) if embedder else None
    if not isinstance(encoder, MiniLM):
        raise ConfigError(
            f"the profile {plan.profile!r} binds no MiniLM encoder to `embed`; choose another"
        )
    affect = models.backend(reader.name) if reader else None
    fine = list(affect.predict(["A plain sentence."])[0].detail) if affect else []
    read = _read(plan, corpus, folder, say)
    heads = labels_of(read.rows, plan.tasks)
    read.rows, seen = with_vectors(read.rows, models, read_clip, say)
    layout = Layout(
        width=encoder.width, layers=[encoder.depth], context=plan.context, affect=fine,
        history=plan.history != "none", vectors=seen.sizes,
    )  # fmt: skip
    sizes = Sizes(tuned=plan.tune) if plan.tune else Sizes()
    recipe = Recipe(history=plan.history, balance=plan.balance, epochs=plan.epochs)
    say(f"read {len(read.rows):,} rows of {corpus.title}; encode their texts")
    rows = [*read.rows, *read.extra]
    words = [text for row in rows for text in texts_of(row.situation, plan.context)]
    lesson = Lesson(
        layout, sizes, heads, read_texts(words, layout, encoder, affect), encoder,
        weights.require(embedder.config.weights or "") if plan.tune and embedder else None,
    )  # fmt: skip
    runs: list[Trained] = []
    for seed in plan.seeds:
        say(f"seed {seed}")
        runs.append(train(read.rows, lesson, recipe, seed, read.extra, say))
    network = runs[0].network
    state = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    card: dict[str, Any] = {
        "heads": {task: list(labels) for task, labels in heads.items()},
        "layout": layout.model_dump(),
        "sizes": sizes.model_dump(),
        "unit": plan.unit,
        "temperature": dict(runs[0].temperature),
        "data": {
            "corpus": corpus.title,
            "licence": corpus.licence,
            "rows": len(read.rows),
            "dialogues": len({row.dialogue for row in read.rows}),
            "labels": {task: _counts(read.rows, task) for task in heads},
            "modalities": dict(seen.turns),
            "perception": ", ".join(f"{name} by {model}" for name, model in seen.models.items()),
            "unread": seen.unread,
            "extra": read.notes,
        },
        "recipe": asdict(recipe),
        "seeds": list(plan.seeds),
        "epochs": [run.epochs for run in runs],
        "parameters": sum(value.numel() for value in state.values()),
        "scores": {task: _summary([run.scores[task] for run in runs]) for task in heads},
    }
    plan.out.mkdir(parents=True, exist_ok=True)
    save_file(state, plan.out / WEIGHTS_FILE, metadata={"model": "context"})
    write_card(plan.out, card)
    prefix = "joint" if len(plan.tasks) > 1 else corpus.name
    nodes = write_models(
        plan.out, prefix, card, embedder.name if embedder else "", reader.name if reader else ""
    )
    say(f"use them with: --models {plan.out / MODELS_FILE} {swaps(nodes)}")
    return card


def _require_own(out: Path) -> None:
    shipped = weights.Store().shipped_folder("strategy-head").parent.resolve()
    if out.resolve().is_relative_to(shipped):
        raise ConfigError(
            "weights from a corpus stay with whoever trains them; give --out FOLDER, outside of "
            "what ships"
        )


def _read(plan: Plan, corpus: Any, folder: Path, say: Say) -> _Read:
    from tools.corpora.library import require_training
    from tools.training.context_rows import rows_of

    split = plan.split or corpus.splits[0]
    require_training(corpus, split)
    dialogues = list(corpus.read(folder, split))
    rows = rows_of(corpus, dialogues[: plan.limit or None], plan.unit)
    read = _Read([row for row in rows if any(task in row.gold for task in plan.tasks)])
    known = {label for row in read.rows for label in row.gold.values()}
    read.extra, read.notes = read_extra(plan.extra, known, corpus.title)
    return read


def read_extra(
    given: Sequence[str], known: set[str], title: str
) -> "tuple[list[ContextRow], list[str]]":
    """Return rows of further corpora, without history, and a note on each.

    Args:
        given: `NAME:DIR` of each.
        known: labels of the corpus that is trained on; rows without one of these are left out.
        title: of that corpus.

    Raises:
        DataError: a corpus has none of these labels.
    """
    from tools.corpora.library import find_corpus
    from tools.training.context_rows import rows_of, without_history

    rows: list[ContextRow] = []
    notes = []
    for name in given:
        other, where = find_corpus(name)
        more = other.read(where, other.splits[0])
        found = (row for row in rows_of(other, more) if row.situation.said)
        kept = [row for row in found if set(row.gold.values()) & known]
        if not kept:
            raise DataError(f"no label of {other.title} is one of {title}; leave it out")
        rows += without_history([replace(row, media=None) for row in kept])
        notes.append(f"{len(kept):,} rows of {other.title} ({other.licence})")
    return rows, notes


def _counts(rows: "Sequence[ContextRow]", task: str) -> dict[str, int]:
    return dict(Counter(row.gold[task] for row in rows if task in row.gold).most_common())


def _summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from statistics import mean, pstdev

    return {
        **{
            name: {
                "mean": round(mean(run[name] for run in runs), 4),
                "spread": round(pstdev([run[name] for run in runs]), 4),
            }
            for name in ("accuracy", "weighted_f1", "macro_f1")
        },
        "floor": round(mean(run["floor"]["accuracy"] for run in runs), 4),
        "n": [run["n"] for run in runs],
    }
