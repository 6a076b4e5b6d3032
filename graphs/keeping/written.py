"""How a conversation is written down, and what of it outlives a turn.

Only plain values and messages are read back: a file that somebody tampered with constructs nothing.
"""

import json
from typing import Any, Literal, TypedDict, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata, copy_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Overwrite

from agents.context import Context
from agents.state import HELD, KEPT, RESUMED, ConversationState
from agents.turn import FRESH
from tools.errors import StorageError

_MESSAGES = (HumanMessage, AIMessage, SystemMessage, ToolMessage)
_FORMAT = 1
_START = "__start__"

_UNWRITTEN: dict[str, Any] = {
    key: FRESH[key].value if isinstance(FRESH[key], Overwrite) else FRESH[key]
    for key in frozenset(ConversationState.__annotations__) - RESUMED - HELD
}
"""How parts of a turn stand on a disk that are not written there: as before anything happened."""

_LISTED = RESUMED | frozenset(_UNWRITTEN)
"""Channels that may be written; another one is a state key that nobody has decided on."""

SERDE = JsonPlusSerializer(
    pickle_fallback=False,
    allowed_json_modules=None,
    allowed_msgpack_modules=[(kind.__module__, kind.__name__) for kind in _MESSAGES],
)
"""Reads and writes plain values and messages, and nothing else."""

Stage = Literal["", "begun", "graded", "said", "settled"]
"""What makes a checkpoint worth writing down; empty for one that is not."""


class Asked(TypedDict):
    """A message that a person has sent, as it waits; no recording and no consent."""

    id: str
    words: str
    locale: str
    country: str
    recording: bool


class Begun(TypedDict):
    """The turn that is not over: for which message, and on which version of a graph."""

    asked: Asked
    version: str


class Written(TypedDict):
    """A conversation as it is written down."""

    format: int
    checkpoint: Checkpoint
    metadata: CheckpointMetadata
    begun: Begun | None


def asked_by(id: str, words: str, context: Context, *, recording: bool) -> Asked:
    """Return a message with what is needed to answer it after a restart."""
    return {
        "id": id,
        "words": words,
        "locale": context.locale,
        "country": context.country,
        "recording": recording,
    }


def post(asked: Asked) -> bytes:
    """Return a waiting message as bytes."""
    return json.dumps(asked, ensure_ascii=False).encode()


def unpost(body: bytes) -> Asked:
    """Return a waiting message.

    Raises:
        StorageError: it is none.
    """
    try:
        found = json.loads(body)
        kinds = {key: kind for key, kind in Asked.__annotations__.items()}
        if {key: type(found[key]) for key in kinds} == kinds:
            return cast(Asked, {key: found[key] for key in kinds})
    except (ValueError, KeyError, TypeError):
        pass
    raise StorageError("a waiting message is damaged and was left out; please send it again")


def write(checkpoint: Checkpoint, metadata: CheckpointMetadata, begun: Begun | None) -> bytes:
    """Return a conversation as bytes."""
    plain: dict[str, object] = {
        "source": metadata.get("source"),
        "step": metadata.get("step"),
        "parents": {},
    }
    kind, data = SERDE.dumps_typed(
        {"format": _FORMAT, "checkpoint": checkpoint, "metadata": plain, "begun": begun}
    )
    assert kind == "msgpack"  # a dict is never anything else
    return data


def read(data: bytes) -> Written:
    """Return a conversation that `write` has put down.

    Raises:
        StorageError: it is damaged, or holds what was never written there.
    """
    try:
        found = SERDE.loads_typed(("msgpack", data))
        whole = (
            found["format"] == _FORMAT
            and _is_plain(found)
            and isinstance(found["checkpoint"]["channel_values"], dict)
            and isinstance(found["checkpoint"]["channel_versions"], dict)
            and all(isinstance(m, BaseMessage) for m in messages_in(found["checkpoint"]))
        )
    except Exception:
        whole = False
    if not whole:
        raise StorageError(
            "a kept conversation cannot be read: it is damaged, or of a newer version of this "
            "program; it was left as it is, so begin another one"
        )
    return cast(Written, found)


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
    if isinstance(value, list | tuple | set):
        return all(map(_is_plain, value))
    return value is None or isinstance(
        value, str | int | float | bool | _MESSAGES[0] | _MESSAGES[1]
    )


def messages_in(checkpoint: Checkpoint) -> list[BaseMessage]:
    """Return what was said, with a message that was taken in and that no node has seen yet."""
    values = checkpoint["channel_values"]
    new = (values.get(_START) or {}).get("messages", [])
    known = values.get("messages", [])
    return [*known, *(m for m in new if m.id not in {k.id for k in known})]


def writable(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint of a turn with what is needed to finish it after a crash, and no more.

    Of a graph's own names only those stay that say where to go on: the nodes that are next, those
    that a join waits for, and the writer. Which other nodes have run may tell what was noticed of
    feelings, where a graph routes by it.
    """
    values = checkpoint["channel_values"]
    written = {k: _written(k, v) for k, v in values.items() if k in _LISTED or _goes_on(k)}
    versions = checkpoint["channel_versions"]
    copy = copy_checkpoint(checkpoint)
    copy["channel_values"] = written
    copy["channel_versions"] = {k: v for k, v in versions.items() if k in written or k in _LISTED}
    copy["versions_seen"], copy["updated_channels"] = {}, None
    return copy


def _goes_on(channel: str) -> bool:
    """Say whether a channel is LangGraph's own, and says what is next."""
    return channel == _START or channel.startswith(("branch:to:", "join:"))


def _written(key: str, value: Any) -> Any:
    if key == "strategy":  # its reason and its scores lean on what was noticed of feelings
        return {**_UNWRITTEN[key], "label": value["label"]}
    return _UNWRITTEN.get(key, value)


def settled(checkpoint: Checkpoint, outlives: frozenset[str] = KEPT) -> Checkpoint:
    """Return a checkpoint with what outlives a turn alone, from which the next one can begin."""
    values = {k: v for k, v in checkpoint["channel_values"].items() if k in outlives}
    versions = {k: v for k, v in checkpoint["channel_versions"].items() if k in values}
    copy = copy_checkpoint(checkpoint)
    copy["channel_values"], copy["channel_versions"] = values, versions
    copy["versions_seen"], copy["updated_channels"] = {}, None
    return copy


def stage(checkpoint: Checkpoint, metadata: CheckpointMetadata, changed: dict[str, Any]) -> Stage:
    """Say what a checkpoint is worth writing down for.

    The last sentence of a reply is written down with its delivery, which follows at once.
    """
    values = checkpoint["channel_values"]
    if metadata.get("source") == "input":
        return "begun"
    if metadata.get("source") != "loop":
        return "settled"
    said = values.get("messages") or [None]
    if "messages" in changed and isinstance(said[-1], AIMessage):
        return "settled"
    if "turn_id" in changed:  # `begin_turn` has cleared what is looked for here
        return ""
    if "said" in changed and values.get("route") != "deliver":
        return "said"
    return "graded" if "grade" in changed else ""
