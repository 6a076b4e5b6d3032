"""The audit log: what is recorded of danger, what is not, and what happens to it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from agents.context import Context, Kit, Services, Update
from agents.library import NODES
from agents.node import node
from agents.screen import ScreenOptions
from agents.state import ConversationState
from graphs.__main__ import app
from graphs.keeping.saver import Saver
from graphs.run import Conversation, Sentence
from graphs.services import assemble
from graphs.shelf import Shelf
from tests.made_risk import finding
from tests.made_services import stub_services
from tests.made_turn import conversation, say, voice
from tools.errors import ConfigError, DataError
from tools.records import RiskGrade
from tools.safety.audit import UNNAMED, AuditLog, Decision, Shown, clean
from tools.safety.chain import KEY, Chain, canonical
from tools.safety.counts import count
from tools.safety.course import advance, grade_of
from tools.safety.policy import SafetyPolicy
from tools.safety.resources import load_resources
from tools.safety.verdict import entries, verify
from ui import texts
from ui.layout import welcome_html

SECRET = "zanzibar-lantern"
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.delenv("ATTUNE_AUDIT", raising=False)


@pytest.fixture
def danger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every message count as danger, by a rule whose name is a sentence of the person."""

    def graded(self: SafetyPolicy, text: str, **_: Any) -> RiskGrade:
        return grade_of([finding(level="high", rule=f"said {text}")] if text else [])

    monkeypatch.setattr(SafetyPolicy, "grade", graded)


def logged(folder: Path, **options: Any) -> tuple[Services, AuditLog]:
    log = AuditLog(folder)
    return replace(stub_services(**options), audit=log), log


def told(log: AuditLog) -> list[Any]:
    log.close()
    return list(entries(log.file))


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def decision(**changes: Any) -> Decision:
    made: dict[str, Any] = {
        "kind": "decision",
        "turn": 1,
        "screen": "screen",
        "level": "none",
        "now": "none",
        "peak": "none",
        "findings": [],
        "crisis": False,
        "country": "",
        "versions": {},
    }
    return Decision(**{**made, **changes})  # type: ignore[typeddict-item]


def filled(folder: Path, number: int = 6) -> Path:
    log = AuditLog(folder)
    for turn in range(1, number + 1):
        log.write("one", decision(turn=turn))
    log.close()
    return log.file


def rewrite(file: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    file.write_bytes(b"".join(line + b"\n" for line in change(file.read_bytes().splitlines())))


# What is recorded.


async def test_r21_the_decision_and_the_resources_of_a_crisis_turn_are_recorded(
    tmp_path: Path, danger: None
) -> None:
    services, log = logged(tmp_path)
    talk = conversation(services)
    report = await say(talk, "Hello.", country="US")
    first, *shown, last = told(log)
    assert first["kind"] == "decision" and first["level"] == "high" and first["crisis"] is True
    assert first["findings"][0]["danger"] == "suicide" and first["findings"][0]["whose"] == "own"
    assert first["country"] == "US" and first["versions"]["graph"] == report["graph"]
    assert {"answers", "phrases", "resources", "speech"} <= set(first["versions"])
    assert {entry["kind"] for entry in shown} == {"shown"}
    services_of_us = {s.id for s in (load_resources().find("US") or pytest.fail()).services}
    assert last["kind"] == "delivery" and set(last["resources"]) & services_of_us
    assert {id for entry in shown for id in entry["resources"]} == set(last["resources"])
    assert {entry["turn"] for entry in (first, *shown, last)} == {1}


async def test_r21_a_quiet_turn_is_recorded_with_each_of_its_screens(tmp_path: Path) -> None:
    services, log = logged(tmp_path, ears={"text": "I went for a walk."})
    await say(conversation(services), "Hello.", [voice()], microphone=True)
    kinds = [(entry["kind"], entry.get("screen", "")) for entry in told(log)]
    assert kinds == [("decision", "screen"), ("decision", "screen_heard"), ("delivery", "")]
    assert told(log)[-1]["resources"] == []


async def test_r21_the_decision_stands_before_the_reply_begins(
    tmp_path: Path, danger: None
) -> None:
    services, log = logged(tmp_path)
    turn = conversation(services).send("Hello.", (), Context(country="US"))
    async for event in turn:
        if isinstance(event, Sentence):
            break
    await turn.aclose()  # as when the person presses Stop
    assert told(log)[0]["kind"] == "decision"
    assert "delivery" not in {entry["kind"] for entry in told(log)}


async def test_r21_a_resource_that_was_shown_before_a_stop_is_recorded(
    tmp_path: Path, danger: None
) -> None:
    services, log = logged(tmp_path)
    line = services.phrases.for_locale("en").line(load_resources().international[0])
    turn = conversation(services).send("Hello.")
    async for event in turn:
        if isinstance(event, Sentence) and event.text == line:
            break
    await turn.aclose()
    assert told(log)[-1]["resources"] == [load_resources().international[0].id]


async def test_r21_no_word_of_the_person_and_no_id_of_theirs_is_written(
    tmp_path: Path, danger: None
) -> None:
    services, log = logged(tmp_path, ears={"text": f"{SECRET} aloud"})
    talk = conversation(services)
    report = await say(talk, f"{SECRET} typed", [voice()], country=SECRET, microphone=True)
    assert SECRET in str(report["risk"]["findings"])  # the made rule bears it as its name
    log.close()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SECRET.encode() not in written and talk.id.encode() not in written
    assert entries(log.file)[0]["findings"][0]["rule"] == UNNAMED


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("suicide.wish", True),
        ("yes to plan", True),
        ("probability 0.87", True),
        ("RuntimeError", True),
        ("I went out again", False),
        ("x" * 65, False),
    ],
)
def test_r21_a_rule_is_named_only_where_its_name_is_no_sentence(rule: str, kept: bool) -> None:
    [found] = clean(decision(findings=[finding(rule=rule)]))["findings"]
    assert found["rule"] == (rule if kept else UNNAMED)


