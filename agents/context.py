"""What a node is given: settings of the run through `Runtime`, equipment through its `Kit`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from agents.prompt import Prompt
from tools.breaker import Breaker
from tools.chat import ChatHost
from tools.clips import ClipStore
from tools.drafts import Drafts
from tools.errors import ConfigError
from tools.examples.query import Query
from tools.models import Bound, ModelSet
from tools.phrases import Phrases
from tools.records import ClipHandle, Example
from tools.safety.audit import Told
from tools.safety.policy import SafetyPolicy
from tools.vectors import Vectors


@dataclass(frozen=True, kw_only=True)
class Context:
    """The graph's `context_schema`: settings of one run, JSON-able, every default safe.

    Attributes:
        locale: BCP 47 tag of the conversation's language, e.g. `en` or `es-MX`.
        country: ISO 3166 code for crisis resources, asked and never inferred; empty when unknown.
        microphone: the person allows the use of their voice.
        camera: the person allows the use of their face.
        correction: what the person said they feel when the last turn's reading was wrong, an
            `Emotion` value; empty when they said nothing.
        disclosed: they read `LocalePhrases.disclosure` before they could write; else it is said
            before the first reply.
        letters_to: who reads the letters that the person can write here; empty where nobody does.
        letter: what became of a letter since the last turn, `delivered` or `kept`; empty when none
            was sent.
    """

    locale: str = "en"
    country: str = ""
    microphone: bool = False
    camera: bool = False
    correction: str = ""
    disclosed: bool = False
    letters_to: str = ""
    letter: str = ""


class ExampleStore(Protocol):
    """Where counselling examples come from.

    Attributes:
        breaker: leaves the store alone while it fails.
        left_out: a sentence for each file that is not used.
    """

    breaker: Breaker
    left_out: list[str]

    async def open(self) -> None:
        """Make the store ready; `search` does so too, on its first call."""
        ...

    async def search(self, query: Query, k: int) -> list[Example]:
        """Return the `k` best examples, best first."""
        ...


class Audit(Protocol):
    """Where risk decisions are recorded, without anybody's words."""

    @property
    def trouble(self) -> str:
        """Why the last writing failed; empty when it did not."""
        ...

    def write(self, conversation: str, told: Told) -> None:
        """Add an entry about a conversation, without waiting and without raising."""
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """Live objects, one set for all conversations, bound when a graph is built.

    Attributes:
        models: every configured model.
        examples: the store of counselling examples.
        policy: grades what comes in and reads what goes out.
        phrases: fixed sentences by locale.
        clips: decoded media of the turns in progress.
        drafts: sentences that nobody has checked yet.
        vectors: embeddings of what was perceived in the turns in progress.
        unmasked: a corpus is measured and nobody is answered, so that every strategy may be
            planned, however often; no conversation can be had with such services.
        seed: of everything that is drawn while a reply is written.
        audit: the log of risk decisions; None where no folder is configured.
        deployment: where people meet this program; see `graphs.deployment`.
        clock: gives the seconds since 1970; a test brings its own.
    """

    models: ModelSet
    examples: ExampleStore
    policy: SafetyPolicy
    phrases: Phrases
    clips: ClipStore = field(default_factory=ClipStore)
    drafts: Drafts = field(default_factory=Drafts)
    vectors: Vectors = field(default_factory=Vectors)
    unmasked: bool = False
    seed: int = 0
    audit: Audit | None = None
    deployment: str = "personal"
    clock: Callable[[], float] = time.time

    def forget(self, turn: str, clips: list[ClipHandle], *, models: bool = True) -> None:
        """Drop a turn's media, vectors, unchecked sentences and open reply, and what models kept.

        Models do not know turns, so that they drop what they kept of any; `models` says whether
        they do.
        """
        self.clips.forget(clips)
        self.drafts.forget(turn)
        self.vectors.forget(turn)
        if models:
            self.models.forget()
        for host in self.models.open_hosts():
            if isinstance(host, ChatHost):
                host.close(turn)


@dataclass(frozen=True, kw_only=True)
class Kit:
    """One node's share of the services.

    Attributes:
        name: the node's name in the graph file.
        services: everything live.
        model: the model bound to this node, if any.
        options: the node's own options, checked.
        prompt: the node's prompt file, if it has one.
        private: texts of every prompt of the graph, which no reply may repeat.
        quotable: thoughts of the graph whose words a reply may take.
        version: the graph's name and hash, for the record.
    """

    name: str
    services: Services
    model: Bound | None = None
    options: BaseModel | None = None
    prompt: Prompt = field(default_factory=Prompt)
    private: tuple[str, ...] = ()
    quotable: frozenset[str] = frozenset()
    version: str = ""

    def need_model(self) -> Bound:
        """Return the bound model.

        Raises:
            ConfigError: neither the graph nor the profile binds one.
        """
        if self.model is None:
            raise ConfigError(
                f"the node {self.name!r} has no model; "
                "bind one in the profile (tools/models.yaml) or in the graph file"
            )
        return self.model


Update = dict[str, Any]
"""What a node returns: a part of the state."""

Settings = Mapping[str, Any]
"""A node's options as they stand in a graph file."""
