"""Chats to tune a language model on: a JSON object a line, the last message the reply."""

from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from tools.errors import DataError


class ChatMessage(BaseModel, extra="forbid"):
    """One message of a chat."""

    role: str = Field(pattern="^(system|user|assistant)$")
    content: str = Field(min_length=1)


class ChatRow(BaseModel, extra="forbid"):
    """One line of a chats file; the last message is the reply that is learnt."""

    id: str
    messages: list[ChatMessage] = Field(min_length=2)


def read_chats(path: Path) -> list[ChatRow]:
    """Read a JSON-lines file of chats.

    Raises:
        DataError: the file cannot be read, or a line is no chat that ends with a reply.
    """
    try:
        # Not `splitlines`: that would cut a message at a rare line separator inside it.
        lines = path.read_text("utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the chats {path.name!r}: {error}") from error
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = ChatRow.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise DataError(f"{path.name}, line {number}: {where}: {first['msg']}") from error
        if row.messages[-1].role != "assistant":
            raise DataError(f"{path.name}, line {number}: the last message must be a reply")
        rows.append(row)
    return rows