async def test_r21_one_conversation_is_known_again_and_two_are_told_apart(tmp_path: Path) -> None:
    services, log = logged(tmp_path)
    one, other = conversation(services), conversation(services)
    for talk in (one, one, other):
        await say(talk, "Hello.")
    digests = [entry["conversation"] for entry in told(log) if entry["kind"] == "decision"]
    assert digests[0] == digests[1] != digests[2]


async def test_r21_a_screen_that_was_swapped_is_recorded_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @node(
        writes=("grade", "risk", "route", "notes"), options=ScreenOptions, duty="screen",
        routes=("support", "crisis"),
    )  # fmt: skip
    async def guard(state: ConversationState, runtime: Any, kit: Kit) -> Update:
        found = [finding(level="imminent")]
        risk = advance(state["risk"], state["turn"], found)
        return {"grade": grade_of(found), "risk": risk, "route": "crisis"}

    monkeypatch.setitem(NODES, "screen", guard)
    services, log = logged(tmp_path)
    await say(conversation(services), "Hello.")
    assert told(log)[0]["level"] == "imminent"


async def test_r21_the_decision_of_a_screen_that_broke_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @node(
        writes=("grade", "risk", "route", "notes"), options=ScreenOptions, duty="screen",
        routes=("support", "crisis"),
    )  # fmt: skip
    async def broken(state: ConversationState, runtime: Any, kit: Kit) -> Update:
        raise RuntimeError(SECRET)

    monkeypatch.setitem(NODES, "screen", broken)
    services, log = logged(tmp_path)
    await say(conversation(services), "Hello.")
    first = told(log)[0]
    assert first["kind"] == "decision" and first["crisis"] is True
    assert first["findings"][0]["danger"] == "unscreened"
    assert SECRET not in log.file.read_text("utf-8")


async def test_r21_nothing_is_recorded_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "cache"))
    assert assemble("stub").audit is None
    monkeypatch.setenv("ATTUNE_AUDIT", str(tmp_path / "log"))
    assert assemble("stub", recorded=False).audit is None
    assert not (tmp_path / "log").exists()
    log = assemble("stub").audit
    assert isinstance(log, AuditLog) and log.file.parent == tmp_path / "log"


def test_r21_the_page_says_that_something_is_recorded() -> None:
    phrases = stub_services().phrases.for_locale("en")
    assert texts.RECORDED in welcome_html(phrases, recorded=True)
    assert texts.RECORDED not in welcome_html(phrases)


# Trouble.


async def test_r21_a_reply_does_not_wait_for_a_log_that_cannot_be_written(
    tmp_path: Path, danger: None
) -> None:
    services, log = logged(tmp_path)
    lock = FileLock(tmp_path / "audit.lock")
    with lock:
        started = time.perf_counter()
        report = await say(conversation(services), "Hello.")
        assert report["route"] == "crisis" and report["reply"]
        assert time.perf_counter() - started < 5
    assert [entry["kind"] for entry in told(log)][0] == "decision"  # written once it could be


