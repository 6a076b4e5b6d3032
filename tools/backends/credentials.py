"""Keys and passwords stand in the environment, never in a file that people copy and commit."""

import re
from collections.abc import Mapping

from tools.errors import ConfigError

_SECRET_NAME = re.compile(r"(?i)(^|[_-])(api_?key|key|secret|password|authorization|token)$")
_SECRET = re.compile(r"\b(sk|gsk|hf|xai)[-_][\w-]{16,}|\bAIza[\w-]{20,}|\bBearer\s+\S|://[^/]*@")


def refuse_secrets(value: Mapping[str, object], name: str) -> None:
    """Refuse options that hold a key; the message names the option, never its value.

    Args:
        value: the options of one model, or a mapping among them.
        name: the model's name in `models.yaml`.

    Raises:
        ConfigError: an option is called like a key, or its value looks like one.
    """
    for option, inner in value.items():
        named_so = inner is not None and _SECRET_NAME.search(str(option))
        if named_so or (isinstance(inner, str) and _SECRET.search(inner)):
            raise ConfigError(
                f"the option {option!r} of the model {name!r} holds a key or a password, which "
                "must not stand in a file; set it in the environment, and name the variable with "
                "`key_env:` if it is not the provider's own"
            )
        if isinstance(inner, dict):
            refuse_secrets(inner, name)
        elif isinstance(inner, list):
            refuse_secrets({f"{option}[{n}]": item for n, item in enumerate(inner)}, name)
