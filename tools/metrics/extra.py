"""Packages of the extra `research`, which a chatbot does without."""

from importlib import import_module
from typing import Any

from tools.errors import ConfigError


def package(module: str, distribution: str, what: str) -> Any:
    """Return an imported module of the extra `research`.

    Args:
        module: what to import, e.g. `rouge_score.rouge_scorer`.
        distribution: what installs it, e.g. `rouge-score`.
        what: what needs it, for the message, e.g. `ROUGE-L (rouge-score)`.

    Raises:
        ConfigError: it is not installed; the message holds the command that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # it is there, and lacks a package of its own
        raise ConfigError(
            f"{what} needs the package {distribution!r}, which is not installed; run "
            "`pip install -c constraints.txt -e '.[research]'`"
        ) from error
