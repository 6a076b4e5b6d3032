"""The weights that ship with the repository: their hashes lie beside them in `manifest.yaml`.

A training command writes its files and calls `pin_folder`, so that nobody copies a hash by hand.
"""

from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from tools.errors import ConfigError, WeightsError
from tools.weights.cache import seen_pin
from tools.weights.manifest import FileName, Pin
from tools.yaml_file import load_yaml

SHIPPED = Path(__file__).parents[1] / "data"
SHIPPED_MANIFEST = "manifest.yaml"


class _Pins(BaseModel, extra="forbid"):
    files: dict[FileName, Pin]


def read_pins(folder: Path) -> dict[str, Pin]:
    """Return what the files of a shipped folder must be; nothing when it has no manifest.

    Raises:
        ConfigError: the manifest breaks the schema.
    """
    path = folder / SHIPPED_MANIFEST
    if not path.is_file():
        return {}
    try:
        return _Pins.model_validate(load_yaml(path)).files
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigError(
            f"the manifest of the shipped weights {folder.name!r} is wrong: {error}"
        ) from error


def pin_folder(folder: Path) -> dict[str, Pin]:
    """Write the `manifest.yaml` of a shipped folder from the files that are in it now.

    Every file counts except the manifest itself and the model card.

    Raises:
        WeightsError: there is no file to pin.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".md")
    pins = {
        path.relative_to(folder).as_posix(): seen_pin(path)
        for path in files
        if path.name != SHIPPED_MANIFEST
    }
    if not pins:
        raise WeightsError(f"there are no weight files to pin in {str(folder)!r}")
    content = _Pins(files=dict(pins)).model_dump()
    (folder / SHIPPED_MANIFEST).write_text(yaml.safe_dump(content), "utf-8")
    return pins
