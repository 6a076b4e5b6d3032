"""Run folders and rating pages for tests; the names of the runs stand nowhere else."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from tests.made_runs import write_run
from tools.judging.replies import Asked, Run
from tools.judging.rubrics import Criterion, Rubric, Scale
from tools.phrases import LocalePhrases, load_phrases
from ui.rating.app import RatingPage
from ui.rating.ledger import Ledger
from ui.rating.study import Study

ONE, OTHER = "quillwort", "samphire"
"""Names of runs."""

HOME = "http://127.0.0.1:7861"
CRITERIA = ("Fluency", "Comfort")


def items(n: int, **more: Any) -> list[dict[str, Any]]:
    """Return the lines of `items.jsonl`."""
    return [
        {
            "id": f"talk-{i}/2", "dialogue": f"talk-{i}", "reference": "", "gold": {}, "groups": {},
            "clips": 0, "missing": 0, "said": f"My kite no. {i} flew away.",
            "before": [
                {"speaker": "person", "text": f"Hello, it is windy on day {i}."},
                {"speaker": "supporter", "text": "Hello! What were you up to?"},
            ],
            **more,
        }
        for i in range(n)
    ]  # fmt: skip


def two_folders(folder: Path, n: int = 3, reply: str = "Reply {run} to {id}.") -> list[Path]:
    """Write two runs of the same items; a reply tells an item and one of two letters."""
    asked = items(n)
    return [
        write_run(
            folder / name,
            {item["id"]: reply.format(run=letter, id=item["id"]) for item in asked},
            asked,
        )
        for name, letter in ((ONE, "A"), (OTHER, "B"))
    ]


def rubric(*, scale: Scale | None = None) -> Rubric:
    """Return a rubric of two criteria: a comparison, or on a scale."""
    words = {"questions": ["Which?"], "high": "Clear.", "low": "Muddled."}
    return Rubric(
        name="made",
        title="Made",
        source="made",
        licence="made",
        kind="absolute" if scale else "pairwise",
        scale=scale,
        criteria=[Criterion(name=n, definition=f"About {n}.", **words) for n in CRITERIA],
    )


def run(name: str, n: int = 3, reply: str = "", **more: Any) -> Run:
    """Return a run in memory."""
    asked = [
        Asked(
            id=item["id"],
            dialogue=item["dialogue"],
            before=tuple(item["before"]),
            said=item["said"],
        )
        for item in items(n, **more)
    ]
    letter = "A" if name == ONE else "B"
    return Run(name, asked, {one.id: reply or f"Reply {letter} to {one.id}." for one in asked})


def study(n: int = 3, *, scale: Scale | None = None, seed: int = 0, most: int = 50) -> Study:
    """Return a study of two runs."""
    return Study([run(ONE, n), run(OTHER, n)], rubric(scale=scale), items=most, seed=seed)


@cache
def phrases() -> LocalePhrases:
    """Return the phrases of the raters' language; reading them takes as long as a test."""
    return load_phrases().for_locale("en")


def browser(made: Study, file: Path, **options: Any) -> httpx.AsyncClient:
    """Return a browser at the rating page of a study, without a server between."""
    page = RatingPage(made, Ledger(file), phrases(), **options)
    transport = httpx.ASGITransport(page.application(), client=("127.0.0.1", 1))
    return httpx.AsyncClient(transport=transport, base_url=HOME, follow_redirects=True)


async def answer(one: httpx.AsyncClient, address: str, choice: str, **more: str) -> httpx.Response:
    """Choose something on the page of a question, as its form does."""
    shown = await one.get(address)
    [mark] = re.findall(r'name="mark" value="(\w+)"', shown.text)
    return await one.post(shown.url.path, data={"mark": mark, "choice": choice, **more})
