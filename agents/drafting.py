"""Choose the best of several drafts of a reply, before a word of it is shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from agents.adherence import copied, departs, lacks, opening, words
from tools.chat import ChatHost, ChatRequest
from tools.sentences import split
from tools.words import PLAIN

_SHORTEST, _LONGEST = 14, 50
"""Words of a reply that the examples keep to."""


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

    def keep(self, draft: str) -> list[str]:
        """Return the sentences of a draft that keep to the plan, up to its question."""
        kept: list[str] = []
        for sentence in split(draft):
            if self.departs(sentence, first=not kept) or sentence in kept:
                continue
            kept.append(sentence)
            if sentence.endswith("?") or len(kept) == self.sentences:
                break
        return kept

    def departs(self, sentence: str, *, first: bool) -> str:
        """Return why a sentence may not be said; empty when it may."""
        if first and self.is_stock(sentence):
            return "begins like an earlier reply"
        return departs(sentence, self.strategy, person=self.person, earlier=self.earlier)

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
        -3.0 * bool(lacks(reply, setting.strategy))
        - 0.05 * max(0, _SHORTEST - len(found))
        - 0.05 * max(0, len(found) - _LONGEST)
        - 0.5 * (len(draft) < 2)
        + 0.3 * min(taken, 3)
        - 0.15 * max(0, copied(reply, setting.person) - 3)
        - 0.5 * len(substance & used) / max(1, len(substance))
        - 1.0 * (len(set(found)) / max(1, len(found)) < 0.6)
    )


async def choose(
    host: ChatHost, turn: str, request: ChatRequest, count: int, setting: Setting
) -> list[str]:
    """Return the sentences of the best of `count` drafts, which are written side by side.

    The first is greedy, the others are sampled; a draft that fails counts for nothing.

    Raises:
        AttuneError: every draft failed; the error is that of the first.
    """
    keys = [f"{turn}/{index}" for index in range(count)]
    try:
        for index, key in enumerate(keys):
            warmer = request.temperature if index == 0 else max(0.8, request.temperature)
            host.open(key, request.warmed(warmer))
        drafts = await asyncio.gather(*(_whole(host, key) for key in keys), return_exceptions=True)
    finally:
        for key in keys:
            host.close(key)
    whole = [draft for draft in drafts if isinstance(draft, str)]
    if not whole:
        raise next(draft for draft in drafts if isinstance(draft, BaseException))
    return max((setting.keep(draft) for draft in whole), key=lambda kept: worth(kept, setting))


async def _whole(host: ChatHost, key: str) -> str:
    sentences: list[str] = []
    while sentence := await host.sentence(key):
        sentences.append(tidy(sentence))
    return " ".join(sentences)


def tidy(sentence: str) -> str:
    """Drop quotation marks and a speaker's name that small models put around a reply."""
    sentence = sentence.strip().strip('"“”').strip()
    for name in ("Supporter:", "Assistant:", "Reply:", "Attune:"):
        sentence = sentence.removeprefix(name).strip()
    return sentence
