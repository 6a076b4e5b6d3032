"""Grade the messages and conversations of a file as the product would.

A lone message is graded by the very node that stands in the graphs, with the course of the earlier
messages of its row (`before`). What the crisis reply asked about those is left out: they get no
reply. A whole conversation (`turns`) runs through a compiled graph with the screen, the crisis
reply, the check and a made-up language model, so that direct questions, the answers to them and the
follow-ups count as they do for a person. Left out are voice and face, feelings, examples and the
plan, none of which the screen may look at, and the reply of a real language model: the person's
messages are as the file has them, whatever they are answered.
"""

import csv
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.runtime import Runtime

from agents.check import DELIVER
from agents.context import Context, Kit, Services
from agents.screen import ScreenOptions, screen
from agents.state import ConversationState
from agents.turn import begin_turn
from graphs.keeping.saver import Saver
from graphs.rates import UNKNOWN, Screened
from graphs.run import Conversation, Finished
from graphs.shelf import Shelf, Version
from graphs.spec import END, START, GraphSpec, NodeSpec, Table
from tools.errors import DataError, InputError
from tools.labels import Risk, highest
from tools.records import Finding

_HARMLESS = frozenset({"", "0", "0.0", "none", "no", "false", "harmless", "safe"})
_CLASSES = ("danger", "kind")
_NOTHING = "(none)"
"""The value of a field that a row lacks, or leaves empty."""


@dataclass
class _Judged:
    """What the turns that count came to."""

    routed: list[bool] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)

    def add(self, routed: bool, level: str, findings: Sequence[Finding]) -> None:
        self.routed.append(routed)
        self.levels.append(level)
        self.findings += findings


async def screen_rows(
    rows: Sequence[Mapping[str, Any]],
    services: Services,
    *,
    text: str,
    label: str = "",
    by: Sequence[str] = (),
) -> list[Screened]:
    """Grade rows in order; nothing is written to the audit log.

    Args:
        rows: each with a message under `text`, earlier ones under `before` if there are any, or a
            whole conversation (a list of the person's messages) under `turns`.
        services: with the models that stand in the profile.
        text: the field of the message.
        label: the field that says whether there is danger; empty for none.
        by: fields by whose values the rates are told apart; a row may lack them.

    Raises:
        DataError: a row has no such field, or no row has a field of `by`.
    """
    for name in by:
        if not any(name in row for row in rows):
            known = ", ".join(dict.fromkeys(key for row in rows for key in row))
            raise DataError(f"no row has a field {name!r}; they have: {known}")
    services = replace(services, audit=None)
    kit = Kit(
        name="screen",
        services=services,
        model=services.models.bound("risk"),
        options=ScreenOptions(),
    )
    await _screen(["Hello."], kit, 0)  # loads the detector
    talks = any(isinstance(row.get("turns"), list) for row in rows)
    version = Shelf(services, Saver()).compile(_spec(services)) if talks else None
    return [
        await _grade(number, row, kit, version, text, label, by)
        for number, row in enumerate(rows, 1)
    ]


def harmful(label: object) -> bool:
    """Say whether a label means danger: 0, none, no, false, safe and nothing do not."""
    return str(label).strip().casefold() not in _HARMLESS


async def _grade(
    number: int,
    row: Mapping[str, Any],
    kit: Kit,
    version: Version | None,
    text: str,
    label: str,
    by: Sequence[str],
) -> Screened:
    turns, alone = row.get("turns"), row.get("before") or []
    if label and label not in row:
        raise DataError(f"row {number} has no field {label!r}; it has: {', '.join(row)}")
    if isinstance(turns, list) and version is not None:
        judged = await _talk([str(turn) for turn in turns], kit, version)
    elif text in row:
        judged = await _screen([*map(str, alone), str(row[text])], kit, len(alone))
    else:
        raise DataError(f"row {number} has no field {text!r}; it has: {', '.join(row)}")
    return Screened(
        harmful=harmful(row[label]) if label else None,
        found=any(judged.routed),
        level=highest(*judged.levels),
        group=next((str(row[name]) for name in _CLASSES if row.get(name)), ""),
        spent=judged.spent,
        rules=[finding["rule"] for finding in judged.findings],
        kind=str(row.get("kind") or ""),
        act=str(row.get("act") or _act(judged.findings)),
        routed=judged.routed if isinstance(turns, list) else [],
        by={name: _value(row.get(name)) for name in by},
    )


