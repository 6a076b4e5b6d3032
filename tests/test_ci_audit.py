"""`make audit`: known vulnerabilities of the packages, and secrets in the files."""

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ci_audit", ROOT / ".ci" / "audit.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder under git with the project's own baseline."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    baseline = (ROOT / ".secrets.baseline").read_text("utf-8")
    (tmp_path / ".secrets.baseline").write_text(baseline, "utf-8")
    return tmp_path


KEYS = {
    "a cloud key": "id = 'AKIA" + "IOSFODNN7" + "PLANTED'\n",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n",
    "a password in an address": "url = 'postgresql://someone:" + "correct-horse" + "@db/x'\n",
    "a token": "token = 'ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'\n",
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_planted_secret_is_found(kind: str, audit: ModuleType, project: Path) -> None:
    (project / "settings.py").write_text(f"x = 1\n{KEYS[kind]}", "utf-8")
    assert any(line.startswith("settings.py:2") for line in audit.secrets(project))


def test_a_file_without_a_secret_is_left_alone(audit: ModuleType, project: Path) -> None:
    (project / "settings.py").write_text("words = 'the letter came today'\n", "utf-8")
    assert audit.secrets(project) == []


def test_what_the_baseline_knows_may_move_in_its_file(audit: ModuleType, project: Path) -> None:
    baseline = json.loads((project / ".secrets.baseline").read_text("utf-8"))
    file, [known, *_] = next((f, o) for f, o in baseline["results"].items() if "faults" in f)
    line = (ROOT / file).read_text("utf-8").splitlines()[known["line_number"] - 1]
    (project / file).parent.mkdir(parents=True)
    (project / file).write_text("\n" * 40 + line + "\n", "utf-8")
    assert audit.secrets(project) == []
    (project / file).write_text(KEYS["a private key"], "utf-8")
    assert audit.secrets(project)


def test_a_file_that_git_ignores_is_not_read(audit: ModuleType, project: Path) -> None:
    (project / ".gitignore").write_text("mine.py\n")
    (project / "mine.py").write_text(KEYS["a private key"], "utf-8")
    assert audit.secrets(project) == []


SOUND = {"name": "sound", "version": "1.0", "vulns": []}
FLAWED = {
    "name": "flawed",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["1.1"], "description": "x"}],
}
UNKNOWN = {"name": "other", "skip_reason": "Dependency not found on PyPI"}


def test_a_known_vulnerability_is_named_with_its_remedy(audit: ModuleType) -> None:
    [line], remark = audit.read_audit([SOUND, FLAWED, UNKNOWN])
    assert "flawed 1.0: PYSEC-0000-1, mended in 1.1" in line and "2 of 3" in remark


def test_where_no_feed_knows_the_packages_that_is_said(audit: ModuleType) -> None:
    bad, remark = audit.read_audit([UNKNOWN, UNKNOWN])
    assert bad == [] and "nothing was audited" in remark


@pytest.mark.parametrize("output", ["", "Traceback ..."])
def test_where_no_feed_answers_that_is_said(
    output: str, audit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=output))
    bad, remark = audit.packages(ROOT / "constraints.txt")
    assert bad == [] and "nothing was audited" in remark


@pytest.mark.parametrize(
    ("flaws", "leaks", "status"), [([], [], 0), (["x"], [], 1), ([], ["y"], 1)]
)
def test_what_was_found_makes_the_audit_fail(
    flaws: list[str],
    leaks: list[str],
    status: int,
    audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(audit, "packages", lambda _: (flaws, "packages: told"))
    monkeypatch.setattr(audit, "secrets", lambda _: leaks)
    assert audit.main() == status
    assert "packages: told" in capsys.readouterr().out


def test_the_audit_is_run_by_make() -> None:
    wanted = subprocess.run(
        ["make", "--dry-run", "--always-make", "audit"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert ".ci/audit.py" in wanted
