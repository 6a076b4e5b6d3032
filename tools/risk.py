"""Grade a message for danger by named rules; see `tools/data/risk.yaml`.

The levels follow the Columbia Suicide Severity Rating Scale screener (C-SSRS; Posner et al. 2011):
a wish to be dead or thoughts of suicide are low, a method is moderate, intent, a plan or recent
behaviour is high; what is happening now is imminent. A screen, never a diagnosis.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, Field, ValidationError

from tools.errors import ConfigError, UnknownName
from tools.folding import fold
from tools.labels import RISK_ORDER, Risk
from tools.records import RiskGrade

FILE = Path(__file__).with_name("data") / "risk.yaml"

DETECTOR = "patterns"


class RiskKind(StrEnum):
    """What a risk is about, what is most urgent first; the crisis wording differs by it."""

    OVERDOSE = "overdose"
    SUICIDE = "suicide"
    SELF_HARM = "self_harm"
    VIOLENCE_AT_HOME = "violence_at_home"
    HARM_TO_OTHERS = "harm_to_others"


class Excuse(BaseModel, extra="forbid"):
    """What makes a match harmless.

    Attributes:
        before: patterns that end where the match begins, in the same clause.
        around: patterns anywhere in the same sentence.
        but: patterns in the same sentence with which the excuse does not hold.
        about_others: it never holds for a match that begins in the first person.
    """

    before: list[str] = []
    around: list[str] = []
    but: list[str] = []
    about_others: bool = False


class Rule(BaseModel, extra="forbid"):
    """One named sign of danger.

    Attributes:
        kind: what it is about.
        level: how grave it is.
        language: ISO 639 code of its patterns; every rule is tried on every message.
        patterns: regular expressions over the folded form (`tools.folding`), whole words.
        unless: names of the excuses that hold for it.
    """

    kind: RiskKind
    level: Risk
    language: str
    patterns: list[str] = Field(min_length=1)
    unless: list[str] = []


class RiskFile(BaseModel, extra="forbid"):
    """The whole file; `<name>` in a pattern stands for `words[name]`."""

    words: dict[str, str]
    excuses: dict[str, Excuse]
    rules: dict[str, Rule]


@dataclass(frozen=True)
class _Excuse:
    before: re.Pattern[str] | None
    around: re.Pattern[str] | None
    but: re.Pattern[str] | None
    about_others: bool

    def holds(self, text: str, start: int, end: int) -> bool:
        """Say whether it holds for the match that runs from `start` to `end`."""
        if self.about_others and _FIRST_PERSON.match(text, start):
            return False
        before, after = text.rfind(" . ", 0, start), text.find(" . ", end)
        sentence = text[before + 2 if before >= 0 else 0 : after + 1 if after >= 0 else None]
        if self.but and self.but.search(sentence):
            return False
        if self.around and self.around.search(sentence):
            return True
        clause = re.split(r' [.,"] ', text[max(0, start - _REACH) : start])[-1]
        return bool(self.before and self.before.search(f" {clause.lstrip()}"))


_FIRST_PERSON = re.compile(r"(?:i|im|ive|id|ill|ima|imma|me|my|my ?self) ")

_WORD = re.compile(r"<(\w+)>")

_REACH = 120
"""Characters before a match in which its clause is looked for."""


@dataclass(frozen=True)
class _Rule:
    name: str
    kind: RiskKind
    level: Risk
    pattern: re.Pattern[str]
    unless: tuple[_Excuse, ...]

    def fires(self, text: str) -> bool:
        """Say whether one match has no excuse."""
        return any(
            not any(excuse.holds(text, *match.span()) for excuse in self.unless)
            for match in self.pattern.finditer(text)
        )


class RiskGrader:
    """Apply every rule to a message."""

    def __init__(self, file: RiskFile) -> None:
        """Compile the rules.

        Raises:
            ConfigError: a pattern is no regular expression.
            UnknownName: a rule names an excuse, or a pattern a word, that is not there.
        """
        excuses = {
            name: _Excuse(
                _compile(f"excuse {name}", excuse.before, file.words, end=""),
                _compile(f"excuse {name}", excuse.around, file.words),
                _compile(f"excuse {name}", excuse.but, file.words),
                excuse.about_others,
            )
            for name, excuse in file.excuses.items()
        }
        self._rules = []
        for name, rule in file.rules.items():
            for unless in rule.unless:
                if unless not in excuses:
                    raise UnknownName(f"excuse of the risk rule {name!r}", unless, excuses)
            pattern = _compile(name, rule.patterns, file.words)
            assert pattern is not None  # a rule has at least one
            held = tuple(excuses[unless] for unless in rule.unless)
            self._rules.append(_Rule(name, rule.kind, rule.level, pattern, held))
        self._kinds = {rule.name: (rule.level, rule.kind) for rule in self._rules}

    def grade(self, text: str) -> RiskGrade:
        """Return the gravest level of all rules that fire, and their names."""
        folded = fold(text)
        fired = [rule for rule in self._rules if rule.fires(folded)]
        level = max((rule.level for rule in fired), key=RISK_ORDER.index, default=Risk.NONE)
        return {
            "level": level.value,
            "evidence": [rule.name for rule in fired],
            "detector": DETECTOR,
        }

    def kind(self, grade: RiskGrade) -> RiskKind:
        """Return what the gravest evidence is about; `suicide` where none is known."""
        known = [self._kinds[name] for name in grade["evidence"] if name in self._kinds]
        if not known:
            return RiskKind.SUICIDE
        top = max((level for level, _ in known), key=RISK_ORDER.index)
        kinds = [kind for level, kind in known if level is top]
        return min(kinds, key=list(RiskKind).index)


def read_risk(file: Path = FILE) -> RiskGrader:
    """Read a rule file.

    Raises:
        ConfigError: it cannot be read or is wrong.
    """
    try:
        return RiskGrader(RiskFile.model_validate(yaml.safe_load(file.read_text("utf-8"))))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"the risk file {file.name!r} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"the risk file {file.name!r} is wrong at {where!r}: {first['msg']}"
        ) from error


def _compile(
    name: str, patterns: list[str], words: dict[str, str], end: str = "(?= )"
) -> re.Pattern[str] | None:
    """Join patterns into one that matches whole words, with `<name>` filled in."""
    if not patterns:
        return None

    def fill(match: re.Match[str]) -> str:
        if match.group(1) not in words:
            raise UnknownName(f"word in the pattern of {name!r}", match.group(1), words)
        return f"(?:{_WORD.sub(fill, words[match.group(1)])})"

    filled = "|".join(_WORD.sub(fill, pattern) for pattern in patterns)
    try:
        return re.compile(f"(?<= )(?:{filled}){end}")
    except re.error as error:
        raise ConfigError(f"a pattern of {name!r} is no regular expression: {error}") from error
