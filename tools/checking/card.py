"""A model card (Mitchell et al. 2019) of any model: what is known, and what was not measured."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from tools.catalogue import ModelConfig, Task
from tools.checking.contracts import CHOICES, PERCEPTION
from tools.checking.entry import licence
from tools.checking.own_card import own_card
from tools.errors import DataError
from tools.models import ModelSet
from tools.weights import Entry, Store, entries
from tools.yaml_file import read_yaml

_NOT_MEASURED = "Not measured."
_NOT_STATED = "Not stated."

_DATA = ("data", "rows", "chats")
_PROTOCOL = ("recipe", "tuning", "unit", "layout", "seeds", "held_out_loss", "architecture")
_SCORES = ("scores", "outside")
_DETAIL = frozenset({"classes", "balances", "folds", "confusion", "fine"})
"""What only the longer card shows."""

_DEEPEST = 4


class Use(BaseModel, extra="forbid"):
    """What a model of a task is for.

    Attributes:
        intended: in a sentence.
        not_for: what it must not be used for.
        limits: what bounds every model of the task.
    """

    intended: str
    not_for: list[str]
    limits: str


class _Uses(BaseModel, extra="forbid"):
    uses: dict[str, Use]


@cache
def _uses() -> Mapping[str, Use]:
    return read_yaml(Path(__file__).with_name("uses.yaml"), _Uses, "uses of the tasks").uses


def read_measured(path: Path) -> dict[str, Mapping[str, Any]]:
    """Return what `check --json` has measured, by model.

    Raises:
        DataError: the file cannot be read or was not written by `check`.
    """
    try:
        reports = json.loads(path.read_text("utf-8"))
        return {report["model"]: report for report in reports}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path.name!r} is no report of a check ({type(error).__name__}); write it with "
            f"`python -m tools models check NAME --json > {path.name}`"
        ) from error


def card(models: ModelSet, name: str, measured: Mapping[str, Any] | None = None) -> str:
    """Return the card of one model as Markdown.

    Args:
        models: where it stands.
        name: of the model.
        measured: the report of its check, as `check --json` writes it.

    Raises:
        UnknownName: no such model.
        ConfigError: its card file cannot be read.
    """
    config = models.config(name)
    entry = entries().get(config.weights) if config.weights else None
    folder, own = own_card(config)
    own = _of_task(own, config.task)
    scores = list(measured["scores"]) if measured else []
    use = _uses()[config.task]
    parts = {
        "Model": _model(config, entry),
        "Labels": _labels(config),
        "Intended use": use.intended,
        "Not for": "\n".join(f"- {one}" for one in use.not_for),
        "Training data": _training(config, entry, own),
        "Protocol": _table(_chosen(own, _PROTOCOL)) or _NOT_STATED,
        "Scores": _scores(config, own, scores),
        "Errors by group": _groups(scores),
        "On this machine": _machine(measured),
        "Limits": _limits(config, use, folder),
    }
    sections = "\n\n".join(f"## {title}\n\n{text}" for title, text in parts.items())
    return f"# Model card: {name}\n\n{config.about or _NOT_STATED}\n\n{sections}\n"


def _model(config: ModelConfig, entry: Entry | None) -> str:
    rows = {
        "task": config.task,
        "backend": config.backend,
        "licence": licence(config) or "none stated",
        "weights": config.weights or "none",
        "made by": entry.upstream if entry else _NOT_STATED,
        "temperature": f"{config.temperature:g}" if config.task in PERCEPTION else "",
        "weight in fusion": _weight(config),
    }
    files = {}
    if config.weights and entry is not None:
        files = {
            f"sha256 of `{file}`": pin.sha256 or "not pinned"
            for file, pin in Store().pins(config.weights).items()
        }
    return _table({key: value for key, value in {**rows, **files}.items() if value})


def _weight(config: ModelConfig) -> str:
    if config.task not in PERCEPTION:
        return ""
    return f"{config.skill.weight:.2f}" if config.skill else "0: its skill was not measured"


def _labels(config: ModelConfig) -> str:
    if config.labels:
        return _table(config.labels, ("the model's label", "stands for"))
    if config.task in CHOICES:
        return f"Probabilities over {', '.join(CHOICES[config.task])}."
    return "None."


def _training(config: ModelConfig, entry: Entry | None, own: Mapping[str, Any]) -> str:
    said = [entry.about] if entry else []
    table = _table(_chosen(own, _DATA))
    return "\n\n".join(filter(None, [*said, table])) or _NOT_STATED


def _scores(config: ModelConfig, own: Mapping[str, Any], measured: list[Mapping[str, Any]]) -> str:
    parts = []
    if skill := config.skill:
        parts.append(
            f"Outside its training data: average recall {skill.uar:g} over {skill.classes} classes "
            f"(chance {1 / skill.classes:.2f}), n = {skill.n:,}, on {skill.corpus}."
        )
    if table := _table(_chosen(own, _SCORES, skip=_DETAIL)):
        parts.append(f"As its own card says:\n\n{table}")
    for each in measured:
        floor = each["floor"]
        parts.append(
            f"Measured by `check` on {each['corpus']}, split {each['split']}, n = {each['n']:,}: "
            f"accuracy {each['accuracy']:.3f} (always {floor['label']!r}: "
            f"{floor['accuracy']:.3f}), average recall {each['uar']:.3f}, macro F1 "
            f"{each['macro_f1']:.3f}, calibration error {each['ece']:.3f} (15 bins); its labels "
            f"can name {each['sayable']:.1%} of the truth. It says something about other data "
            "only if the model was not trained on this."
        )
    return "\n\n".join(parts) or _NOT_MEASURED


def _groups(measured: list[Mapping[str, Any]]) -> str:
    parts = []
    for each in measured:
        for kind, groups in each["groups"].items():
            rows = "\n".join(
                f"| {name} | {row['n']} | {row['error']:.3f} | {row['confidence']:.3f} |"
                for name, row in groups.items()
            )
            if rows:
                head = f"| {kind} | n | error | mean confidence |\n|---|---|---|---|"
                parts.append(f"On {each['corpus']}, {each['split']}:\n\n{head}\n{rows}")
    if parts:
        return "\n\n".join(parts)
    return f"{_NOT_MEASURED} Nobody knows whether it reads some people worse than others."


def _machine(measured: Mapping[str, Any] | None) -> str:
    if measured is None:
        return _NOT_MEASURED
    numbers = measured["measured"]
    rows = {
        "contract": "kept" if measured["passed"] else "broken: see the check",
        "loading": f"{numbers['load_s']} s, {numbers['load_mb']} MB",
        "first call": f"{numbers['first_ms']} ms",
        **{
            f"batch of {row['batch']}": f"{row['median_ms']} ms an item, 95th {row['p95_ms']} ms"
            for row in numbers["latency"]
        },
    }
    return _table(rows)


def _limits(config: ModelConfig, use: Use, folder: Path | None) -> str:
    said = [use.limits]
    if config.task in PERCEPTION and config.skill is None:
        said.append("It was measured on nothing outside its training data, and so weighs 0.")
    if folder is not None and (folder / "card.md").is_file():
        said.append(f"Whoever made it wrote a longer card: `card.md` in `{folder.name}`.")
    return "\n\n".join(said)


def _chosen(
    own: Mapping[str, Any], keys: tuple[str, ...], skip: frozenset[str] = frozenset()
) -> dict[str, str]:
    return dict(_flat({key: own[key] for key in keys if key in own}, skip))


def _of_task(said: object, task: str) -> Any:
    """Return what a card says with the parts left out that are about other tasks."""
    if isinstance(said, list):
        return [_of_task(each, task) for each in said]
    if not isinstance(said, Mapping):
        return said
    others = set(get_args(Task)) - {task}
    return {key: _of_task(value, task) for key, value in said.items() if key not in others}


def _flat(
    said: Mapping[str, Any], skip: frozenset[str], above: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Yield what stands in a card, a line each; of a list of tables, each by its first value."""
    if len(above) >= _DEEPEST:
        return
    for key, value in said.items():
        place = (*above, str(key))
        if key in skip:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, skip, place)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for row in value:
                (first, title), *rest = row.items()
                shown = title if isinstance(title, str) else f"{first} {title}"
                yield from _flat(dict(rest), skip, (*place, shown))
        elif isinstance(value, list):
            yield " › ".join(place), ", ".join(map(str, value))
        else:
            yield " › ".join(place), str(value)


def _table(rows: Mapping[str, str], head: tuple[str, str] = ("", "")) -> str:
    if not rows:
        return ""
    lines = "\n".join(f"| {key} | {_cell(value)} |" for key, value in rows.items())
    return f"| {head[0]} | {head[1]} |\n|---|---|\n{lines}"


def _cell(value: str) -> str:
    return value.replace("\n", " ").replace("|", "\\|")
