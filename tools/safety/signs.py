"""Named patterns over folded text, and what excuses a match.

Risk rules and speech rules are both made of them. All gaps in a pattern must be bounded; with that,
and with the bounded reach of an excuse, time is linear in the length of the text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from tools.errors import ConfigError, UnknownName

_WORD = re.compile(r"<(\w+)>")
_FIRST_PERSON = re.compile(r"(?:i|im|ive|id|ill|ima|imma|me|my|my ?self) ")
_SPEAKER = "i|im|ive|id|ill|ima|imma"
_OTHERS = "he|she|they|hes|shes|theyre|we|you|who|someone|somebody|people"
_NO_SUBJECT = re.compile(
    r"(?: (?:and|but|so|or|just|also|lol|tbh|honestly|really|still|like|kinda|sometimes|always|even"
    r"|ok|okay|yeah|well|literally|lowkey|actually|legit|basically|i guess|now|then|again))* "
)
_MARK = re.compile(r' [.,"] ')

_REACH = 300
"""Characters either side of a match that count as its sentence."""

_LEAD = 16
"""Characters before a match that count as said with it, e.g. `I really`."""


class Excuse(BaseModel, extra="forbid"):
    """What makes a match harmless.

    Attributes:
        before: patterns that end where the match begins, in the same clause.
        around: patterns anywhere in the same sentence.
        but: patterns in the same sentence with which the excuse does not hold.
        never: patterns in the match, or right before it, with which it does not hold.
        about_others: it never holds for what the speaker says of themself: where the match begins
            in the first person, or its nearest subject is `I`, or it stands without one.
    """

    before: list[str] = []
    around: list[str] = []
    but: list[str] = []
    never: list[str] = []
    about_others: bool = False


@dataclass(frozen=True)
class _Excuse:
    before: re.Pattern[str] | None
    around: re.Pattern[str] | None
    but: re.Pattern[str] | None
    never: re.Pattern[str] | None
    subject: re.Pattern[str] | None

    def holds(self, text: str, start: int, end: int) -> bool:
        """Say whether it holds for the match that runs from `start` to `end`."""
        sentence = _sentence(text, start, end)
        if not (self.around and self.around.search(sentence)):
            clause = _clause(text, start)
            if not (self.before and self.before.search(clause)):
                return False
        if self.but and self.but.search(sentence):
            return False
        if self.never and self.never.search(_clause(text, start)[-_LEAD:] + text[start : end + 1]):
            return False
        return not (self.subject and self._own(self.subject, text, start))

    def _own(self, subject: re.Pattern[str], text: str, start: int) -> bool:
        """Say whether the speaker is the subject of a match."""
        if _FIRST_PERSON.match(text, start):
            return True
        clause = _clause(text, start)
        subjects = [match[1] for match in subject.finditer(clause)]
        return bool(subjects[-1] if subjects else _NO_SUBJECT.fullmatch(clause))


@dataclass(frozen=True)
class Sign:
    """One named pattern with its excuses."""

    name: str
    _pattern: re.Pattern[str]
    _unless: tuple[_Excuse, ...]

    def shows(self, folded: str) -> bool:
        """Say whether the folded text has a match without an excuse."""
        return next(self.matches(folded), None) is not None

    def matches(self, folded: str) -> Iterator[tuple[int, int]]:
        """Give the start and end of every match without an excuse."""
        for match in self._pattern.finditer(folded):
            start, end = match.start() + 1, match.end()  # each begins with a blank
            if not any(excuse.holds(folded, start, end) for excuse in self._unless):
                yield start, end


class SignMaker:
    """Compile signs that share words and excuses."""

    def __init__(self, words: Mapping[str, str], excuses: Mapping[str, Excuse]) -> None:
        """Compile the excuses; `<name>` in a pattern stands for `words[name]`.

        `words["someone"]` says which words are subjects other than the speaker.

        Raises:
            ConfigError: a pattern is no regular expression.
            UnknownName: a pattern names a word that is not there.
        """
        self._words = {"someone": _OTHERS, **words}
        subject = self._compile("someone", [f"({_SPEAKER})|<someone>"])
        self._excuses = {
            name: _Excuse(
                self._compile(f"excuse {name}", excuse.before, end=""),
                self._compile(f"excuse {name}", excuse.around),
                self._compile(f"excuse {name}", excuse.but),
                self._compile(f"excuse {name}", excuse.never),
                subject if excuse.about_others else None,
            )
            for name, excuse in excuses.items()
        }

    def make(self, name: str, patterns: Sequence[str], unless: Sequence[str]) -> Sign:
        """Return the sign `name`.

        Raises:
            ConfigError: a pattern is no regular expression.
            UnknownName: a word or an excuse that is not there.
        """
        for excuse in unless:
            if excuse not in self._excuses:
                raise UnknownName(f"excuse of the rule {name!r}", excuse, self._excuses)
        pattern = self._compile(name, patterns)
        if pattern is None:
            raise ConfigError(f"the rule {name!r} has no patterns; write one or remove the rule")
        return Sign(name, pattern, tuple(self._excuses[excuse] for excuse in unless))

    def _parts(self, rule: str, name: str) -> list[str]:
        """Return the alternatives of a word, those of words that are among them as its own."""
        if name not in self._words:
            raise UnknownName(f"word in the rule {rule!r}", name, self._words)
        parts = []
        for part in _split(self._words[name]):
            inner = _WORD.fullmatch(part)
            parts += self._parts(rule, inner[1]) if inner else [part]
        return parts

    def _compile(
        self, name: str, patterns: Sequence[str], end: str = "(?= )"
    ) -> re.Pattern[str] | None:
        """Join patterns into one that matches whole words."""
        if not patterns:
            return None

        def fill(match: re.Match[str]) -> str:
            return (
                f"(?:{_grouped([_WORD.sub(fill, part) for part in self._parts(name, match[1])])})"
            )

        filled = "|".join(_WORD.sub(fill, pattern) for pattern in patterns)
        try:
            return re.compile(f" (?:{filled}){end}")
        except re.error as error:
            raise ConfigError(
                f"a pattern of the rule {name!r} is no regular expression ({error}); correct it"
            ) from error


def _split(pattern: str) -> list[str]:
    """Part a pattern at the bars that stand in no bracket."""
    parts, depth, begun = [], 0, 0
    for at, c in enumerate(pattern):
        depth += (c in "([") - (c in ")]")
        if c == "|" and not depth:
            parts.append(pattern[begun:at])
            begun = at + 1
    return [*parts, pattern[begun:]]


def _grouped(parts: list[str]) -> str:
    """Join alternatives, those that begin alike together, so that few are tried at each place."""
    groups: dict[str, list[str]] = {}
    for part in parts:
        plain = part[:1].isalpha() and part[1:2] not in ("?", "*", "+", "{")
        groups.setdefault(part[0] if plain else part, []).append(part[1:] if plain else "")
    return "|".join(
        f"{first}(?:{'|'.join(rest)})" if any(rest) else first for first, rest in groups.items()
    )


def _clause(text: str, start: int) -> str:
    """Return what stands before a match in its clause, between blanks."""
    clause = _MARK.split(text[max(0, start - _REACH) : start])[-1]
    return f" {clause.lstrip()}"


def _sentence(text: str, start: int, end: int) -> str:
    """Return the sentence around a span, or the part of it within reach."""
    first, last = max(0, start - _REACH), end + _REACH
    before = text.rfind(" . ", first, start)
    after = text.find(" . ", end, last)
    return text[before + 2 if before >= 0 else first : after + 1 if after >= 0 else last]
