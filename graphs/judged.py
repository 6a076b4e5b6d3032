"""Judge the replies of run folders: read them, ask the judge, and write what came of it.

```
answers.jsonl      every answer of the judge, as it came; a killed judging goes on from here
judgements.jsonl   a verdict a line: item, criterion, run or runs
judgements.md      the tables
manifest.json      judge, rubric, runs, and where it was done
```
"""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from graphs.evaluation.folder import MANIFEST, PREDICTIONS, RunFolder
from graphs.evaluation.manifest import model_record
from tools.chat import ChatBackend
from tools.errors import ConfigError, DataError
from tools.judging.answers import Answers
from tools.judging.independence import require_independent
from tools.judging.judge import Judging
from tools.judging.judge import judge as ask
from tools.judging.people import beside_people
from tools.judging.pleas import pleading
from tools.judging.questions import wording_sha256
from tools.judging.ratings import Rating, read_ratings
from tools.judging.replies import Asked, Run, side_by_side
from tools.judging.rubrics import Rubric, find_rubric
from tools.judging.scores import Compared, Scored, blind, compared, scored
from tools.judging.tables import OVERRATING, Rows, agreement_rows, comparison_rows, score_rows
from tools.judging.verdicts import Verdict, ratings_of
from tools.models import ModelSet, load_models

ANSWERS, JUDGEMENTS, TABLES = "answers.jsonl", "judgements.jsonl", "judgements.md"

_PACKAGES = ("openvino-genai", "transformers", "torch", "langchain-openai")
"""Packages that the answers of a judge may depend on."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is asked for.

    Attributes:
        runs: run folders.
        rubric: the name of a rubric, or a file.
        judge: a model of the task `respond`.
        profile: a profile of the models file.
        models: a further models file.
        limit: how many items are drawn; 0 for all.
        seed: decides which.
        human: a ratings file of people.
        out: the folder to write; left out, one in that of the first run.
    """

    runs: Sequence[Path]
    rubric: str
    judge: str
    profile: str = "embedded"
    models: Path | None = None
    limit: int = 0
    seed: int = 0
    human: Path | None = None
    out: Path | None = None


@dataclass(frozen=True)
class Report:
    """What came of a judging.

    Attributes:
        folder: where it was written.
        tables: what to show.
        notes: what a reader has to know, a sentence or two each.
    """

    folder: Path
    tables: list[Rows]
    notes: list[str]


