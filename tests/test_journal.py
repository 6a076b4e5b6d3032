"""Journals and files that a kill, a full disk or a second writer does not spoil."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from tools import journal
from tools.errors import DataError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "made" / "lines.jsonl"


def found(file: Path) -> list[object]:
    return [record for _, record in journal.records(file)]


def test_records_come_back_as_they_were_written(file: Path) -> None:
    journal.append(file, {"n": 1})
    journal.append(file, {"n": "žluť\u2028kůň"}, {"n": 3})
    assert found(file) == [{"n": 1}, {"n": "žluť\u2028kůň"}, {"n": 3}]
    assert file.read_bytes().count(b"\n") == 3


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_last_line_that_is_cut_anywhere_is_left_out_and_written_over(
    cut: int, file: Path
) -> None:
    journal.append(file, {"n": 1}, {"n": "kůň"})  # 12 bytes after the first, ů and ň of two each
    file.write_bytes(file.read_bytes()[: -1 - cut])
    assert found(file) == [{"n": 1}]
    journal.append(file, {"n": 3})
    assert found(file) == [{"n": 1}, {"n": 3}]


def test_a_last_record_that_lacks_its_line_break_alone_is_read_and_kept(file: Path) -> None:
    journal.append(file, {"n": 1}, {"n": 2})
    file.write_bytes(file.read_bytes()[:-1])
    assert found(file) == [{"n": 1}, {"n": 2}]
    journal.append(file, {"n": 3})
    assert found(file) == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize("damage", [b"no json", b'{"n": ', b'{"n": "\xff"}'])
def test_a_damaged_line_between_others_is_named(damage: bytes, file: Path) -> None:
    journal.append(file, {"n": 1})
    file.write_bytes(file.read_bytes() + damage + b'\n{"n": 3}\n')
    with pytest.raises(DataError, match=r"lines\.jsonl:2 of 'made'"):
        found(file)


def test_the_end_of_a_foreign_file_is_neither_passed_over_nor_destroyed(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("my notes", "utf-8")
    with pytest.raises(DataError, match=r"lines\.jsonl:1"):
        found(file)
    journal.append(file, {"n": 1})
    assert file.read_text("utf-8").startswith("my notes\n")


def test_a_file_that_is_not_there_is_said(file: Path) -> None:
    with pytest.raises(DataError, match=r"'lines\.jsonl' cannot be read .* 'made'"):
        found(file)


def test_a_write_that_the_disk_takes_a_part_of_is_noticed_and_leaves_nothing(file: Path) -> None:
    journal.append(file, {"n": 1})
    script = (
        "import resource, sys; from pathlib import Path; from tools import journal\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))\n"
        "with journal.writing('the made run', 'make room'):\n"
        "    journal.append(Path(sys.argv[1]), {'n': 'x' * 100})\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(file)], cwd=ROOT, capture_output=True, text=True
    ).stderr
    assert "DataError: the made run cannot be written (File too large); make room" in told
    assert file.read_bytes() == b'{"n": 1}\n'


def test_writers_of_a_shared_journal_wait_for_each_other(file: Path) -> None:
    def one(n: int) -> None:
        journal.append(file, {"n": n, "long": "x" * 5000}, shared=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(60)))
    assert len(found(file)) == 60


def test_nobody_cuts_a_line_that_another_is_still_writing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "PATIENCE_S", 0.1)
    file.parent.mkdir()
    file.write_bytes(b'{"half": ')
    with (
        FileLock(f"{file}.lock"),
        pytest.raises(DataError, match="another program holds its lock"),
        journal.writing("it", "wait"),
    ):
        journal.append(file, {"n": 1}, shared=True)
    assert file.read_bytes() == b'{"half": '


def test_a_kill_while_a_file_is_replaced_leaves_the_old_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.replace_json(file, {"n": "old"})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        journal.replace_json(file, {"n": "new"})
    assert "old" in file.read_text("utf-8")
