"""The models that are there, which node uses which, and the hosts that run them.

`models.yaml` names every model and every profile. A profile binds a node to a model, or to a list
of models of which the first whose weights are at hand is taken. Nothing is loaded before its first
call.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools import weights
from tools.acceptance import acceptance, tolerance
from tools.catalogue import ModelConfig, ModelFile
from tools.chat import ChatHost
from tools.errors import ConfigError, ModelError, UnknownName
from tools.host import ModelHost
from tools.parts import parts_of
from tools.registry import Registry, load_attribute
from tools.yaml_file import read_yaml

BACKENDS: Registry[Any] = Registry(
    "backend",
    {
        "minilm": "tools.backends.minilm:load",
        "minilm-head": "tools.backends.minilm_head:load",
        "risk-head": "tools.backends.risk_head:load",
        "deepface": "tools.backends.deepface:load",
        "ecapa": "tools.backends.ecapa:load",
        "wav2vec2-iemocap": "tools.backends.wav2vec2_iemocap:load",
        "faster-whisper": "tools.backends.faster_whisper:load",
        "hf-text": "tools.backends.hf_text:load",
        "hf-chat": "tools.backends.hf_chat:load",
        "hf-guard": "tools.backends.hf_guard:load",
        "hf-video": "tools.backends.hf_video:load",
        "openvino-chat": "tools.backends.openvino_chat:load",
        "remote-chat": "tools.backends.remote_chat:load",
        "knn-strategy": "tools.backends.example_votes:load_strategy",
        "strategy-head": "tools.backends.strategy_head:load",
        "context-head": "tools.backends.context_head:load",
        "chat-strategy": "tools.backends.chat_strategy:load",
        "rule-stance": "tools.backends.rule_stance:load",
        "knn-stance": "tools.backends.example_votes:load_stance",
        "blend": "tools.backends.blend:load",
        "stub-risk": "tools.backends.stub_detector:load",
        "stub-emotion": "tools.backends.stub:load_emotion",
        "stub-embed": "tools.backends.stub:load_embedder",
        "stub-listen": "tools.backends.stub:load_listener",
        "stub-chat": "tools.backends.stub:load_chat",
        "stub-seeker": "tools.backends.stub_seeker:load",
        "stub-guard": "tools.backends.stub_guard:load",
        "stub-describe": "tools.backends.stub_describe:load",
    },
)
"""Backend name -> loader, a function `load(loading: Loading) -> backend`."""


@dataclass(frozen=True)
class Loading:
    """What a backend's loader is given."""

    name: str
    config: ModelConfig
    models: "ModelSet"

    def weights(self) -> Path:
        """Return the folder of the model's verified weight files.

        Raises:
            WeightsError: they are missing or damaged.
            ConfigError: the entry names no weights.
        """
        if self.config.weights is None:
            raise ConfigError(f"the model {self.name!r} needs `weights:` in models.yaml")
        return weights.require(self.config.weights)

    def shared(self, option: str) -> Any:
        """Return the loaded backend that the option `option` names, e.g. the text encoder."""
        return self.models.backend(str(self.config.options[option]))


@dataclass(frozen=True)
class Bound:
    """A model as a node sees it."""

    name: str
    config: ModelConfig
    host: Any  # ModelHost[Any, Any] or ChatHost; the node knows its own task