async def test_r21_a_failure_to_write_is_a_note_and_nothing_of_it_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    services, log = logged(tmp_path)
    talk, append = conversation(services), Chain.append
    failed = threading.Event()

    def full(*_: object) -> None:
        failed.set()
        raise OSError(28, "made")

    monkeypatch.setattr(Chain, "append", full)
    await say(talk, "Hello.")
    assert failed.wait(5)
    assert (await say(talk, "Hello again."))["notes"][-1] == {
        "node": "deliver",
        "text": "the audit log could not be written: OSError",
    }
    assert "audit log cannot be written" in caplog.text
    monkeypatch.setattr(Chain, "append", append)
    assert [e["turn"] for e in told(log) if e["kind"] == "decision"] == [1, 2]
    assert log.trouble == ""


def test_r21_a_folder_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        AuditLog(tmp_path / "file" / "log")


def test_r21_what_does_not_fit_into_memory_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.safety.audit._KEPT", 2)
    log = AuditLog(tmp_path)
    with FileLock(tmp_path / "audit.lock"):
        for turn in range(1, 6):
            log.write("one", decision(turn=turn))
    found = told(log)
    assert [e["turn"] for e in found if e["kind"] == "decision"] == [1, 2]
    assert sum(e["entries"] for e in found if e["kind"] == "lost") == 3


# The chain.


def test_r21_a_log_that_nobody_touched_is_whole(tmp_path: Path) -> None:
    file = filled(tmp_path)
    filled(tmp_path)  # a later run goes on with the same chain
    verdict = verify(file)
    assert (verdict.entries, verdict.keyed, verdict.problems) == (12, True, [])


def _edit(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b'"turn":3', b'"turn":9'), *lines[3:]]


def _edit_last(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1].replace(b'"turn":6', b'"turn":9')]


@pytest.mark.parametrize("keyed", [True, False], ids=["with the key", "without"])
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_edit, "line 3 was edited"),
        (_edit_last, "line 6 was edited"),
        (lambda lines: [*lines[:2], b"{}", *lines[3:]], "line 3 cannot be read"),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3 comes too soon: entry 3 is removed"),
        (lambda lines: lines[2:], "line 1 comes too soon: entries 1 to 2 are removed"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "line 3 is out of order"),
        (lambda lines: [*lines, lines[1]], "line 7 is out of order, or a copy"),
        (lambda lines: lines[:4], "cut off: entries 5 to 6 are missing"),
        (lambda lines: [], "cut off: entries 1 to 6 are missing"),
    ],
)
def test_r21_a_line_that_was_touched_is_named(
    tmp_path: Path, change: Any, problem: str, keyed: bool
) -> None:
    file = filled(tmp_path)
    rewrite(file, change)
    if not keyed:
        (tmp_path / "audit.key").unlink()
    code, printed = call("audit", "verify", str(file))
    assert code == 1 and problem in printed
    assert "broken" in printed


def test_r21_a_whole_new_chain_is_known_by_its_seals(tmp_path: Path) -> None:
    file = filled(tmp_path)
    other = filled(tmp_path / "other")
    file.write_bytes(other.read_bytes())
    file.with_suffix(".head").write_bytes(other.with_suffix(".head").read_bytes())
    assert verify(file).problems[0] == "line 1 was edited: its seal does not fit"


def test_r21_lines_that_were_cut_off_stay_missed_when_the_log_goes_on(tmp_path: Path) -> None:
    file = filled(tmp_path)
    rewrite(file, lambda lines: lines[:4])
    filled(tmp_path, 2)
    assert verify(file).problems == ["line 5 comes too soon: entries 5 to 6 are removed before it"]


def test_r21_a_head_that_was_taken_away_stays_missed(tmp_path: Path) -> None:
    file = filled(tmp_path)
    rewrite(file, lambda lines: lines[:4])
    file.with_suffix(".head").unlink()
    assert "audit.head is gone" in verify(file).problems[0]
    filled(tmp_path, 2)
    assert verify(file).problems == [
        "line 5 was written when the head was gone: lines before it may be, too"
    ]


def test_r21_half_a_line_after_a_crash_is_mended(tmp_path: Path) -> None:
    file = filled(tmp_path)
    with file.open("ab") as log:
        log.write(b'{"before":"00')
    assert verify(file).problems == []
    filled(tmp_path, 1)
    assert (verify(file).entries, verify(file).problems) == (7, [])


def test_r21_a_crash_between_a_line_and_its_head_breaks_nothing(tmp_path: Path) -> None:
    file = filled(tmp_path, 3)
    head = file.with_suffix(".head").read_bytes()
    filled(tmp_path, 3)
    file.with_suffix(".head").write_bytes(head)
    assert verify(file).problems == []
    filled(tmp_path, 1)
    assert (verify(file).entries, verify(file).problems) == (7, [])


