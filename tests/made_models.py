"""Models that are made to be checked: right ones, and ones that are wrong in one thing each."""

from collections.abc import Sequence
from typing import Any

from tools.catalogue import ModelConfig, ModelFile
from tools.checking.check import check_model
from tools.checking.points import Report
from tools.models import Loading, ModelSet
from tools.perceived import Perceived

LABELS = {"up": "joy", "down": "sadness", "even": "neutral"}

_MADE: dict[str, type] = {}


def made(backend: type) -> type:
    """Make a class loadable by its name."""
    _MADE[backend.__name__] = backend
    return backend


def load(loading: Loading) -> Any:
    """Load the class that the option `made` names, as a backend of somebody's own package."""
    return _MADE[loading.config.options["made"]]()


@made
class Right:
    """A text model that keeps its contract; the wrong ones break one thing each."""

    def predict(self, items: Sequence[str]) -> list[Perceived]:
        """Return one finding per text."""
        return [self.one(item) for item in items]

    def one(self, text: str) -> Perceived:
        """Return the finding of one text."""
        if not text.strip():
            return Perceived(missing="not given")
        return Perceived(self.scores(text))

    def scores(self, text: str) -> dict[str, float]:
        """Return probabilities that depend on the text alone."""
        share = 1 / (2 + len(text) % 7)
        return {"up": share, "down": (1 - share) / 2, "even": (1 - share) / 2}


def models(made_as: type, task: str = "text_emotion", **entry: Any) -> ModelSet:
    """Return one model named `made`, with an entry to which nothing can be said but `skill`."""
    given = {
        "task": task,
        "backend": f"{__name__}:load",
        "options": {"made": made_as.__name__},
        "labels": LABELS if task in ("text_emotion", "face_emotion", "voice_emotion") else {},
        "about": "Made; Apache-2.0",
        "max_batch": 4,
        **entry,
    }
    file = ModelFile(models={"made": ModelConfig.model_validate(given)}, profiles={"only": {}})
    return ModelSet(file, "only", code=True)


def check(made_as: type, task: str = "text_emotion", **entry: Any) -> Report:
    """Return the report of its check."""
    return check_model(models(made_as, task, **entry), "made")


def wrong(made_as: type, task: str = "text_emotion", **entry: Any) -> dict[str, str]:
    """Return what is wrong, by point."""
    report = check(made_as, task, **entry)
    found = {point.name: point.said for point in report.points if point.state == "wrong"}
    assert report.passed is not bool(found)
    return found
