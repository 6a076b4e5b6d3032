"""A seeker that a language model plays: it says one thing a turn, as its agenda has it."""

import random
import re
from collections.abc import Sequence

from agents.briefing import quote
from agents.prompt import Prompt, read_prompt
from graphs.simulation.agenda import Item, plan
from graphs.simulation.profiles import SeekerProfile
from tools.breaker import within
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import ConfigError
from tools.models import Bound
from tools.words import clean

PROMPT = "seeker"

_SENTENCES = 3
_MAX_TOKENS = 70
_TIMEOUT_S = 120.0
"""Seconds for one line; nobody waits for it but the run."""

_HISTORY = 6
"""Earlier lines that the prompt shows; a small model loses its part in more."""


class Seeker:
    """One person in one dialogue.

    Decoding is greedy, so that the same seed and model say the same; what varies from dialogue to
    dialogue is the agenda.
    """

    def __init__(
        self, profile: SeekerProfile, bound: Bound, prompt: Prompt, *, turns: int, seed: str
    ) -> None:
        """Plan what is said.

        Args:
            profile: who is played.
            bound: the language model that plays it.
            prompt: the seeker's prompt file.
            turns: how many turns the dialogue may have.
            seed: names the dialogue; it decides the agenda.
        """
        self.profile = profile
        self.agenda = plan(profile, turns, random.Random(seed), prompt.entries("openings"))
        self._key = f"seeker:{seed}"
        self._host = host_of(bound)
        self._prompt = prompt
        self._before = fixed(profile, prompt)

    async def line(self, turn: int, said: Sequence[tuple[str, str]]) -> str:
        """Return what the seeker says in a turn; empty where the model has nothing to say.

        Args:
            turn: which, from 0; it stands in the agenda.
            said: the exchanges so far, each as the seeker's line and the supporter's reply.

        Raises:
            AttuneError: the model failed.
            TimeoutError: it was too slow.
        """
        opening = self.agenda[turn].opening
        request = ChatRequest(self._messages(turn, said), prefix=opening, max_tokens=_MAX_TOKENS)
        sentences: list[str] = []
        try:
            async with within(_TIMEOUT_S):
                self._host.open(self._key, request)
                while len(sentences) < _SENTENCES:
                    if not (sentence := await self._host.sentence(self._key)):
                        break
                    sentences.append(sentence)
        finally:
            self._host.close(self._key)
        return _joined(opening, " ".join(sentences))

    def _messages(self, turn: int, said: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        heard = [self._prompt.fill("opening"), *(reply for _, reply in said)]
        shown = [Message("user", quote(heard[0]))]
        for (line, _), reply in zip(said, heard[1:], strict=True):
            shown += [Message("assistant", quote(line)), Message("user", quote(reply))]
        shown = shown[-_HISTORY - 1 :] if len(shown) % 2 else shown
        last = noted(self._prompt, shown[-1].content, self.agenda[turn])
        return (*self._before, *shown[:-1], Message("user", last))


def _joined(opening: str, rest: str) -> str:
    """Return a line; where the model wrote nothing, an opening alone is none."""
    rest = " ".join(clean(rest).split()).rstrip('"“”')
    if not re.search(r"\w", rest):
        return ""
    glue = "" if re.match(r"['’,.;:!?]", rest) else " "
    return f"{opening}{glue}{rest}".strip()


def host_of(bound: Bound) -> ChatHost:
    """Return the host of a language model.

    Raises:
        ConfigError: the model is no language model.
    """
    if not isinstance(bound.host, ChatHost):
        raise ConfigError(f"the model {bound.name!r} cannot play a seeker; name one of `respond`")
    return bound.host


def read_seeker_prompt() -> Prompt:
    """Return the seeker's prompt file."""
    return read_prompt(PROMPT)


def private_texts(prompt: Prompt) -> list[str]:
    """Return what no seeker may say: the instructions and the demonstrations, not the profile."""
    return [text.replace("$fact", " ").replace("$note", " ") for text in prompt.private]


def noted(prompt: Prompt, reply: str, item: Item) -> str:
    """Return a supporter's line with the note that says what to tell next."""
    note = prompt.fill(f"beats/{item.beat}", fact=item.fact)
    return f"{reply}\n{prompt.fill('note', note=note)}"


def fixed(profile: SeekerProfile, prompt: Prompt) -> tuple[Message, ...]:
    """Return what every request of a dialogue begins with; engines keep it.

    Raises:
        ConfigError: a demonstration does not have its three parts.
    """
    traits = profile.personality
    system = prompt.fill(
        "system",
        who=profile.gender,
        age=str(profile.age),
        occupation=profile.occupation,
        personality=", ".join(
            (
                traits.openness,
                traits.conscientiousness,
                traits.extraversion,
                traits.agreeableness,
                traits.neuroticism,
            )
        ),
    )
    messages = [Message("system", system)]
    for beat, text in prompt.entries("demonstrations").items():
        parts = [part.strip() for part in text.split("---")]
        if len(parts) != 3:
            raise ConfigError(
                f"the demonstration {beat!r} of the prompt {prompt.name!r} must hold the "
                "supporter's line, `---`, the fact, `---` and the seeker's line"
            )
        heard, fact, line = parts
        note = prompt.fill("note", note=prompt.fill(f"beats/{beat}", fact=fact))
        messages += [Message("user", f"{heard}\n{note}"), Message("assistant", line)]
    return tuple(messages)