def carry_out(
    settings: Settings,
    *,
    begun: Callable[[int], None] = lambda total: None,
    done: Callable[[], None] = lambda: None,
) -> Report:
    """Judge, and write everything down.

    Args:
        settings: what is asked for.
        begun: told how many answers are wanted.
        done: called at each.

    Raises:
        ConfigError: the judge took part in a run, is no language model, or a setting is wrong.
        DataError: a file is not in its format, or cannot be written.
        ModelError: the judge failed; what it answered is kept.
    """
    rubric = find_rubric(settings.rubric)
    folders = [RunFolder.open(path) for path in settings.runs]
    if rubric.kind == "pairwise" and len(folders) != 2:
        raise ConfigError(
            f"the rubric {rubric.name!r} compares two runs, and {len(folders)} were given; "
            "give two run folders"
        )
    models = load_models(settings.profile, settings.models)
    models.bound("respond", settings.judge)  # refuses a model of another task
    record = model_record(models, settings.judge)
    for folder in folders:
        require_independent(record, folder.name, folder.manifest)
    people = read_ratings(settings.human) if settings.human else []
    replied = side_by_side(
        [_run(folder) for folder in folders], limit=settings.limit, seed=settings.seed
    )
    judging = Judging(replied, rubric, tuple(folder.name for folder in folders))
    place = settings.out or _place(folders, rubric, settings.judge)
    manifest = _manifest(settings, record, judging, folders)
    _write(place, {"manifest.json": json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"})
    begun(sum(map(len, judging.questions())))
    found = _ask(judging, models, settings.judge, place, _digest(record), done)
    report = _report(place, judging, found, people, settings)
    text = "\n".join([*(rows.markdown() for rows in report.tables), *report.notes])
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found)
    _write(place, {JUDGEMENTS: lines, TABLES: text + "\n"})
    return report


def _ask(
    judging: Judging,
    models: ModelSet,
    judge: str,
    place: Path,
    record: str,
    done: Callable[[], None],
) -> list[Verdict]:
    try:
        chat = cast(Callable[[], ChatBackend], partial(models.backend, judge))
        return ask(judging, chat, Answers(place / ANSWERS, record), done=done)
    finally:
        models.close()


def _run(folder: RunFolder) -> Run:
    asked = [
        Asked(item["id"], item["dialogue"], tuple(item["before"]), item["said"])
        for item in folder.items()
    ]
    replies = {line["id"]: line["predicted"].get("response", "") for line in folder.predictions()}
    return Run(folder.name, asked, replies)


def _place(folders: Sequence[RunFolder], rubric: Rubric, judge: str) -> Path:
    name = "-".join([rubric.name, "by", judge, *(folder.name for folder in folders[1:])])
    return folders[0].path / "judged" / name


def _report(
    place: Path,
    judging: Judging,
    found: Sequence[Verdict],
    people: Sequence[Rating],
    settings: Settings,
) -> Report:
    rubric = judging.rubric
    results: list[Scored] | list[Compared]
    if rubric.scale is None:
        results = compared(found)
        tables = [comparison_rows(results)]
    else:
        results = scored(found)
        tables = [score_rows(results, f"{rubric.scale.low} to {rubric.scale.high}")]
    notes = []
    if unseen := blind(results):
        notes.append(
            f"The judge {settings.judge!r} tells nothing on {', '.join(unseen)}: it gives nearly "
            "always one answer, or the order changes most of its verdicts. Take a better judge."
        )
    notes += [
        f"{len(ids)} replies of {run!r} seem to speak to the judge, and a small judge heeds that; "
        f"read them: {', '.join(ids[:5])}{' ...' if len(ids) > 5 else ''}."
        for run, ids in pleading(judging.replied).items()
    ]
    if settings.human is not None:
        beside = beside_people(ratings_of(found, settings.judge), people, settings.human.name)
        tables.append(agreement_rows("The judge with what most people chose", beside.judge))
        if beside.people:
            tables.append(agreement_rows("The people among themselves", beside.people))
        notes.append(
            f"{beside.matched} ratings of people are of what was judged, {beside.others} are not."
        )
    notes += [f"{rubric.title}; {rubric.source}.", *filter(None, [rubric.caution]), OVERRATING]
    return Report(place, tables, notes)


def _manifest(
    settings: Settings, record: dict[str, Any], judging: Judging, folders: Sequence[RunFolder]
) -> dict[str, Any]:
    rubric = judging.rubric
    return {
        "format": 1,
        "judge": record,
        "temperature": 0,
        "rubric": {"name": rubric.name, "kind": rubric.kind, "sha256": rubric.sha256},
        "wording_sha256": wording_sha256(),
        "runs": [
            {
                "name": folder.name,
                "manifest_sha256": _file(folder.path / MANIFEST),
                "predictions_sha256": _file(folder.path / PREDICTIONS),
            }
            for folder in folders
        ],
        "limit": settings.limit,
        "seed": settings.seed,
        "items": len(judging.replied),
        "dialogues": len({one.asked.dialogue for one in judging.replied}),
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m graphs", *sys.argv[1:]]),
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _digest(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            fresh = folder / f"{name}.new"
            fresh.write_text(text, "utf-8")
            fresh.replace(folder / name)
    except OSError as error:
        raise DataError(
            f"the judging {folder.name!r} cannot be written ({error.strerror}); make room, or give "
            "another --out; the answers that are there are kept"
        ) from error
