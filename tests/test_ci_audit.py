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


def test_only_what_was_audited_is_called_sound(audit: ModuleType) -> None:
    assert audit.read_audit([SOUND, UNKNOWN]) == (
        [],
        "packages: 1 of 2 audited, none known as vulnerable",
    )
    assert "none known" not in audit.read_audit([FLAWED, UNKNOWN])[1]


def test_where_no_feed_knows_the_packages_that_is_said(audit: ModuleType) -> None:
    bad, remark = audit.read_audit([UNKNOWN, UNKNOWN])
    assert bad == [] and "nothing was audited" in remark and "none known" not in remark


def test_an_audit_of_nothing_at_all_fails(audit: ModuleType) -> None:
    assert audit.read_audit([])[0]


def answering(audit: ModuleType, patch: pytest.MonkeyPatch, stdout: str, stderr: str) -> None:
    ended = SimpleNamespace(stdout=stdout, stderr=stderr, returncode=1)
    patch.setattr(audit.subprocess, "run", lambda *_, **__: ended)


@pytest.mark.parametrize(
    "stderr",
    [
        "Traceback ...\nrequests.exceptions.ProxyError: HTTPSConnectionPool(...)\n",
        "requests.exceptions.ConnectionError: no route",
        "requests.exceptions.ReadTimeout: too slow",
        "ERROR:x:Could not connect\nERROR:x:Tip: your network may be blocking this service. Try",
    ],
)
def test_where_no_feed_answers_that_is_said(
    stderr: str, audit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(audit, monkeypatch, "", stderr)
    bad, remark = audit.packages(ROOT / "constraints.txt")
    assert bad == [] and "nothing was audited" in remark


def test_an_audit_that_takes_too_long_is_said(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PATIENCE_S", 0)
    bad, remark = audit.packages(ROOT / "constraints.txt")
    assert bad == [] and "nothing was audited" in remark


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        ("", "python: No module named pip_audit\n"),
        ("", "ERROR:pip_audit._cli:requirement six is not pinned to an exact version: six>=1\n"),
        ("", "requests.exceptions.ConnectionError: x\n\nTraceback ...\nValueError: y\n"),
        ("", "requests.exceptions.SSLError: a certificate of somebody else\n"),
        ("", ""),
        ("{}", "No known vulnerabilities found"),
        ("[]", ""),
    ],
)
def test_an_audit_that_does_not_work_fails(
    stdout: str, stderr: str, audit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(audit, monkeypatch, stdout, stderr)
    [line], remark = audit.packages(ROOT / "constraints.txt")
    assert "pip-audit failed" in line and "not audited" in remark


def test_a_version_that_is_not_pinned_makes_the_audit_fail(
    tmp_path: Path, audit: ModuleType
) -> None:
    (tmp_path / "pins.txt").write_text("six>=1\n", "utf-8")
    [line], _ = audit.packages(tmp_path / "pins.txt")
    assert "not pinned" in line


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
