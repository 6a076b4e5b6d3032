"""A language model that somebody else runs, through langchain's `init_chat_model`.

What the person says leaves this machine, so that a page which uses this model has to say so. Keys
come from the environment, never from a file, and never stand in a message; neither does anything
that the provider says about a failure, because it may quote the person.
"""

import contextlib
import itertools
import os
import re
from collections.abc import Generator, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field, JsonValue
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from tools.backends.credentials import refuse_secrets
from tools.backends.options import read_options
from tools.backends.remote_trouble import explain, is_passing
from tools.chat import ChatRequest, Message
from tools.errors import ConfigError, ModelError
from tools.models import Loading

NOSTREAM = "nostream"
"""LangGraph shows no tokens of a model called with this tag; they have not been checked yet."""

_GO_ON = (
    "Your reply begins with the words above. Write only what comes right after them, in the same "
    "voice, without repeating any of them."
)
_MESSAGES: dict[str, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}


class Options(BaseModel, extra="forbid"):
    """What `options:` of a remote model may say.

    Attributes:
        model: `provider:model` as langchain names them, e.g. `openai:gpt-4o-mini`,
            `ollama:llama3.1`.
        base_url: another server with the provider's interface, e.g. vLLM's or a gateway's.
        key_env: name of the environment variable with the key. Left out, the provider's own
            variable counts; a server at `base_url` gets a key only if it is named here.
        temperature: sent in place of the one that the graph asks for.
        fixed_temperature: send none at all, for models that refuse one.
        timeout: seconds without an answer after which the model counts as unreachable.
        attempts: how often a request is tried that failed before its first word.
        prefill: the provider goes on with a reply that is begun for it. Where it does not, or
            nobody knows, the model is told in words to go on.
        thinking_tokens: tokens on top of the limit for models that think before they write.
        extra: further settings of langchain's model class, e.g. `{top_p: 0.9}`.
    """

    model: str = Field(pattern=r"^[a-z_]+:\S+$")
    base_url: str | None = Field(default=None, pattern=r"^https?://")
    key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    temperature: float | None = Field(default=None, ge=0, le=2)
    fixed_temperature: bool = False
    timeout: float = Field(default=30.0, gt=0)
    attempts: int = Field(default=3, ge=1, le=10)
    prefill: bool = False
    thinking_tokens: int = Field(default=0, ge=0)
    extra: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def provider(self) -> str:
        """The part of `model` before the colon."""
        return self.model.partition(":")[0]


def load(loading: Loading) -> "RemoteChat":
    """Prepare a client; nothing is sent yet.

    Raises:
        ConfigError: an option is wrong, the options hold a key, a key is not in the environment,
            or the provider's package is not installed.
    """
    refuse_secrets(loading.config.options, loading.name)
    options = read_options(Options, loading)
    if options.key_env and not os.environ.get(options.key_env):
        raise ConfigError(
            f"the model {loading.name!r} takes its key from the environment variable "
            f"{options.key_env!r}, which is not set; set it before starting"
        )
    chat = RemoteChat(loading.name, options)
    chat.client(1, 0.0)
    return chat