def test_r21_processes_that_write_at_once_write_one_chain(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from tools.safety.audit import AuditLog

log = AuditLog(Path(sys.argv[1]))
for _ in range(20):
    log.write("one", {"kind": "handoff", "level": "low", "outcome": "delivered"})
    time.sleep(0.005)
log.close()
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    verdict = verify(tmp_path / "audit.jsonl")
    assert (verdict.entries, verdict.problems) == (60, [])


def test_r21_only_the_owner_may_read_the_log_and_its_key(tmp_path: Path) -> None:
    file = filled(tmp_path / "log", 1)
    modes = {path.name: path.stat().st_mode & 0o077 for path in file.parent.iterdir()}
    del modes["audit.lock"]
    assert set(modes.values()) == {0}


def test_r21_the_key_of_the_environment_is_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, "a made key of this test")
    file = filled(tmp_path)
    assert not (tmp_path / "audit.key").exists() and verify(file).problems == []
    monkeypatch.setenv(KEY, "another made key of it")
    assert "seal" in verify(file).problems[0]
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(ConfigError, match="too short"):
        AuditLog(tmp_path)


def test_r21_a_log_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"audit\.jsonl"):
        verify(tmp_path / "audit.jsonl")


def test_r21_verify_prints_the_hash_that_one_keeps_elsewhere(tmp_path: Path) -> None:
    file = filled(tmp_path)
    code, printed = call("audit", "verify", str(file))
    assert code == 0 and printed == f"ok: 6 entries, the last one {verify(file).last}\n"


# The counts.


def shown(turn: int, *resources: str, dangers: tuple[str, ...] = ("suicide",)) -> Shown:
    return {
        "kind": "shown",
        "turn": turn,
        "level": "high",
        "dangers": list(dangers),
        "writer": "crisis",
        "resources": list(resources),
        "country": "",
    }


def test_r21_a_turn_counts_as_one_referral_however_many_services_it_shows() -> None:
    def at(month: int, turn: int, **more: Any) -> dict[str, Any]:
        made = shown(turn, "a", dangers=more.pop("dangers", ("suicide",)))
        return {"time": f"2027-{month:02}-03T10:00:00+00:00", "conversation": "x", **made, **more}

    found = count(
        [
            at(1, 1),
            at(1, 1),
            at(1, 1, kind="delivery"),
            at(3, 2, dangers=("suicide", "eating_disorder")),
            at(3, 1, conversation="y", dangers=("eating_disorder",)),
            at(3, 3, resources=[]),
            {**at(3, 4), "time": "2026-12-31T23:59:59+00:00"},
            {"time": "2027-05-01", "conversation": "x", **decision(level="none")},
            {"time": "2027-05-01", "conversation": "x", **decision(level="low")},
            {"time": "2027-05-01", "kind": "handoff", "outcome": "delivered", "level": "low"},
            {"time": "2027-05-01", "kind": "of a later version"},
        ],
        2027,
    )
    assert (found["referrals"], found["conversations"]) == (3, 2)
    assert (found["by_month"]["01"], found["by_month"]["03"], found["by_month"]["12"]) == (1, 2, 0)
    assert found["by_danger"]["eating_disorder"]["03"] == 2
    assert found["by_danger"]["suicide"]["01"] == 1
    assert found["turns"] == {"low": 1} and found["handoffs"] == {"delivered": 1}


async def test_r21_the_counts_of_a_year_name_nobody(tmp_path: Path, danger: None) -> None:
    services, log = logged(tmp_path)
    await say(conversation(services), "Hello.", country="US")
    digest, year = told(log)[0]["conversation"], told(log)[0]["time"][:4]
    code, printed = call("audit", "counts", str(log.file), "--year", year, "--json")
    assert code == 0 and json.loads(printed)["referrals"] == 1 and digest not in printed
    code, table = call("audit", "counts", str(log.file), "--year", year)
    assert code == 0 and "suicide" in table and digest not in table


def test_an_entry_has_one_form() -> None:
    assert canonical({"b": 1, "a": "é"}) == b'{"a":"\\u00e9","b":1}'


async def test_a_graph_wired_by_hand_is_recorded_too(tmp_path: Path, danger: None) -> None:
    from graphs.support_twin import by_hand

    services, log = logged(tmp_path)
    version = Shelf(services).current("support")
    graph = by_hand(services).compile(Saver())
    await say(Conversation(replace(version, graph=graph), services), "Hello.")
    assert told(log)[0]["kind"] == "decision"
