"""Judge the replies of run folders: read them, ask the judge, and write what came of it.

```
answers.jsonl      every answer of the judge, as it came; a killed judging goes on from here
judgements.jsonl   a verdict a line: item, criterion, run or runs
judgements.md      the tables
manifest.json      judge, rubric, runs, and where it was done
```
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, cast

from graphs.evaluation.folder import MANIFEST, PREDICTIONS, RunFolder
from graphs.provenance import (
    about_the_place,
    command,
    decided_by,
    files_sha256,
    model_record,
    sha256,
)
from tools import journal
from tools.chat import ChatBackend
from tools.errors import ConfigError
from tools.grid import Grid
from tools.judging.answers import Answers
from tools.judging.independence import require_independent
from tools.judging.judge import Judging
from tools.judging.judge import judge as ask
from tools.judging.people import beside_people
from tools.judging.pleas import pleading
from tools.judging.questions import wording_sha256
from tools.judging.ratings import Rating, read_ratings
from tools.judging.replies import side_by_side
from tools.judging.rubrics import Rubric, find_rubric
from tools.judging.scores import Compared, Scored, blind, compared, scored
from tools.judging.tables import OVERRATING, agreement_rows, comparison_rows, score_rows
from tools.judging.verdicts import Verdict, ratings_of
from tools.models import ModelSet, load_models

ANSWERS, JUDGEMENTS, TABLES = "answers.jsonl", "judgements.jsonl", "judgements.md"


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
    tables: list[Grid]
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
        [folder.replies() for folder in folders], limit=settings.limit, seed=settings.seed
    )
    judging = Judging(replied, rubric, tuple(folder.name for folder in folders))
    place = settings.out or _place(folders, rubric, settings.judge)
    manifest = _manifest(settings, record, judging, folders)
    with _writing(place):
        journal.replace_json(place / MANIFEST, manifest)
    begun(sum(map(len, judging.questions())))
    found = _ask(judging, models, settings.judge, place, record, done)
    report = _report(place, judging, found, people, settings)
    text = "".join([*(grid.markdown() for grid in report.tables), "\n".join(report.notes)])
    with _writing(place):
        journal.replace(place / JUDGEMENTS, "".join(map(journal.line, found)))
        journal.replace(place / TABLES, f"{text}\n")
    return report


def _ask(
    judging: Judging,
    models: ModelSet,
    judge: str,
    place: Path,
    record: dict[str, Any],
    done: Callable[[], None],
) -> list[Verdict]:
    known = sha256(json.dumps(record, sort_keys=True))
    try:
        chat = cast(Callable[[], ChatBackend], partial(models.backend, judge))
        return ask(judging, chat, Answers(place / ANSWERS, known), done=done)
    finally:
        models.close()


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
        **decided_by(),
        **about_the_place(_command(settings)),
    }


def _command(settings: Settings) -> str:
    return command(
        "judge",
        {field.name: getattr(settings, field.name) for field in fields(Settings)[1:]},
        words=settings.runs,
        usual={field.name: field.default for field in fields(Settings)},
    )


def _file(path: Path) -> str:
    return files_sha256([path]) if path.is_file() else ""


def _writing(folder: Path) -> AbstractContextManager[None]:
    return journal.writing(
        f"the judging {folder.name!r}",
        "make room, or give another --out; the answers that are there are kept",
    )
