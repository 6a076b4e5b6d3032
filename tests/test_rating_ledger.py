"""Where choices are kept: nothing is lost, whoever writes at the same time."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from tests.made_rating import ONE, OTHER, study
from tools.errors import DataError
from tools.judging.ratings import PairRating, ScoreRating, read_ratings
from tools.judging.rubrics import Scale
from ui.rating import ledger as module
from ui.rating.ledger import Ledger, unit
from ui.rating.places import SKIP

ROOT = Path(__file__).resolve().parents[1]
ASKED = study(25).questions("maple")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ratings.jsonl"


def test_a_choice_is_kept_as_a_rating_that_names_the_runs(file: Path) -> None:
    question = ASKED[0]
    Ledger(file).choose("maple", question, "right")
    [rating] = read_ratings(file)
    assert isinstance(rating, PairRating)
    assert (rating.left, rating.right) == (question.left, question.right)
    assert rating.value == question.right and rating.shown == "left-right"
    assert (rating.item, rating.criterion, rating.rater) == (
        question.item, question.criterion, "maple",
    )  # fmt: skip


def test_nothing_but_the_choice_the_time_and_the_word_is_recorded(file: Path) -> None:
    Ledger(file).choose("maple", ASKED[0], "tie")
    [line] = file.read_text("utf-8").splitlines()
    assert set(json.loads(line)) == {
        "item", "criterion", "rater", "left", "right", "choice", "shown", "at",
    }  # fmt: skip
    assert json.loads(line)["at"].endswith("+00:00")


def test_a_score_is_kept_as_a_number(file: Path) -> None:
    question = study(1, scale=Scale(low=0, high=2)).questions("maple")[0]
    made = Ledger(file)
    made.choose("maple", question, "2")
    [rating] = read_ratings(file)
    assert isinstance(rating, ScoreRating) and rating.score == 2 and rating.run == question.left
    assert made.chosen("maple") == {unit(question): "2"}


def test_a_later_choice_replaces_the_earlier_one_and_both_lines_stay(file: Path) -> None:
    made = Ledger(file)
    made.choose("maple", ASKED[0], "left")
    made.choose("maple", ASKED[0], "tie")
    assert Ledger(file).chosen("maple") == {unit(ASKED[0]): "tie"}
    assert len(file.read_text("utf-8").splitlines()) == 2


def test_a_choice_is_told_by_run_so_that_a_side_can_change(file: Path) -> None:
    made = Ledger(file)
    made.choose("maple", ASKED[0], "left")
    assert made.chosen("maple")[unit(ASKED[0])] == ASKED[0].left
    assert ASKED[0].left in (ONE, OTHER)


def test_raters_do_not_see_each_others_choices(file: Path) -> None:
    made = Ledger(file)
    made.choose("maple", ASKED[0], "left")
    assert made.chosen("birch") == {}


def test_what_was_left_out_is_no_rating_and_is_remembered(file: Path) -> None:
    Ledger(file).skip("maple", list(ASKED[:2]))
    assert read_ratings(file) == []
    assert Ledger(file).chosen("maple") == {unit(q): SKIP for q in ASKED[:2]}


def test_an_answer_counts_more_than_having_left_it_out(file: Path) -> None:
    made = Ledger(file)
    made.skip("maple", [ASKED[0]])
    made.choose("maple", ASKED[0], "tie")
    assert Ledger(file).chosen("maple") == {unit(ASKED[0]): "tie"}


def test_what_another_program_wrote_is_seen(file: Path) -> None:
    made, other = Ledger(file), Ledger(file)
    other.choose("maple", ASKED[0], "tie")
    assert made.chosen("maple") == {unit(ASKED[0]): "tie"}


def test_many_at_once_lose_no_line(file: Path) -> None:
    made = [Ledger(file), Ledger(file)]

    def one(n: int) -> None:
        made[n % 2].choose(f"rater-{n % 5}", ASKED[n], "left")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))
    assert len(read_ratings(file)) == 40


def test_two_programs_at_once_lose_no_line(file: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.made_rating import study;"
        "from ui.rating.ledger import Ledger; made = Ledger(Path(sys.argv[1]));"
        "[made.choose(sys.argv[2], q, 'tie') for q in study(8).questions('x')]"
    )
    programs = [
        subprocess.Popen([sys.executable, "-c", script, str(file), rater], cwd=ROOT)
        for rater in ("maple", "birch")
    ]
    assert [program.wait(60) for program in programs] == [0, 0]
    assert len(read_ratings(file)) == 32


def test_a_line_waits_for_the_one_who_writes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Ledger(file)
    monkeypatch.setattr("tools.journal.PATIENCE_S", 0.1)
    with FileLock(f"{file}.lock"), pytest.raises(DataError, match="lock"):
        made.choose("maple", ASKED[0], "tie")
    made.choose("maple", ASKED[0], "tie")
    assert len(read_ratings(file)) == 1


def test_a_line_that_a_killed_program_left_is_dropped_and_the_next_is_whole(file: Path) -> None:
    made = Ledger(file)
    made.choose("maple", ASKED[0], "tie")
    with file.open("a") as opened:
        opened.write('{"item": "talk')
    made.choose("maple", ASKED[1], "tie")
    assert len(read_ratings(file)) == 2


def test_a_choice_that_did_not_reach_the_file_is_said(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Ledger(file)
    monkeypatch.setattr(module, "append", lambda *_: None)  # as on a disk that took half a line
    with pytest.raises(DataError, match=r"ratings\.jsonl"):
        made.choose("maple", ASKED[0], "tie")


def test_a_file_that_cannot_be_written_is_said_before_anybody_rates(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(DataError, match=r"'r\.jsonl' cannot be written .*--out"):
        Ledger(tmp_path / "file" / "r.jsonl")


def test_a_folder_is_no_ratings_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be"):
        Ledger(tmp_path)


def test_a_file_of_something_else_is_refused_and_left_as_it_was(file: Path) -> None:
    file.write_text('{"name": "mine"}\n{"name": "mine"}\n', "utf-8")
    with pytest.raises(DataError, match=r"ratings\.jsonl:1"):
        Ledger(file)
    assert file.read_text("utf-8").count("mine") == 2
