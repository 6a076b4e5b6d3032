"""A kept conversation that somebody poisoned is refused, and runs nothing."""

from pathlib import Path

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from graphs.keeping.written import read
from tests.made_hostile import (
    poisoned,
)
from tools.errors import (
    StorageError,
)


@pytest.mark.parametrize("module", ["os", "posix", "pathlib", "shutil"])
@pytest.mark.parametrize("kind", range(8))
def test_a_poisoned_checkpoint_is_refused_and_runs_nothing(
    kind: int, module: str, marker: Path
) -> None:
    with pytest.raises(StorageError):
        read(poisoned(kind, module, "mkdir", str(marker)))


@pytest.mark.parametrize("data", [b"", b"\x80\x03.", b"{}", b"\xc1", b"\x91" * 100_000])
def test_a_checkpoint_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(StorageError):
        read(data)


def test_the_poison_of_these_tests_would_work_with_a_serde_that_allows_it(tmp_path: Path) -> None:
    loose = JsonPlusSerializer(allowed_msgpack_modules=True)
    loose.loads_typed(("msgpack", poisoned(0, "os", "mkdir", str(tmp_path / "made"))))
    assert (tmp_path / "made").is_dir()
