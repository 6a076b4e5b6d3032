"""Where things are, and what importing them costs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "av", "chromadb", "cv2", "deepface", "faster_whisper", "gradio", "langchain_openai",
    "matplotlib", "networkx", "onnx", "openvino_genai", "speechbrain", "torch", "transformers",
}  # fmt: skip


@pytest.mark.parametrize("package", ["tools", "agents", "graphs", "ui"])
def test_a_package_is_ours_and_not_another_distribution_of_that_name(package: str) -> None:
    module = __import__(package)
    assert Path(module.__file__ or "").resolve().parent == ROOT / package


@pytest.mark.parametrize("module", ["graphs.run", "graphs.services", "graphs.main", "ui"])
def test_importing_loads_no_heavy_package(module: str) -> None:
    script = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"ATTUNE_PROFILE": "stub", "PATH": ""},
    ).stdout  # fmt: skip
    loaded = {name.split(".")[0] for name in json.loads(printed)}
    if module == "graphs.main":
        loaded -= {"networkx"}  # it builds a graph, and the checker walks its paths
    assert not loaded & HEAVY


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for package in ("tools", "agents", "graphs", "ui", "benchmarks")
        for path in (ROOT / package).rglob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > 300
    }
    assert not long
