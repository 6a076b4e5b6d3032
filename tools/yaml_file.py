"""Read a YAML file that people write, checked against its schema."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tools.errors import ConfigError

Schema = TypeVar("Schema", bound=BaseModel)


def read_yaml(file: Path, schema: type[Schema], kind: str) -> Schema:
    """Return the checked content of `file`.

    Args:
        file: the YAML file.
        schema: what it must hold.
        kind: what to call it in messages, e.g. `resource file`.

    Raises:
        ConfigError: it cannot be read, is no YAML, or something in it is missing or unknown.
    """
    try:
        return schema.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"the {kind} {file.name!r} cannot be read ({error}); restore it or correct it"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its top level"
        raise ConfigError(
            f"the {kind} {file.name!r} is wrong at {where!r} ({first['msg']}); correct it there"
        ) from error