def _act(findings: Sequence[Finding]) -> str:
    """Return what was done by what was found: one disclosure among it makes it one."""
    acts = {finding["act"] for finding in findings}
    return "disclosure" if "disclosure" in acts else next(iter(acts), UNKNOWN)


def _value(given: object) -> str:
    if given is None or given in ("", [], {}):
        return _NOTHING
    if isinstance(given, list):
        return ", ".join(sorted(map(str, given)))
    return json.dumps(given, sort_keys=True) if isinstance(given, dict) else str(given)


async def _screen(messages: Sequence[str], kit: Kit, first: int) -> _Judged:
    """Run the screen over messages; what came before the turn `first` does not count."""
    runtime = Runtime(context=Context())
    state: dict[str, Any] = {"messages": [], "given": []}
    judged = _Judged()
    for turn, message in enumerate(messages):
        history: list[AnyMessage] = [*state["messages"], HumanMessage(message)]
        state["messages"] = history
        state |= await begin_turn.run(cast(ConversationState, state), runtime, kit)
        started = time.perf_counter()
        update = await screen.run(cast(ConversationState, state), runtime, kit)
        judged.spent.append((time.perf_counter() - started) * 1000)
        state |= update
        if turn >= first:
            grade = update["grade"]
            judged.add(update["route"] == "crisis", grade["level"], grade["findings"])
    return judged


async def _talk(messages: Sequence[str], kit: Kit, version: Version) -> _Judged:
    """Run a conversation; a message that is not even taken is no turn, and goes nowhere."""
    talk, judged = Conversation(version, kit.services), _Judged()
    for message in messages:
        try:
            async for event in talk.send(message, context=Context(disclosed=True)):
                if isinstance(event, Finished):
                    told, risk = event.report, event.report["risk"]
                    judged.add(told["route"] == "crisis", risk["level"], risk["findings"])
                    judged.spent.append(told["timings"].get("screen", 0.0))
        except InputError:  # empty, or too long and harmless
            judged.add(False, Risk.NONE.value, [])
    await talk.forget()
    return judged


def _spec(services: Services) -> GraphSpec:
    """Return the smallest graph that answers, with a fake language model where there is one."""
    configs = services.models.configs.items()
    fake = next((name for name, config in configs if config.backend == "stub-chat"), None)
    nodes = {name: NodeSpec() for name in ("begin_turn", "screen", "crisis", "check", "deliver")}
    ways = {"crisis": ["crisis"], "support": ["respond"]}
    back = {"crisis": ["crisis"], "respond": ["respond"], DELIVER: ["deliver"]}
    return GraphSpec(
        name="screening",
        nodes={**nodes, "respond": NodeSpec(model=fake)},
        edges=[
            (START, "begin_turn"),
            ("begin_turn", "screen"),
            ("crisis", "check"),
            ("respond", "check"),
            ("deliver", END),
        ],
        routes={"screen": Table(on="route", to=ways), "check": Table(on="route", to=back)},
    )


def read_messages(file: Path) -> list[dict[str, Any]]:
    """Read JSON lines, or CSV and TSV with a head.

    Raises:
        DataError: the file cannot be read as what its name says, or has no rows.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(_parse(file.suffix.casefold(), lines))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"cannot read {file.name!r} as JSON lines or CSV: {error}") from error
    if not rows:
        raise DataError(f"{file.name!r} has no rows")
    return rows


def _parse(suffix: str, lines: Any) -> Iterator[dict[str, Any]]:
    if suffix in (".csv", ".tsv"):
        csv.field_size_limit(10_000_000)
        yield from csv.DictReader(lines, delimiter="\t" if suffix == ".tsv" else ",")
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = json.loads(line)
        if not isinstance(row, dict):
            raise DataError(f"line {number} is no JSON object")
        yield row
