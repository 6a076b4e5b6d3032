"""A model's `options:`, read against the schema of its backend."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tools.errors import ConfigError, UnknownName
from tools.models import Loading

OptionsT = TypeVar("OptionsT", bound=BaseModel)


def read_options(schema: type[OptionsT], loading: Loading) -> OptionsT:
    """Return the options of one entry of `models.yaml`, checked.

    Raises:
        UnknownName: an option that the backend does not have.
        ConfigError: a value of the wrong kind or out of range.
    """
    options = loading.config.options
    for name in options:
        if name not in schema.model_fields:
            raise UnknownName(f"option of the model {loading.name!r}", name, schema.model_fields)
    try:
        return schema.model_validate(options)
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(
            f"the options of the model {loading.name!r} are wrong: {where}"
        ) from error
