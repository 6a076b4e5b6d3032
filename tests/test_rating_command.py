"""`python -m ui rate`: what is printed, what is refused, and that it serves and ends."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.made_program import ROOT, in_reach
from tests.made_rating import ONE, OTHER, study, two_folders
from tools.command import run
from tools.errors import DataError
from tools.judging.rubrics import Scale
from ui.__main__ import app
from ui.rating.ledger import Ledger
from ui.rating.summary import summarise


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> str:
    monkeypatch.setattr("ui.rating.command.close_off", lambda: None)
    monkeypatch.setattr("sys.argv", ["ui", "rate", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        run(app)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


def row(table: str, start: str) -> str:
    return next(line for line in table.splitlines() if line.split()[:1] == [start])


def test_a_summary_counts_wins_ties_and_losses_of_each_criterion(tmp_path: Path) -> None:
    made, ledger = study(4), Ledger(tmp_path / "r.jsonl")
    for rater in ("maple", "birch"):
        for question in made.questions(rater):
            side = "left" if question.left == ONE else "right"
            tie = question.item == made.items[0] and question.criterion == "Comfort"
            ledger.choose(rater, question, "tie" if tie else side)
    said = summarise(tmp_path / "r.jsonl")
    assert "ratings: 16, raters: 2, items: 4" in said
    assert f"{ONE} / {OTHER}" in said
    fluency, comfort = row(said, "Fluency"), row(said, "Comfort")
    assert re.search(r"100 \[100, 100\] +0 \[0, 0\] +0 \[0, 0\] +8 +4", fluency)
    assert re.search(r"75 \[\d+, 100\] +25 \[0, \d+\] +0 \[0, 0\] +8 +4", comfort)


def test_a_summary_says_how_well_raters_agree(tmp_path: Path) -> None:
    made, ledger = study(4), Ledger(tmp_path / "r.jsonl")
    for rater in ("maple", "birch"):
        for question in made.questions(rater):
            first = question.item in made.items[:2]
            ledger.choose(rater, question, "tie" if first else _side(question.left))
    agreement = summarise(tmp_path / "r.jsonl").partition("Agreement")[2]
    assert re.search(r"2 +4 +100% +1\.00 \(Cohen, n 4\) +1\.00 \(nominal\)", agreement)


def _side(left: str) -> str:
    return "left" if left == ONE else "right"


def test_a_summary_of_scores_has_the_mean_of_each_run(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "r.jsonl")
    for question in study(3, scale=Scale(low=0, high=2)).questions("maple"):
        ledger.choose("maple", question, "2" if question.left == ONE else "1")
    said = summarise(tmp_path / "r.jsonl")
    assert re.search(rf"{ONE} +2\.00 \[2\.00, 2\.00\] +3 +3", said)
    assert re.search(rf"{OTHER} +1\.00", said)


def test_an_empty_file_has_no_summary(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").touch()
    with pytest.raises(DataError, match=r"no rating in 'r\.jsonl'"):
        summarise(tmp_path / "r.jsonl")


def test_a_summary_is_printed_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Ledger(tmp_path / "r.jsonl").choose("maple", study().questions("maple")[0], "tie")
    monkeypatch.setattr("sys.argv", ["ui", "rate", "--summary", str(tmp_path / "r.jsonl")])
    with pytest.raises(SystemExit) as ended:
        run(app)
    assert not ended.value.code and "ratings: 1, raters: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "give run folders"),
        (("none",), "'none' holds no run"),
        (("{one}",), "compares two runs, and 1 was given"),
        (("{one}", "{one}"), "two runs are called"),
        (("{one}", "{other}", "--rubric", "escon"), "did you mean 'esconv'"),
        (("{one}", "{other}", "--out", "{one}/manifest.json/r.jsonl"), "cannot be written"),
        (("{one}", "{other}", "--out", "{one}/items.jsonl"), "is no rating"),
        (("{one}", "--summary", "r.jsonl"), "leave the runs out"),
        (("--summary", "none.jsonl"), "'none.jsonl' cannot be read"),
        (
            ("{one}", "{other}", "--country", "Atlantis", "--out", "{one}/r.jsonl"),
            "unknown country",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
    part: str,
) -> None:
    one, other = two_folders(tmp_path)
    monkeypatch.chdir(tmp_path)
    named = (word.format(one=one, other=other) for word in words)
    assert part in refused(monkeypatch, capsys, *named)


def test_a_port_that_is_taken_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = (*two_folders(tmp_path), "--out", tmp_path / "r.jsonl", "--port", port)
        assert f"the port {port} cannot be used" in refused(monkeypatch, capsys, *words)


def test_the_program_serves_says_what_is_drawn_and_ends(tmp_path: Path) -> None:
    one, other = two_folders(tmp_path)
    file = tmp_path / "r.jsonl"
    options = ("--items", "2", "--out", str(file), "--port", "0")
    program = subprocess.Popen(
        [sys.executable, "-m", "ui", "rate", str(one), str(other), *options],
        cwd=ROOT, env=in_reach(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert program.stdout is not None
        first = program.stdout.readline()
        assert "they share 3, of which 3 have every reply. 2 are drawn." in first
        [home] = re.findall(r"ready: (http://127\.0\.0\.1:\d+)", program.stdout.readline())
        with httpx.Client(base_url=home, trust_env=False) as client:
            assert "2 pairs" in client.get("/").text
            program.send_signal(signal.SIGINT)
            said, _ = program.communicate(timeout=20)
        assert said == "" and program.returncode == 0
    finally:
        program.kill()
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0, "others can read the ratings"


def test_the_command_loads_no_page_of_gradio(tmp_path: Path) -> None:
    script = (
        "import sys; from ui.rating import app, command, ledger, server, study;"
        "print(sorted({'gradio', 'torch', 'transformers', 'sklearn'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
