"""What `weights.yaml` may say: which files belong to an entry, their hashes, and where to get them.

A file with `sha256: null` is not pinned: it is refused until a person trusts what they saw once
(`get NAME --trust`), and from then on only that very file is accepted.
"""

import re
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from tools.errors import ConfigError, UnknownName
from tools.yaml_file import load_yaml

MANIFEST = Path(__file__).with_name("weights.yaml")

_COMMIT = re.compile(r"[0-9a-f]{40}")
# Suffixes whose common loaders unpickle, that is, run code from the file.
_PICKLES = frozenset({".ckpt", ".pt", ".pth", ".pkl", ".pickle", ".joblib"})
_CODE = frozenset({".py", ".so", ".dll", ".dylib", ".sh"})


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.name:
        raise ValueError(f"{name!r} must be a relative path with forward slashes")
    return name


FileName = Annotated[str, AfterValidator(_inside)]


class Pin(BaseModel, extra="forbid"):
    """What one file must be.

    Attributes:
        sha256: 64 hex digits, or None where nobody has pinned it yet.
        size: bytes, or None when unknown.
    """

    sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$")
    size: int | None = Field(default=None, ge=1)


class Hub(BaseModel, extra="forbid"):
    """A repository on a model hub at one commit; `files` maps our names to theirs."""

    kind: Literal["hub"]
    repo: str
    revision: str
    files: dict[FileName, FileName] = Field(default_factory=dict)

    def __str__(self) -> str:
        return f"the model hub ({self.repo})"


class Wheel(BaseModel, extra="forbid"):
    """Files inside one wheel of a package registry, which is never installed or imported."""

    kind: Literal["wheel"]
    package: str
    version: str
    folder: FileName
    files: dict[FileName, FileName] = Field(default_factory=dict)

    def __str__(self) -> str:
        return f"the wheel {self.package}=={self.version}"


class Slices(BaseModel, extra="forbid"):
    """One file cut into numbered wheels; `{n}` in `package` and `member` counts from 1."""

    kind: Literal["slices"]
    package: str
    version: str
    member: str
    count: int = Field(ge=1)

    def __str__(self) -> str:
        first = self.package.format(n=1)
        last = self.package.format(n=self.count)
        return f"the {self.count} wheels {first} to {last}=={self.version}"


class Shipped(BaseModel, extra="forbid"):
    """A folder under `tools/data`, used in place; its own `manifest.yaml` holds the hashes."""

    kind: Literal["shipped"]
    folder: str = Field(pattern=r"^\w+$")

    def __str__(self) -> str:
        return f"the repository (tools/data/{self.folder})"


class Derived(BaseModel, extra="forbid"):
    """Made on this machine from another entry by a named converter."""

    kind: Literal["derived"]
    of: str
    by: str

    def __str__(self) -> str:
        return f"a conversion of {self.of!r}"


Source = Annotated[Hub | Wheel | Slices | Shipped | Derived, Field(discriminator="kind")]


class Entry(BaseModel, extra="forbid"):
    """One set of weights.

    Attributes:
        about: what it is and what it is good for, in a sentence.
        upstream: who made it, for people.
        licence: of the weights, as an SPDX name where there is one.
        files: path below the entry's folder -> what the file must be.
        sources: tried in order.
        pickle: the entry holds pickles, which can run code, and wants an opt-in by name.
    """

    about: str
    upstream: str
    licence: str
    files: dict[FileName, Pin] = Field(default_factory=dict)
    sources: list[Source] = Field(min_length=1)
    pickle: bool = False

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        shipped = any(isinstance(source, Shipped) for source in self.sources)
        if shipped != (not self.files):
            raise ValueError("needs `files`, or a shipped folder that holds their manifest")
        for name in self.files:
            suffix = PurePosixPath(name).suffix
            if suffix in _CODE:
                raise ValueError(f"the file {name!r} is code; weights are data")
            if suffix in _PICKLES and not self.pickle:
                raise ValueError(f"the file {name!r} is a pickle; say `pickle: true`")
        if any(isinstance(s, Slices) for s in self.sources) and len(self.files) != 1:
            raise ValueError("slices make exactly one file")
        pinned = any(pin.sha256 for pin in self.files.values())
        for source in self.sources:
            if isinstance(source, Hub) and pinned and not _COMMIT.fullmatch(source.revision):
                raise ValueError(f"the revision of {source.repo!r} must be a commit of 40 digits")
        return self

    @property
    def size(self) -> int:
        """Bytes of all files whose size is known."""
        return sum(pin.size or 0 for pin in self.files.values())


class Manifest(BaseModel, extra="forbid"):
    """All entries by name."""

    weights: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")], Entry]

    @model_validator(mode="after")
    def _is_connected(self) -> Self:
        for name, entry in self.weights.items():
            for source in entry.sources:
                if not isinstance(source, Derived):
                    continue
                if source.of not in self.weights or source.of == name:
                    raise ValueError(f"{name!r} is derived from {source.of!r}, which is no entry")
                if any(isinstance(s, Derived) for s in self.weights[source.of].sources):
                    raise ValueError(f"{name!r} is derived from {source.of!r}, derived itself")
        return self

    def entry(self, name: str) -> Entry:
        """Return one entry.

        Raises:
            UnknownName: no such entry.
        """
        if name not in self.weights:
            raise UnknownName("weights entry", name, self.weights)
        return self.weights[name]


@cache
def read_manifest(path: Path = MANIFEST) -> Manifest:
    """Parse a manifest; a file is read once per process.

    Raises:
        ConfigError: it cannot be read or breaks the schema.
    """
    try:
        return Manifest.model_validate(load_yaml(path))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot read the weights manifest {path.name!r}: {error}") from error
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"the weights manifest {path.name!r} is wrong at {where}") from error
