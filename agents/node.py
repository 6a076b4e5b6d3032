"""The node contract: an async function with declared reads and writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from langgraph.runtime import Runtime
from pydantic import BaseModel, ValidationError

from agents.context import Context, Kit, Settings, Update
from agents.state import ConversationState
from tools.errors import ConfigError, UnknownName

Duty = Literal["begin", "screen", "check", "crisis", "deliver", ""]
"""What the checker must find on the way to a person."""

Function: TypeAlias = Callable[[ConversationState, Runtime[Context], Kit], Awaitable[Update]]


class NoOptions(BaseModel, extra="forbid"):
    """A node without options."""


@dataclass(frozen=True)
class Node:
    """A node body with what the graph checker must know of it.

    Attributes:
        name: the name under which graph files use it.
        run: the body.
        reads: state keys it cannot do without.
        wants: state keys it uses when an earlier node wrote them.
        writes: state keys it may write.
        options: schema of its options.
        duty: its part in keeping a person safe.
        model: the task of the model that it needs, empty for none.
        prompt: the prompt file that it uses unless the graph names another.
        routes: the values it may write to `route`.
    """

    name: str
    run: Function
    reads: tuple[str, ...]
    wants: tuple[str, ...]
    writes: tuple[str, ...]
    options: type[BaseModel]
    duty: Duty
    model: str
    prompt: str
    routes: tuple[str, ...]

    def parse(self, options: Settings) -> BaseModel:
        """Check a node's options.

        Raises:
            UnknownName: an option that the node does not have.
            ConfigError: a value of the wrong kind.
        """
        for name in options:
            if name not in self.options.model_fields:
                raise UnknownName(
                    f"option of the node {self.name!r}", name, self.options.model_fields
                )
        try:
            return self.options.model_validate(dict(options))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ConfigError(
                f"the option {where!r} of the node {self.name!r} is wrong: {first['msg']}"
            ) from error


def node(
    *,
    reads: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
    writes: tuple[str, ...],
    options: type[BaseModel] = NoOptions,
    duty: Duty = "",
    model: str = "",
    prompt: str = "",
    routes: tuple[str, ...] = (),
) -> Callable[[Function], Node]:
    """Declare a function as a node under its own name; see `Node` for the arguments."""

    def declare(function: Function) -> Node:
        return Node(
            function.__name__, function, reads, wants, writes, options, duty, model, prompt, routes
        )

    return declare