class ModelSet:
    """Every configured model, loaded on first use and held once for all conversations."""

    def __init__(self, file: ModelFile, profile: str, *, code: bool = False) -> None:
        """Choose a profile.

        Args:
            file: the models and profiles.
            profile: which profile binds nodes to models.
            code: allow `module:attr` backends; only for a models file given by hand.

        Raises:
            UnknownName: no such profile.
        """
        if profile not in file.profiles:
            raise UnknownName("profile", profile, file.profiles)
        self.configs: Mapping[str, ModelConfig] = file.models
        self.profile = profile
        self._bindings = file.profiles[profile]
        self._code = code
        self._hosts: dict[str, ModelHost[Any, Any] | ChatHost] = {}
        self._backends: dict[str, Any] = {}
        # One for every model: a hung loader may keep nobody else waiting.
        self._locks: dict[str, threading.Lock] = {name: threading.Lock() for name in file.models}
        self._hosting = threading.Lock()

    def bound(self, node: str, override: str | None = None) -> Bound | None:
        """Return the model for a node: the graph's own choice, else the profile's, else None.

        Raises:
            UnknownName: the name stands in no models file, or its backend is not registered.
            ConfigError: the model serves another task, or names code where that is not allowed.
        """
        choice = override or self._bindings.get(node)
        if choice is None:
            return None
        names = [choice] if isinstance(choice, str) else choice
        for name in names:
            self._require_fit(node, name)
        name = next((n for n in names if self._at_hand(n)), names[-1])
        return Bound(name, self.config(name), self.host(name))

    def choices(self) -> dict[str, list[str]]:
        """Return every bound node with its models, the preferred one first."""
        return {
            node: [choice] if isinstance(choice, str) else list(choice)
            for node, choice in self._bindings.items()
        }

    def names(self) -> list[str]:
        """Return the models of this profile, each list cut to the one that is taken."""
        bound = [self.bound(node) for node in self._bindings]
        return [model.name for model in bound if model is not None]

    def config(self, name: str) -> ModelConfig:
        """Return one model's entry.

        Raises:
            UnknownName: no such model.
        """
        if name not in self.configs:
            raise UnknownName("model", name, self.configs)
        return self.configs[name]

    def parts(self, name: str) -> tuple[str, ...]:
        """Return every model that a model uses; see `tools.parts`."""
        return parts_of(name, self, code=self._code)

    def host(self, name: str) -> ModelHost[Any, Any] | ChatHost:
        """Return the one host of a model; nothing is loaded yet."""
        config = self.config(name)
        with self._hosting:
            if name not in self._hosts:
                self._hosts[name] = self._made_host(name, config)
            return self._hosts[name]

    def _made_host(self, name: str, config: ModelConfig) -> ModelHost[Any, Any] | ChatHost:
        load, renew = partial(self.backend, name), partial(self.drop, name)
        allowed = tolerance(config.task)
        if config.task == "respond":
            return ChatHost(name, load, renew=renew, tolerance=allowed)
        return ModelHost(
            name,
            load,
            max_batch=config.max_batch,
            accept=acceptance(config),
            renew=renew,
            tolerance=allowed,
        )

    def open_hosts(self) -> list[ModelHost[Any, Any] | ChatHost]:
        """Return the hosts that have been asked for so far."""
        return list(self._hosts.values())

    def backend(self, name: str) -> Any:
        """Return the loaded backend itself, loading it once (blocks).

        Raises:
            ModelError: it was dropped while it was loaded.
        """
        config = self.config(name)
        load, lock = self._loader(config), self._locks[name]
        with lock:
            if name not in self._backends:
                loaded = load(Loading(name, config, self))
                if self._locks[name] is not lock:
                    raise ModelError(f"the model {name!r} was started anew while it was loaded")
                self._backends[name] = loaded
            return self._backends[name]

    def drop(self, name: str) -> None:
        """Let the next call of a model that hangs load it afresh, with what it shares.

        Does not wait for a loader, nor for the old backend to end.
        """
        options = self.config(name).options.values()
        for each in (name, *(o for o in options if isinstance(o, str) and o in self.configs)):
            self._locks[each] = threading.Lock()
            backend = self._backends.pop(each, None)
            # What others share may still serve them.
            if each == name and (close := getattr(backend, "close", None)):
                threading.Thread(target=close, name=f"close-{name}", daemon=True).start()

    def replace(self, name: str, backend: Any) -> None:
        """Let a model be this backend from its next call on, as if it had never failed."""
        self.drop(name)
        self._backends[name] = backend
        self.host(name).reload()

    def forget(self) -> None:
        """Let every backend that has a `forget` drop what it derived from what was said."""
        for backend in list(self._backends.values()):
            if forget := getattr(backend, "forget", None):
                forget()

    def close(self) -> None:
        """End every host's thread and every backend that has a `close`."""
        for host in self._hosts.values():
            host.close() if isinstance(host, ModelHost) else None
        for backend in self._backends.values():
            if close := getattr(backend, "close", None):
                close()
        self._hosts.clear()
        self._backends.clear()

    def _require_fit(self, node: str, name: str) -> None:
        config = self.config(name)
        if config.task != node:
            raise ConfigError(
                f"the model {name!r} is for {config.task!r} and cannot be bound to {node!r}; "
                f"choose a model whose task is {node!r}"
            )
        self._require_backend(config)

    def _require_backend(self, config: ModelConfig) -> None:
        if ":" in config.backend:
            if not self._code:
                raise ConfigError(
                    f"the backend {config.backend!r} names code; "
                    "that is allowed only in a models file given with --models"
                )
        elif config.backend not in BACKENDS:
            raise UnknownName("backend", config.backend, BACKENDS)

    def _loader(self, config: ModelConfig) -> Callable[[Loading], Any]:
        self._require_backend(config)
        if ":" in config.backend:
            return load_attribute(config.backend)  # type: ignore[no-any-return]  # checked by use
        return BACKENDS[config.backend]

    def _at_hand(self, name: str) -> bool:
        entry = self.config(name).weights
        return entry is None or weights.present(entry)


def load_models(
    profile: str = "embedded", extra: Path | None = None, *, path: Path | None = None
) -> ModelSet:
    """Read `models.yaml` (and a researcher's own models file) and choose a profile.

    Args:
        profile: the profile's name.
        extra: a further models file, whose entries win and may name code.
        path: the main models file, if not the one that ships.

    Raises:
        ConfigError: a file cannot be read or breaks the schema.
        UnknownName: no such profile.
    """
    file = read_models(path or Path(__file__).with_name("models.yaml"))
    if extra is not None:
        more = read_models(extra)
        profiles = {
            name: {**file.profiles.get(name, {}), **more.profiles.get(name, {})}
            for name in {**file.profiles, **more.profiles}
        }
        file = ModelFile(models={**file.models, **more.models}, profiles=profiles)
    return ModelSet(file, profile, code=extra is not None)


def read_models(path: Path) -> ModelFile:
    """Parse one models file.

    Raises:
        ConfigError: it cannot be read or breaks the schema.
    """
    return read_yaml(path, ModelFile, "models file")
