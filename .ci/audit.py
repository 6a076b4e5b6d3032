#!/usr/bin/env python3
"""Audit what the project depends on, and look for secrets in its files: `make audit`.

Packages: `pip-audit` compares constraints.txt with the vulnerability feed. A known vulnerability
fails, and so does a `pip-audit` that does not work; where the feed cannot be reached, or knows none
of the packages, that is said and is no failure.

Keys: `detect-secrets` reads every file that git knows. What looks like one and is none stands in
`.secrets.baseline` by its hash, wherever it moves in its file; anything else fails.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ".secrets.baseline"
PATIENCE_S = 600
UNREACHED = "packages: no vulnerability feed could be reached, so nothing was audited"
# The last line that `pip-audit` writes; a certificate that is refused is none of these.
CONNECTION = re.compile(
    r"^requests\.exceptions\.(ConnectionError|ProxyError|ConnectTimeout|ReadTimeout|Timeout)\b"
    r"|network may be blocking this service"
)
RENEW = "detect-secrets scan --exclude-lines 'sha256:.{1,3}[0-9a-f]{64}' > .secrets.baseline"


def packages(pins: Path) -> tuple[list[str], str]:
    """Return the known vulnerabilities of pinned packages, or why there is no audit; and a remark.

    Args:
        pins: a requirements file of exact versions.
    """
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(pins)),
        *("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"),
    ]
    try:
        audit = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return [], UNREACHED
    try:
        return read_audit(json.loads(audit.stdout)["dependencies"])
    except (ValueError, KeyError, TypeError):
        last = (audit.stderr.strip() or "it said nothing").splitlines()[-1]
        if CONNECTION.search(last):
            return [], UNREACHED
        return [f"pip-audit failed ({audit.returncode}): {last}"], "packages: not audited"


def read_audit(found: list[dict]) -> tuple[list[str], str]:
    """Return the vulnerabilities in `pip-audit`'s list of packages, and a remark."""
    audited = [each for each in found if "skip_reason" not in each]
    bad = [
        f"{each['name']} {each['version']}: {flaw['id']}, "
        f"mended in {', '.join(flaw.get('fix_versions') or []) or 'no version yet'}"
        for each in audited
        for flaw in each.get("vulns", [])
    ]
    if not found:
        return ["pip-audit read no package at all"], "packages: not audited"
    if not audited:
        return [], "packages: no vulnerability feed knows any of them, so nothing was audited"
    none = "" if bad else ", none known as vulnerable"
    return bad, f"packages: {len(audited)} of {len(found)} audited{none}"


def secrets(root: Path) -> list[str]:
    """Return what looks like a secret in the files below `root` and is not in its baseline."""
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import transient_settings

    baseline = json.loads((root / BASELINE).read_text("utf-8"))
    known = {
        (file, one["type"], one["hashed_secret"])
        for file, ones in baseline["results"].items()
        for one in ones
    }
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=root, capture_output=True, text=True, check=True).stdout
    with transient_settings(baseline):
        found = SecretsCollection(str(root))
        for file in filter(None, files.split("\0")):
            if file != BASELINE and (root / file).is_file():
                found.scan_file(file)
    return [
        f"{file}:{one.line_number}: {one.type}"
        for file, one in found
        if (file, one.type, one.secret_hash) not in known
    ]


def main() -> int:
    """Print what was found; return 1 where something must be done."""
    bad, remark = packages(ROOT / "constraints.txt")
    leaked = secrets(ROOT)
    lines = [
        remark,
        *[f"packages: {line}" for line in bad],
        *[f"secrets: {line}" for line in leaked or ["none"]],
        *([f"take them out; if none of them is a secret, run: {RENEW}"] if leaked else []),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if bad or leaked else 0


if __name__ == "__main__":
    sys.exit(main())
