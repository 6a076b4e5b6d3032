"""Choose the best of several drafts of a reply, before a word of it is shown."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.adherence import copied, departs, lacks
from tools.chat import ChatHost, ChatRequest
from tools.errors import Busy, ModelError
from tools.language import is_english
from tools.seeds import derive
from tools.wording import opening, words
from tools.words import PLAIN

_SHORTEST, _LONGEST = 14, 50
"""Words of a reply that the examples keep to."""

_BROKEN_OFF = re.compile(r"[\w,;:–—-]$")
"""How a sentence ends that the bound of tokens cut."""

_QUOTES = ('"', "“", "”")

_PATIENCE = 0.8
"""Share of the time for a sentence after which drafts are taken as far as they have come."""


@dataclass(frozen=True)
class Setting:
    """What a draft is judged by.

    Attributes:
        strategy: a value of `tools.labels.Strategy`, or empty without a plan.
        person: what the person said this turn.
        earlier: the replies of earlier turns.
        sentences: how many sentences a reply may have.
    """

    strategy: str
    person: str
    earlier: Sequence[str]
    sentences: int

    def keep(self, draft: Sequence[str]) -> list[str]:
        """Return the sentences of a draft that keep to the plan, up to its question."""
        kept: list[str] = []
        for sentence in draft:
            if self.departs(sentence, first=not kept) or sentence in kept:
                continue
            kept.append(sentence)
            if sentence.endswith("?") or len(kept) == self.sentences:
                break
        return kept

    def departs(self, sentence: str, *, first: bool) -> str:
        """Return why a sentence may not be said; empty when it may."""
        if not is_english(sentence):
            return ""
        if first and self.is_stock(sentence):
            return "begins like an earlier reply"
        if not first and _BROKEN_OFF.search(sentence):
            return "breaks off"
        return departs(sentence, self.strategy, person=self.person, earlier=self.earlier)

    def lacks(self, reply: str) -> str:
        """Return what a whole reply lacks of its strategy; nothing where it is not English."""
        return lacks(reply, self.strategy) if is_english(reply) else ""

    def is_stock(self, sentence: str) -> bool:
        """Say whether an earlier reply of the conversation began like this."""
        return opening(sentence) in {opening(reply) for reply in self.earlier}


def worth(draft: Sequence[str], setting: Setting) -> float:
    """Return how good a draft is: the higher, the better; the weights are ours.

    What counts: that it does what the strategy asks, keeps to the length of the examples, takes
    something up from what was said without repeating it, and brings words that earlier replies did
    not have.
    """
    if not draft:
        return -10.0
    reply = " ".join(draft)
    found = words(reply)
    substance = {word for word in found if word not in PLAIN}
    said = {word for word in words(setting.person) if word not in PLAIN}
    used = {word for text in setting.earlier[-3:] for word in words(text)} - PLAIN
    taken = len(substance & said)
    return (
        -3.0 * bool(setting.lacks(reply))
        - 0.05 * max(0, _SHORTEST - len(found))
        - 0.05 * max(0, len(found) - _LONGEST)
        - 0.5 * (len(draft) < 2)
        + 0.3 * min(taken, 3)
        - 0.15 * max(0, copied(reply, setting.person) - 3)
        - 0.5 * len(substance & used) / max(1, len(substance))
        - 1.0 * (len(set(found)) / max(1, len(found)) < 0.6)
    )


async def choose(
    host: ChatHost, turn: str, request: ChatRequest, count: int, setting: Setting, seconds: float
) -> list[str]:
    """Return the sentences of the best of `count` drafts, which are written side by side.

    The first is greedy, the others are sampled. A draft that fails, or finds no room, counts for
    nothing; one that is not whole when the time is nearly up counts as far as it has come.

    Raises:
        AttuneError: every draft failed; the error is that of the first.
        ModelError: none had a sentence in that time.
    """
    drafts: dict[str, list[str]] = {}
    try:
        for index in range(count):
            warmer = request.temperature if index == 0 else max(0.8, request.temperature)
            try:
                seed = derive(request.seed, index)
                host.open(f"{turn}/{index}", request.warmed(warmer, seed))
            except Busy:
                if not drafts:
                    raise
                break
            drafts[f"{turn}/{index}"] = []
        tasks = [asyncio.create_task(_fill(host, key, into)) for key, into in drafts.items()]
        try:
            await asyncio.wait(tasks, timeout=_PATIENCE * seconds)
        finally:
            for task in tasks:
                task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        if not any(drafts.values()) and all(isinstance(e, asyncio.CancelledError) for e in ended):
            for key in drafts:
                host.give_up(key)
            raise ModelError(f"no draft had a sentence within {_PATIENCE * seconds:g} s")
    finally:
        for key in drafts:
            host.close(key)
    failed = [end for end in ended if isinstance(end, Exception)]
    if failed and not any(drafts.values()):
        raise failed[0]
    whole = [d for d, end in zip(drafts.values(), ended, strict=True) if end not in failed]
    if failed and not whole:
        raise failed[0]
    return max((setting.keep(draft) for draft in whole), key=lambda kept: worth(kept, setting))


async def _fill(host: ChatHost, key: str, draft: list[str]) -> None:
    """Append the sentences of an open reply to `draft` as they come."""
    while sentence := await host.sentence(key):
        draft.append(tidy(sentence))


def tidy(sentence: str) -> str:
    """Drop quotation marks and a speaker's name that small models put around a reply."""
    sentence = _outer(sentence.strip())
    for name in ("Supporter:", "Assistant:", "Reply:", "Attune:"):
        sentence = sentence.removeprefix(name).strip()
    return _outer(sentence)


def _outer(text: str) -> str:
    """Return a text without the quotation marks of a reply; those within a sentence stay."""
    marks = sum(text.count(mark) for mark in _QUOTES)
    begins, ends = text.startswith(_QUOTES), text.endswith(_QUOTES)
    if marks == 1 or (marks == 2 and begins and ends):
        return text.strip("".join(_QUOTES)).strip()
    return text
