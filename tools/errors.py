"""The error tree: every message is one sentence that says what, which, and what to do.

```
AttuneError
├── ConfigError        a YAML file, a name in it, or an option is wrong
│   ├── UnknownName    a name that no registry knows, with the nearest one
│   └── GraphError     a graph file that breaks a rule of the checker
├── InputError         what a person sent cannot be taken as it is
├── WeightsError       a weight file is missing, damaged or unreachable
├── MediaError         a clip that cannot be read, is too long or too large
├── DataError          a corpus or example file that is not in its format
├── HandoffError       a letter that did not reach the people it was for
├── StorageError       conversations that cannot be kept, read or deleted
└── ModelError         a model that failed, timed out or returned rubbish
    ├── Busy           a model whose queue is full
    └── Resting        a model that keeps failing and is left alone for a while
```
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from traceback import extract_tb


def places(error: BaseException) -> str:
    """Return what failed and where, for a log: not the message, which may hold a person's words."""
    frames = extract_tb(error.__traceback__)
    where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {where}"


class AttuneError(Exception):
    """Anything Attune can explain to a person in one sentence."""


class ConfigError(AttuneError):
    """A configuration file, or a name or option in it, is wrong."""


class UnknownName(ConfigError):
    """A name that is not known; the message names the nearest known one."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        """Describe `name` of some `kind`, e.g. `UnknownName("model", "minlm", models)`."""
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        super().__init__(f"unknown {kind} {name!r}{hint} (known: {', '.join(names) or 'none'})")


class GraphError(ConfigError):
    """A graph that the checker refuses; `problems` lists every reason."""

    def __init__(self, name: str, problems: list[str]) -> None:
        """Join the `problems` of graph `name` under one heading."""
        self.problems = problems
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"the graph {name!r} cannot be used:\n{lines}")


class InputError(AttuneError):
    """What a person sent cannot be taken as it is; nothing of it is lost."""


class WeightsError(AttuneError):
    """A weight file is missing, damaged or unreachable."""


class MediaError(AttuneError):
    """A clip that cannot be read, is too long or too large."""


class DataError(AttuneError):
    """A corpus or example file that is not in its format."""


class HandoffError(AttuneError):
    """A letter that did not reach the people it was for."""

    def __init__(self, why: str, *, passing: bool) -> None:
        """Say `why`, without a word of the letter; `passing` tells that trying again may help."""
        super().__init__(why)
        self.passing = passing


class StorageError(AttuneError):
    """Conversations that cannot be kept, read or deleted; the message holds none of them."""


class ModelError(AttuneError):
    """A model that failed, timed out or returned rubbish."""


class Busy(ModelError):
    """A model whose queue is full."""


class Resting(ModelError):
    """A model that keeps failing and is left alone for a while; the message says until when."""