class RemoteChat:
    """A remote model; any number of replies may be written at once."""

    def __init__(self, name: str, options: Options) -> None:
        """Call the model `name` as its options say."""
        self._name = name
        self._options = options
        self._clients: dict[tuple[int, float], BaseChatModel] = {}

    def client(self, max_tokens: int, temperature: float) -> BaseChatModel:
        """Return langchain's model for these two settings, made once.

        They are given to its constructor, where every provider takes them; the names of what may
        be given with a call differ.

        Raises:
            ConfigError: the provider is unknown, its package or its key is missing.
        """
        key = (max_tokens, temperature)
        if key not in self._clients:
            self._clients[key] = self._make(max_tokens, temperature)
        return self._clients[key]

    def _make(self, max_tokens: int, temperature: float) -> BaseChatModel:
        from langchain.chat_models import init_chat_model

        options = self._options
        settings: dict[str, Any] = dict(options.extra)
        limit = max_tokens + options.thinking_tokens
        key = os.environ[options.key_env] if options.key_env else None
        if options.provider == "ollama":
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            client = {"timeout": options.timeout, "headers": headers}
            settings |= {"num_predict": limit, "client_kwargs": client}
        else:
            # Retries are tenacity's; Google's client takes 0 for its own default.
            tries = 1 if options.provider == "google_genai" else 0
            settings |= {"max_tokens": limit, "timeout": options.timeout, "max_retries": tries}
            if key or options.base_url:
                # Without one, the provider's key would go to whoever runs that server.
                settings["api_key"] = key or "none"
        if not options.fixed_temperature:
            chosen = options.temperature
            settings["temperature"] = temperature if chosen is None else chosen
        if options.base_url:
            settings["base_url"] = options.base_url
        try:
            made: BaseChatModel = init_chat_model(options.model, **settings)
        except ImportError as error:
            package = re.search(r"pip install (?:-U )?([\w-]+)", str(error))
            named = package[1] if package else f"langchain-{options.provider}"
            raise ConfigError(
                f"the model {self._name!r} needs the package {named!r}, which is not installed; "
                f"run `pip install {named}`"
            ) from None
        except Exception as error:
            raise ConfigError(
                f"the model {self._name!r} cannot be set up for {options.provider!r} "
                f"({type(error).__name__}); see its options, and whether the environment holds "
                "the provider's key"
            ) from None
        return made

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        """Yield the reply in pieces; closing the generator ends the request.

        Raises:
            ModelError: the provider cannot be reached, refused the request, failed or sent nothing.
        """
        with contextlib.closing(self._pieces(request)) as pieces:
            whole = pieces if self._options.prefill else without(request.prefix, pieces)
            wrote = False
            # A server that ignores the limit is held to it; a piece is a token or more.
            for piece in itertools.islice(whole, request.max_tokens):
                wrote = wrote or bool(piece.strip())
                yield piece
        if not wrote and not request.prefix:
            raise ModelError(
                f"the language model {self._name!r} sent no text; if it thinks before it writes, "
                "raise `thinking_tokens` in its options"
            )

    def _pieces(self, request: ChatRequest) -> Generator[str]:
        """Yield the provider's pieces of text, trying again until the first has come."""
        client = self.client(request.max_tokens, request.temperature)
        messages = self._messages(request)
        retrying = Retrying(
            stop=stop_after_attempt(self._options.attempts),
            wait=wait_exponential_jitter(initial=0.2, max=4),
            retry=retry_if_exception(is_passing),
            reraise=True,
        )
        try:
            first, rest = retrying(_opened, client, messages)
            with contextlib.closing(rest):
                yield first
                yield from rest
        except Exception as error:
            raise explain(
                error,
                name=self._name,
                model=self._options.model,
                where=self._options.base_url,
                timeout=self._options.timeout,
            ) from None

    def _messages(self, request: ChatRequest) -> list[BaseMessage]:
        said = request.prefix.strip()
        messages = [*request.messages]
        if said:
            messages.append(Message("assistant", said))
            if not self._options.prefill:
                messages.append(Message("user", _GO_ON))
        return [_MESSAGES[message.role](message.content) for message in messages]


def _opened(client: BaseChatModel, messages: list[BaseMessage]) -> tuple[str, Generator[str]]:
    """Send the request and return its first piece of text, empty for none, and the others."""
    pieces = _texts(client, messages)
    return next(pieces, ""), pieces


def _texts(client: BaseChatModel, messages: list[BaseMessage]) -> Generator[str]:
    chunks = client.stream(messages, config={"tags": [NOSTREAM]})
    try:
        for chunk in chunks:
            if text := str(chunk.text):
                yield text
    finally:
        if close := getattr(chunks, "close", None):  # ends the request
            close()


def without(prefix: str, pieces: Iterator[str]) -> Iterator[str]:
    """Yield `pieces` without the `prefix` that a model may repeat although it was told not to.

    They are held back for as long as they may be a repetition; differences in white space do not
    count.
    """
    said = " ".join(prefix.split())
    repeated = re.compile(r"\s*" + r"\s+".join(map(re.escape, said.split())))
    held = ""
    for piece in pieces:
        held += piece
        if said.startswith(" ".join(held.split())):
            continue
        match = repeated.match(held)
        yield held[match.end() :] if match else held
        yield from pieces
