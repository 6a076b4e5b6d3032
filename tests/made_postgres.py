"""A Postgres server for tests: the one that is configured, else a private one that ends with them.

`ATTUNE_TEST_POSTGRES` names a server by its URL. Without it a cluster is made from the programs of
Debian's `postgresql` package, on a Unix socket alone. Where there is neither, tests are skipped.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

SETTING = "ATTUNE_TEST_POSTGRES"
NONE = f"no Postgres: set {SETTING} to a URL, or install Debian's postgresql"


def programs() -> Path | None:
    """Return the folder of the newest installed server, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    return found[-1].parent if found else None


@dataclass
class Cluster:
    """A private server; `stop` and `start` make it go away and come back."""

    programs: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        ended = subprocess.run(
            command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60
        )
        if ended.returncode:
            raise RuntimeError(f"{program} failed: {ended.stderr.decode()[-400:]}")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.run("initdb", "-D", str(self.data), "-U", "attune", "-A", "trust", "-N", "-E", "UTF8")

    def start(self) -> None:
        options = f"-c listen_addresses='' -k {self.folder} -c fsync=off -c max_connections=60"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "-m", "immediate", "stop")

    @property
    def url(self) -> str:
        return f"postgresql://attune@/postgres?host={self.folder}"


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a private server; skip the test where that cannot be done."""
    found = programs()
    if found is None:
        pytest.skip(NONE)
    if os.geteuid() == 0 and not shutil.which("runuser"):
        pytest.skip("no runuser: the Postgres server refuses to run as root")
    # Not pytest's folder: that is closed to other users, and too long for the name of a socket.
    with tempfile.TemporaryDirectory(prefix="attune-pg-") as folder:
        made = Cluster(found, Path(folder))
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()


@contextmanager
def server() -> Iterator[str]:
    """Yield the URL of a server."""
    configured = os.environ.get(SETTING, "")
    if configured:
        yield configured
        return
    with cluster() as made:
        yield made.url


@contextmanager
def database(url: str) -> Iterator[str]:
    """Yield the URL of a new, empty database on the server at `url`; it is dropped at the end."""
    from sqlalchemy import create_engine, make_url, text

    parsed = make_url(url).set(drivername="postgresql+psycopg")
    name = f"attune_{uuid4().hex}"
    engine = create_engine(parsed, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield parsed.set(drivername="postgresql", database=name).render_as_string(
            hide_password=False
        )
        engine.dispose()  # the server may have been away
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        engine.dispose()
