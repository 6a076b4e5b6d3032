"""Fixed sentences by locale; see `tools/data/phrases/`.

Code says these, no model does. They are written for somebody who is frightened: short, plain,
warm, in the second person.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from string import Template
from typing import Annotated, cast

from pydantic import BaseModel, Field

from tools.errors import ConfigError
from tools.labels import UNKNOWN, Emotion, Strategy
from tools.safety.reminders import Reminder
from tools.safety.resources import Resource
from tools.safety.scripts import APART, GENERAL, LENT, SCRIPTS, Part, Script, parts
from tools.yaml_file import read_yaml

FOLDER = Path(__file__).with_name("data") / "phrases"
DEFAULT = "en"

MOMENTS = frozenset(
    {
        "no_words", "not_heard", "lost_recording", "language_not_heard", "listening_failed",
        "not_seen", "other_language", "misunderstood", "other_topic", "closing", "fine",
        "handoff_asked", "letter_offer", "letter_sent", "letter_kept", "unanswered",
    }
)  # fmt: skip
"""Moments for which every language has words; a file may have more."""

Variants = Annotated[list[str], Field(min_length=1)]


class LinePhrases(BaseModel, extra="forbid"):
    """How one resource is written out."""

    service: str
    always_open: str
    directory: str
    call: str
    text: str
    keyword: str
    chat: str
    separator: str


class NoticedPhrases(BaseModel, extra="forbid"):
    """How the page says, tentatively, what was noticed."""

    one: str
    disagreeing: str
    unknown: str
    emotions: dict[Emotion, str]


class LocalePhrases(BaseModel, extra="forbid"):
    """The fixed sentences of one language.

    Attributes:
        language: ISO 639 code; also the name of the file.
        disclosure: said before the first message, line by line.
        reminder: the disclosure in one line, for when it is due again.
        identity: answers to "are you human?".
        pause: suggestions of a break, after a long talk.
        crisis: the wordings of the crisis reply by script and part, in the order of their use;
            `$emergency` stands for the sentences of `tools.safety.resources.emergency`.
        fallback: replies by `Strategy` value for when the model fails; listening ones advise
            nothing.
        last_resort: the sentence for when nothing else may be said.
        moments: wordings by moment of a conversation (`agents.moment`), in the order of their use;
            `$to` stands for those who read the letters of a hand-off.
    """

    language: str
    disclosure: Variants
    reminder: str
    identity: Variants = Field(min_length=2)
    pause: Variants = Field(min_length=2)
    crisis: dict[Script, dict[Part, Variants]]
    lines: LinePhrases
    fallback: dict[Strategy, Variants]
    last_resort: str
    moments: dict[str, Variants]
    noticed_as: NoticedPhrases

    @property
    def no_words(self) -> str:
        """What is said to a turn without words."""
        return self.moments["no_words"][0]

    def aside(self, name: Reminder | str, turn: int) -> Variants:
        """Return the lines of a reminder, or of a moment, worded differently from turn to turn."""
        if name == "reminder":
            return [self.reminder]
        if name in self.moments:
            return [self.moments[name][turn % len(self.moments[name])]]
        lines: Variants = getattr(self, name)
        return lines if name == "disclosure" else [lines[turn % len(lines)]]

    @property
    def replies(self) -> frozenset[str]:
        """Every sentence that stands in for a model's reply."""
        lines = chain(self.fallback.values(), self.moments.values())
        return frozenset([self.last_resort, *chain.from_iterable(lines)])

    def wordings(self, script: str, part: str) -> dict[str, str]:
        """Return the wordings of a part of the crisis reply, unfilled, by keys of any language.

        A script's own come first. The general ones follow in the parts that are lent
        (`tools.safety.scripts.LENT`), and stand in where the script has none. Never raises.
        """
        own = self._wordings(script, part)
        if own and (script in APART or part not in LENT):
            return own
        return own | self._wordings(GENERAL, part)

    def _wordings(self, script: str, part: str) -> dict[str, str]:
        variants = self.crisis.get(cast(Script, script), {}).get(cast(Part, part), [])
        return {f"{script}/{part}/{index}": text for index, text in enumerate(variants)}

    def line(self, resource: Resource) -> str:
        """Write out one resource: its name, how to reach it, and when."""
        if not resource.channels:
            what = resource.what.get(self.language) or resource.what.get(DEFAULT, "")
            return Template(self.lines.directory).substitute(
                name=resource.name, url=resource.url, what=what
            )
        ways = []
        for channel in resource.channels:
            way = "keyword" if channel.keyword else channel.kind
            template: str = getattr(self.lines, way)
            ways.append(Template(template).substitute(channel.model_dump()))
        line = Template(self.lines.service).substitute(
            name=resource.name, how=self.lines.separator.join(ways)
        )
        hours = self.lines.always_open if resource.hours == "24/7" else resource.hours
        return f"{line} ({hours})" if hours else line

    def noticed(self, emotion: str, disagreeing: bool = False) -> str:
        """Return a tentative line about an `Emotion` value, or about `unknown`."""
        if emotion == UNKNOWN:
            return self.noticed_as.unknown
        if disagreeing:
            return self.noticed_as.disagreeing
        word = self.noticed_as.emotions[Emotion(emotion)]
        return Template(self.noticed_as.one).substitute(emotion=word)


class Phrases:
    """The phrases of every language."""

    def __init__(self, by_language: Mapping[str, LocalePhrases]) -> None:
        """Take phrases by ISO 639 code; `en` must be among them."""
        self._by_language = dict(by_language)

    def __iter__(self) -> Iterator[LocalePhrases]:
        """Give the phrases of each language."""
        return iter(self._by_language.values())

    def for_locale(self, locale: str) -> LocalePhrases:
        """Return the phrases for a BCP 47 tag (`es-MX` gives `es`); English where none are."""
        language = locale.replace("_", "-").split("-")[0].casefold()
        return self._by_language.get(language, self._by_language[DEFAULT])


def read_phrases(file: Path) -> LocalePhrases:
    """Read and check the phrases of one language.

    Raises:
        ConfigError: the file cannot be read, or a phrase is missing or unknown.
    """
    phrases = read_yaml(file, LocalePhrases, "phrase file")
    lacking = [
        *(set(Strategy) - set(phrases.fallback)),
        *(set(Emotion) - set(phrases.noticed_as.emotions)),
        *(f"moments/{name}" for name in MOMENTS - set(phrases.moments)),
        *{f"{s}/{p}" for s in SCRIPTS for p in parts(s) if not phrases.wordings(s, p)},
    ]
    if lacking:
        raise ConfigError(
            f"the phrase file {file.name!r} lacks {', '.join(sorted(lacking))}; "
            "write a phrase for each"
        )
    return phrases


@cache
def load_phrases(folder: Path = FOLDER) -> Phrases:
    """Read every language of a folder, once in a process.

    Raises:
        ConfigError: a file is wrong, or English is not there.
    """
    found = {file.stem: read_phrases(file) for file in sorted(folder.glob("*.yaml"))}
    if DEFAULT not in found:
        raise ConfigError(f"the folder {folder.name!r} has no {DEFAULT}.yaml; it is the fallback")
    return Phrases(found)
