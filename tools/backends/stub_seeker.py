"""A fake seeker, for tests and for trying `python -m graphs simulate` without weights.

It says what the note in brackets of the last message tells it to, as the notes of
`agents/prompts/seeker.md` are written.
"""

import re
from collections.abc import Iterator

from pydantic import BaseModel, Field

from tools.backends.options import read_options
from tools.chat import ChatRequest
from tools.errors import ModelError
from tools.models import Loading

_NOTE = re.compile(r"\[(?P<note>[^\]]*)\]\s*\Z")
_TOLD = re.compile(r"(?:My|What|How)\b[^:]*: (?P<fact>.+)", re.DOTALL)
_GOODBYE = re.compile(r"\bbye\.$")


class Options(BaseModel, extra="forbid"):
    """What `options:` of `stub-seeker` may say.

    Attributes:
        line: said in every turn, in place of what the note tells.
        fail_after: how many requests are answered before every one fails.
    """

    line: str = ""
    fail_after: int | None = Field(default=None, ge=0)


def load(loading: Loading) -> "StubSeeker":
    """Make a fake seeker.

    Raises:
        ConfigError: an option is wrong.
    """
    return StubSeeker(read_options(Options, loading))


class StubSeeker:
    """Tells the fact of each note as it stands, and says bye where the note asks for it."""

    def __init__(self, options: Options) -> None:
        """Speak as the options say."""
        self._options = options
        self._asked = 0

    def stream(self, request: ChatRequest, /) -> Iterator[str]:
        """Yield the line word by word.

        Raises:
            ModelError: the options say that it fails.
        """
        self._asked += 1
        if self._options.fail_after is not None and self._asked > self._options.fail_after:
            raise ModelError("the stub was told to fail")
        rest = self._line(request).removeprefix(request.prefix)
        yield from (f"{word} " for word in rest.split()[: request.max_tokens])

    def _line(self, request: ChatRequest) -> str:
        if self._options.line:
            return self._options.line
        last = request.messages[-1].content if request.messages else ""
        found = _NOTE.search(last)
        note = found["note"] if found else ""
        if _GOODBYE.search(note):
            return "Thanks for listening. I have to go now, bye."
        if told := _TOLD.match(note):
            return told["fact"]
        count = sum(message.role == "assistant" for message in request.messages)
        return f"turn over {count} things at night."
