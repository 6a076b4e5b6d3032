"""The target values of `value`, and how they are found in what a model wrote."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import BaseModel, Field

from tools.yaml_file import read_yaml

FILE = Path(__file__).with_name("data") / "values.yaml"


class ValueFile(BaseModel, extra="forbid"):
    """The whole list.

    Attributes:
        values: what each value means to somebody, by its name.
    """

    values: dict[str, str] = Field(min_length=2)


@cache
def load_values() -> dict[str, str]:
    """Return the values with their meaning, in the order of the file.

    Raises:
        ConfigError: the file cannot be read or is wrong.
    """
    return read_yaml(FILE, ValueFile, "list of values").values


def picked(text: str, choices: Iterable[str]) -> list[str]:
    """Return the choices that a text names as whole words, in its own order, each once."""
    places = {
        name: match.start()
        for name in choices
        if (match := re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE))
    }
    return sorted(places, key=places.__getitem__)
