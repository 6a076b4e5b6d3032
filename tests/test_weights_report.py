import io
from pathlib import Path

import pytest
from rich.console import Console

from tools.weights import report
from tools.weights.report import Shown, watching


def shown(*, terminal: bool) -> tuple[Shown, io.StringIO]:
    told = io.StringIO()
    return Shown(Console(file=told, force_terminal=terminal, width=120)), told


def test_without_a_terminal_progress_is_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_LINE_EVERY", 0.0)
    progress, told = shown(terminal=False)
    with progress.task("model", 100_000) as meter:
        meter(20_000)
        meter(60_000)
    lines = told.getvalue().splitlines()
    assert lines[0] == "model: fetching 100.0 kB"
    assert lines[2].startswith("model: 60.0 kB of 100.0 kB, ")
    assert lines[2].endswith("s left")
    assert "\x1b" not in told.getvalue()


def test_lines_are_not_written_for_every_chunk() -> None:
    progress, told = shown(terminal=False)
    with progress.task("model", 100_000) as meter:
        for done in range(0, 100_000, 1000):
            meter(done)
    assert told.getvalue().splitlines() == ["model: fetching 100.0 kB"]


def test_what_an_earlier_run_fetched_is_no_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(report.time, "monotonic", lambda: now)
    progress, told = shown(terminal=False)
    with progress.task("model", 100_000) as meter:
        meter(90_000)
        now = 10.0
        meter(95_000)
    assert told.getvalue().splitlines()[-1] == "model: 95.0 kB of 100.0 kB, 500 bytes/s, 10 s left"


def test_on_a_terminal_progress_is_a_bar_that_stops_where_it_broke_off() -> None:
    progress, told = shown(terminal=True)
    with pytest.raises(KeyboardInterrupt), progress.task("model", 100_000) as meter:
        meter(0)
        meter(60_000)
        raise KeyboardInterrupt
    assert "60.0/100.0 kB" in told.getvalue()


def test_a_bar_ends_full_though_a_wheel_is_smaller_than_its_file() -> None:
    progress, told = shown(terminal=True)
    with progress.task("model", 100_000) as meter:
        meter(60_000)
    assert "100.0/100.0 kB" in told.getvalue()


def test_more_than_all_is_shown_as_all() -> None:
    progress, told = shown(terminal=True)
    with pytest.raises(KeyboardInterrupt), progress.task("model", 100_000) as meter:
        meter(130_000)
        raise KeyboardInterrupt
    assert "100.0/100.0 kB" in told.getvalue()


def test_a_growing_file_is_measured_with_what_was_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_POLL_EVERY", 0.001)
    measured: list[int] = []
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "growing").write_bytes(b"x" * 700)
    with watching(tmp_path, measured.append, before=1000):
        while not measured:
            pass
    assert measured[0] == 1700
