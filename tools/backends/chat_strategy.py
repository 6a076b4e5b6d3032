"""The strategy as a choice of the language model over the label set.

Where the model can be held to the labels it is (OpenVINO GenAI, by a grammar); any other writes
freely, and what it writes is searched for one label. Tokens that OpenVINO takes from its prompt
cache have no log-probabilities, so that there is no distribution to read off: the chosen label gets
`trust`, the others share the rest.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, Field

from tools.backends.options import read_options
from tools.chat import ChatBackend, ChatRequest, Message
from tools.corpora.strategies import strategy_table
from tools.errors import ConfigError
from tools.labels import MASKED, Strategy
from tools.models import Loading, ModelSet
from tools.records import Scores
from tools.situation import Situation

_log = logging.getLogger(__name__)

_ASK = (
    "You plan what a trained peer supporter does next; you do not write the reply. These are the "
    "strategies, and what each does:\n{strategies}\nAnswer with the name of one strategy and "
    "nothing else."
)


class Options(BaseModel, extra="forbid"):
    """What `options:` of a chat planner may say.

    Attributes:
        chat: a model of the task `respond`; the one that the profile binds there by default.
        trust: the probability of the label that the model chooses.
        max_tokens: of the answer; the longest label has about ten.
        shown: how many messages before this one it is shown.
    """

    chat: str = ""
    trust: float = Field(default=0.6, gt=0, le=1)
    max_tokens: int = Field(default=24, ge=4)
    shown: int = Field(default=4, ge=0)


class ChatStrategy:
    """Ask a language model which strategy suits; `unparsable` counts answers that name none."""

    def __init__(self, name: str, chat: ChatBackend, options: Options) -> None:
        """Ask `chat`; `name` is the planner's own, for the log."""
        self.unparsable = 0
        self._name = name
        self._chat = chat
        self._options = options

    def predict(self, items: Sequence[Situation], /) -> list[Scores]:
        """Return a distribution per turn, empty where the answer names no strategy."""
        return [self._one(item) for item in items]

    def _one(self, item: Situation) -> Scores:
        choices = [s.value for s in Strategy if s.value not in item.barred]
        pieces = self._chat.stream(request(item, choices, self._options))
        label = named("".join(pieces), choices)
        if not label:
            self.unparsable += 1
            _log.warning("%s: %d answers so far named no strategy", self._name, self.unparsable)
            return {}
        rest = (1 - self._options.trust) / max(1, len(choices) - 1)
        return {c: self._options.trust if c == label else rest for c in choices}


def request(item: Situation, choices: Sequence[str], options: Options) -> ChatRequest:
    """Return what the model is asked: what never changes first, so that its prefix is cached."""
    does = strategy_table().strategies
    shown = [s for s in Strategy if s not in MASKED or s.value in choices]
    listed = "\n".join(f"- {s.value}: {does[s].does}" for s in shown)
    turns = [*item.before[-options.shown :]] if options.shown else []
    lines = [f"{turn['speaker'].capitalize()}: {turn['text']}" for turn in turns]
    lines += [f"Person: {item.said}", "", f"Stage: {item.stage or 'unknown'}"]
    lines += [f"{name.capitalize()}: {text}" for name, text in item.thoughts.items()]
    if item.tried:
        lines.append(f"Used in the last replies: {', '.join(item.tried[-3:])}")
    lines.append(f"Choose one of: {', '.join(choices)}.")
    return ChatRequest(
        messages=(
            Message("system", _ASK.format(strategies=listed)),
            Message("user", "\n".join(lines)),
        ),
        max_tokens=options.max_tokens,
        choices=tuple(choices),
    )


def named(answer: str, choices: Iterable[str]) -> str:
    """Return the one label that an answer names; empty where it names none or several."""
    low = answer.casefold()
    found = [choice for choice in choices if choice.casefold() in low]
    return found[0] if len(found) == 1 else ""


def parts(options: Mapping[str, Any], models: ModelSet) -> tuple[str, ...]:
    """Return the language model that is asked where the options name none; see `tools.parts`."""
    bound = None if options.get("chat") else models.bound("respond")
    return (bound.name,) if bound is not None else ()


def load(loading: Loading) -> ChatStrategy:
    """Take the language model that the options name, or the one that writes the replies.

    Raises:
        ConfigError: there is none, or the named one is no language model.
    """
    options = read_options(Options, loading)
    name = options.chat or next(iter(parts(loading.config.options, loading.models)), "")
    if not name:
        raise ConfigError(
            f"the planner {loading.name!r} needs a language model; bind one to `respond`, or "
            "name one by `options: {chat: NAME}`"
        )
    if loading.models.config(name).task != "respond":
        raise ConfigError(
            f"the planner {loading.name!r} asks {name!r}, which is no language model; "
            "name one whose task is `respond`"
        )
    return ChatStrategy(loading.name, cast(ChatBackend, loading.models.backend(name)), options)
