"""What an entry of a models file says, before anything is loaded."""

import re
from pathlib import Path

from tools.catalogue import ModelConfig
from tools.checking.contracts import PERCEPTION
from tools.checking.own_card import own_card
from tools.checking.points import Point
from tools.errors import AttuneError, UnknownName
from tools.labels import EKMAN
from tools.models import ModelSet
from tools.weights import Entry, Store, entries

_LICENCE = re.compile(
    r"apache|\bmit\b|bsd|gpl|\bmpl|\bcc\b|cc0|licen[cs]e|terms of use|proprietary|public domain",
    re.IGNORECASE,
)
_PICKLES = frozenset({".ckpt", ".pt", ".pth", ".pkl", ".pickle", ".joblib"})
_PICKLED_NAMES = frozenset({"pytorch_model.bin"})
_SAFE = frozenset({".safetensors", ".onnx", ".gguf", ".bin", ".h5", ".xml"})
"""`.bin` is a format of CTranslate2 and OpenVINO; torch's own stands in `_PICKLED_NAMES`."""


def entry_points(models: ModelSet, name: str) -> list[Point]:
    """Look at task, backend, labels, temperature, skill, licence and weights of one model.

    Raises:
        UnknownName: no such model.
    """
    config = models.config(name)
    points = [_binding(models, name, config)]
    if config.task in PERCEPTION:
        points += [_labels(config), _temperature(config), _skill(config)]
    return [*points, _licence(config), *_files(config)]


def licence(config: ModelConfig) -> str:
    """Return the licence of a model: of its weights, else what its `about` ends with.

    Of one that was trained here from a corpus it is what its card says of the data. Empty where
    nobody states one: what a backend blends, or lets vote, may be anybody's.
    """
    entry = _weights(config)
    if entry is not None:
        return entry.licence
    if _LICENCE.search(config.about):
        return config.about.rsplit(";", 1)[-1].strip()
    data = own_card(config)[1].get("data")
    stated = data.get("licence") if isinstance(data, dict) else ""
    return f"bound by that of its training data: {stated}" if stated else ""


def _weights(config: ModelConfig) -> Entry | None:
    return entries().get(config.weights) if config.weights else None


def _binding(models: ModelSet, name: str, config: ModelConfig) -> Point:
    try:
        models.bound(config.task, name)
    except UnknownName as error:
        return Point("entry", "wrong", f"{error}; a backend of your own is written MODULE:ATTR")
    except AttuneError as error:
        return Point("entry", "wrong", str(error))
    return Point("entry", "ok", f"it serves {config.task!r} by the backend {config.backend!r}")


def _labels(config: ModelConfig) -> Point:
    if not config.labels:
        return Point(
            "label map",
            "wrong",
            "there are no `labels:`; map each label of the model onto one of "
            f"{', '.join(EKMAN)} or depression",
        )
    unsaid = [emotion for emotion in EKMAN if emotion not in config.labels.values()]
    if unsaid:
        return Point("label map", "note", f"no label stands for {', '.join(unsaid)}")
    return Point("label map", "ok", f"{len(config.labels)} labels stand for all seven emotions")


def _temperature(config: ModelConfig) -> Point:
    if config.temperature == 1:
        said = "it is 1, so that the model's own probabilities are taken; fit one on held-out data"
        return Point("temperature", "note", said)
    return Point("temperature", "ok", f"probabilities are softened by {config.temperature:g}")


def _skill(config: ModelConfig) -> Point:
    if config.skill is None:
        said = (
            "there is no `skill:`, so that it weighs 0 in the plan and is shown as experimental; "
            "measure it on a corpus that it was not trained on (--data)"
        )
        return Point("skill", "note", said)
    weight, skill = config.skill.weight, config.skill
    if weight == 0:
        said = f"its recall of {skill.uar:g} is chance for {skill.classes} classes: it weighs 0"
        return Point("skill", "note", said)
    return Point("skill", "ok", f"it weighs {weight:.2f} ({skill.n:,} items of {skill.corpus})")


def _licence(config: ModelConfig) -> Point:
    if found := licence(config):
        return Point("licence", "ok", f"it is {found}")
    if config.backend == "remote-chat":
        return Point("licence", "note", "the provider's terms hold; what is said is sent there")
    if ":" not in config.backend and "folder" not in config.options and not _named(config):
        said = "none is stated; it has no weights of its own, and those of its parts keep theirs"
        return Point("licence", "note", said)
    said = "none is stated; end `about:` with it, e.g. `about: What it is; Apache-2.0`"
    return Point("licence", "wrong", said)


def _files(config: ModelConfig) -> list[Point]:
    if config.weights is None:
        return [_own_files(config)]
    entry = _weights(config)
    if entry is None:
        said = UnknownName("weights entry", config.weights, entries())
        return [Point("weights", "wrong", f"{said}; add it to tools/weights/weights.yaml")]
    pins = Store().pins(config.weights)
    unpinned = [file for file, pin in pins.items() if not pin.sha256]
    pinned = (
        Point("weights", "note", f"nobody has pinned the sha256 of {len(unpinned)} of its files")
        if unpinned
        else Point("weights", "ok", f"each of {len(pins)} files has its sha256 pinned")
    )
    return [pinned, _format(list(map(Path, pins)), allowed=entry.pickle)]


def _own_files(config: ModelConfig) -> Point:
    """Look at the files that the options name: nothing pins them."""
    if files := _named(config):
        return _format(files, allowed=False, tail=", not pinned by any sha256")
    return Point("weights", "ok", "the entry names no weights")


def _named(config: ModelConfig) -> list[Path]:
    """Return the files of the options, where weights are among them."""
    named = [Path(value) for value in config.options.values() if isinstance(value, str)]
    there = [path for path in named if path.suffix or path.is_absolute()]
    files = [file for path in there for file in (path.rglob("*") if path.is_dir() else [path])]
    return files if any(_is_pickle(file) or file.suffix in _SAFE for file in files) else []


def _format(files: list[Path], *, allowed: bool, tail: str = "") -> Point:
    pickles = sorted(file.name for file in files if _is_pickle(file))
    if pickles and not allowed:
        said = f"{pickles[0]!r} is a pickle, which can run code; save it as safetensors"
        return Point("format", "wrong", said)
    if pickles:
        said = f"{pickles[0]!r} is a pickle, which can run code; somebody has to allow it by name"
        return Point("format", "note", said)
    kinds = sorted({file.suffix for file in files} & _SAFE)
    return Point("format", "note" if tail else "ok", f"{', '.join(kinds) or 'data'}{tail}")


def _is_pickle(file: Path) -> bool:
    return file.suffix.lower() in _PICKLES or file.name in _PICKLED_NAMES
