"""Put examples of one's own beside those that ship: one file a source, normalised.

Nothing dangerous goes in: a message that the safety policy grades, or a reply that it refuses, is
left out and counted, since such turns never reach retrieval.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from tools.corpora.trouble import Trouble
from tools.errors import ConfigError, DataError
from tools.examples.corpora import READINGS, examples_of
from tools.examples.rows import SOURCE, ExampleRow, own_folder, parse_rows
from tools.examples.table import parse_table
from tools.labels import MASKED, STANCES, Risk
from tools.safety.policy import SafetyPolicy

Format = Literal["auto", "jsonl", "csv", "esconv", "mesc", "escot", "annomi"]

_FILES = {".jsonl": "jsonl", ".csv": "csv"}

Watch = Callable[[Iterable[ExampleRow]], Iterable[ExampleRow]]
"""Hands rows on one by one, and may show how far it is."""


@dataclass
class Added:
    """What became of a source.

    Attributes:
        name: under which it is kept.
        rows: what went in.
        troubles: what is malformed, with its place.
        left_out: how many rows were left out on purpose, by the reason.
        written: False where `strict` kept everything out.
        replaced: a source of that name was there before.
    """

    name: str
    rows: list[ExampleRow] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    written: bool = False
    replaced: bool = False


def add(
    path: Path,
    policy: SafetyPolicy,
    *,
    format: Format = "auto",
    licence: str = "",
    strict: bool = False,
    folder: Path | None = None,
    watch: Watch = iter,
) -> Added:
    """Read a file or a corpus, and keep its examples; a source of the same name is replaced.

    Args:
        path: a JSONL or CSV file of rows, or the folder of a corpus, of which only the training
            split is taken.
        policy: what is dangerous.
        format: `auto` tells it by the name, or by the files in the folder.
        licence: of rows that name none; of a corpus, instead of what its publishers state.
        strict: write nothing if anything is malformed.
        folder: where to keep it; the person's own by default.
        watch: handed the rows, to show how far it is.

    Raises:
        ConfigError: there is no such path, its format cannot be told, or it is the file that ships.
        DataError: the source cannot be read, or holds no example.
    """
    if not path.exists():
        raise ConfigError(f"there is no file or folder {path.name!r}; give one to add")
    chosen = _format(path) if format == "auto" else format
    added = Added(name=chosen if chosen in READINGS else path.stem)
    if chosen in READINGS:
        rows = _of_corpus(chosen, path, licence, added)
    else:
        rows = _of_file(chosen, path, licence, added)
    seen: set[str] = set()
    for row in watch(rows):
        if row.id in seen:
            added.troubles.append(Trouble(path.name, 0, f"the id {row.id!r} stands there twice"))
        elif why := _why_not(row, policy):
            added.left_out[why] += 1
        else:
            seen.add(row.id)
            added.rows.append(row)
    if added.troubles and strict:
        return added
    if not added.rows:
        raise DataError(
            f"{path.name!r} holds no example that can be used ({len(added.troubles)} malformed, "
            f"{added.left_out.total()} left out); see `docs/examples.md` for the format"
            + "".join(f"\n{trouble}" for trouble in added.troubles)
        )
    _write(folder or own_folder(), added)
    return added


def drop(name: str, folder: Path | None = None) -> None:
    """Remove a source of one's own.

    Raises:
        ConfigError: there is none of that name.
    """
    kept = folder or own_folder()
    known = sorted(file.stem for file in kept.glob("*.jsonl"))
    if name not in known:
        raise ConfigError(
            f"there is no added source {name!r} (added: {', '.join(known) or 'none'})"
        )
    (kept / f"{name}.jsonl").unlink()


def _format(path: Path) -> str:
    if path.is_file() and path.suffix in _FILES:
        return _FILES[path.suffix]
    for corpus, reading in READINGS.items():
        if any((path / mark).is_file() for mark in reading.marks):
            return corpus
    raise ConfigError(
        f"cannot tell the format of {path.name!r}; give --format, one of "
        f"{', '.join(get_args(Format)[1:])}"
    )


def _of_corpus(corpus: str, path: Path, licence: str, added: Added) -> Iterator[ExampleRow]:
    if not path.is_dir():
        raise ConfigError(f"{path.name!r} is no folder; give the folder of {corpus}")
    report = added.troubles.append
    for dialogue in READINGS[corpus].read(path, "train", report):
        for row in examples_of(corpus, dialogue, report, added.left_out):
            yield row.model_copy(update={"licence": licence}) if licence else row


def _of_file(format: str, path: Path, licence: str, added: Added) -> Iterator[ExampleRow]:
    if path.resolve() == SOURCE.resolve():
        raise ConfigError(f"{path.name!r} ships already; add files of your own")
    parse = parse_rows if format == "jsonl" else parse_table
    fill = {"licence": licence} if licence else {}
    for _, row in parse(path, added.troubles.append, fill):
        source = added.name if row.source == "attune" else row.source
        mark = f"{added.name}:"
        id_ = row.id if row.id.startswith(mark) else mark + row.id
        yield row.model_copy(update={"source": source, "id": id_})


def _why_not(row: ExampleRow, policy: SafetyPolicy) -> str:
    if row.strategy in MASKED:
        return f"strategy {row.strategy.value!r} is never used"
    if row.system_emotion not in STANCES:
        return f"the supporter's {row.system_emotion.value!r} is no stance"
    if policy.grade(row.said)["level"] != Risk.NONE:
        return "the message tells of danger"
    if rule := policy.read(row.reply):
        return f"the reply is refused: {rule}"
    return ""


def _write(folder: Path, added: Added) -> None:
    """Write a source whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{added.name}.jsonl"
    added.replaced = target.exists()
    passing = target.with_suffix(".passing")
    passing.write_text("".join(row.model_dump_json() + "\n" for row in added.rows), "utf-8")
    os.replace(passing, target)
    added.written = True
