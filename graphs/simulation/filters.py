"""Which dialogues are kept, and why the others are not.

SocialSim (AAAI 2025) filters what two language models said to each other; so does this, by rules
that can be read. Each rule looks at one dialogue, but the last (`graphs.simulation.twins`), which
compares them. A dropped dialogue is written with all its reasons, not only the first.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphs.simulation.agenda import FEWEST
from graphs.simulation.profiles import SeekerProfile
from graphs.simulation.records import Simulated
from graphs.simulation.roles import speaks_as_supporter
from tools.language import is_english
from tools.metrics.copying import longest_common_run
from tools.metrics.openings import repeated_share
from tools.metrics.tokens import tokens
from tools.safety.policy import SafetyPolicy
from tools.sentences import split
from tools.words import PLAIN

COPIED_WORDS = 8
"""Words in a row that two texts may not share before one counts as copied."""

REPEATED_SHARE = 0.5
"""Share of a speaker's lines that may begin with the same three words as an earlier one."""

FIXED_SHARE = 1 / 3
"""Share of replies that fixed sentences may stand in for."""

MENTIONED = 2
"""Words of the profile's situation that the seeker must use."""

_STEM = 5
"""Letters by which words are compared: `moving`, `move` and `moved` share no more."""

_LANGUAGE_WORDS = 4
"""Words that a line needs before its language is looked at."""

_LABEL = re.compile(
    r"\[|\]|<\||\$(?:fact|note)\b|(?:^|\s)(?:seeker|supporter|user|assistant|system|person|"
    r"counsell?or|therapist|client|ai|bot|me|you|response|strategy|emotion|situation|thought|"
    r"action|note|tell)\s*:|\bthe note in brackets\b|\bas an ai\b|\blanguage model\b",
    re.IGNORECASE,
)
"""Marks of a prompt, of a script with names, or of a model that speaks of itself."""

_COLON_WITHIN = re.compile(r"\w\s+(?:me|you|person|note|action|situation|strategy)\s*:", re.I)
"""The same words inside a sentence, where they are speech: `it scared me: he was gone`."""


@dataclass(frozen=True)
class Looking:
    """What the rules are given besides a dialogue.

    Attributes:
        profile: who was played.
        policy: the safety policy.
        private: texts of the seeker's prompt.
    """

    profile: SeekerProfile
    policy: SafetyPolicy
    private: Sequence[str]


Rule = Callable[[Simulated, Looking], bool]


def reasons(dialogue: Simulated, looking: Looking) -> list[str]:
    """Return every rule that a dialogue breaks, by name; none where it is kept."""
    return [name for name, breaks in RULES.items() if breaks(dialogue, looking)]


def _broken_off(dialogue: Simulated, _: Looking) -> bool:
    return dialogue.ended in ("failed", "silent")


def _too_short(dialogue: Simulated, _: Looking) -> bool:
    return len(dialogue.turns) < FEWEST


def _role_flip(dialogue: Simulated, _: Looking) -> bool:
    return any(speaks_as_supporter(line) for line in dialogue.lines(supporter=False))


def _parroting(dialogue: Simulated, _: Looking) -> bool:
    """Look for runs of the other's last line, in both directions."""
    said = [line for turn in dialogue.turns for line in (turn.seeker, turn.supporter)]
    return any(
        longest_common_run(line, before) >= COPIED_WORDS
        for before, line in zip(said, said[1:], strict=False)
    )


def _repetitive(dialogue: Simulated, _: Looking) -> bool:
    """Look for a line said twice, and for lines that mostly begin alike."""
    for supporter in (False, True):
        lines = dialogue.lines(supporter=supporter)
        words = [tuple(tokens(line)) for line in lines]
        if len(set(words)) < len(words):
            return True
        if len(lines) >= FEWEST and repeated_share(lines) > REPEATED_SHARE:
            return True
    return False


def _fixed(dialogue: Simulated, _: Looking) -> bool:
    fixed = sum(turn.fixed for turn in dialogue.turns)
    return fixed > FIXED_SHARE * len(dialogue.turns)


def _leak(dialogue: Simulated, looking: Looking) -> bool:
    """Look for labels and brackets in any line, and for the seeker's prompt in the seeker's."""
    spoken = [line for turn in dialogue.turns for line in (turn.seeker, turn.supporter)]
    if any(_LABEL.search(_COLON_WITHIN.sub(" ", line)) for line in spoken):
        return True
    lines = dialogue.lines(supporter=False)
    return any(
        longest_common_run(line, text) >= COPIED_WORDS for text in looking.private for line in lines
    )


def _unsafe(dialogue: Simulated, looking: Looking) -> bool:
    """Look for danger in what the seeker says, and for what no reply may say in the others.

    What code wrote from a checked file is read as such.
    """
    policy = looking.policy
    said: list[str] = []
    for turn in dialogue.turns:
        said.append(turn.seeker)
        action, moment = turn.chain["action"], turn.chain["situation"]["moment"]
        if action["route"] == "crisis" or policy.grade_or_fault(turn.seeker)["findings"]:
            return True
        fixed = turn.fixed or bool(moment)
        heard = "\n".join(said)
        if any(policy.read(s, heard=heard, fixed=fixed) for s in split(turn.supporter)):
            return True
    return False


def _language(dialogue: Simulated, _: Looking) -> bool:
    lines = [line for turn in dialogue.turns for line in (turn.seeker, turn.supporter)]
    return any(len(line.split()) >= _LANGUAGE_WORDS and not is_english(line) for line in lines)


def _off_topic(dialogue: Simulated, looking: Looking) -> bool:
    """Look whether the seeker ever uses words of the situation."""
    profile = looking.profile
    told = (profile.situation, profile.event.what, profile.subtopic, *profile.event.people)
    known = _stems(told)
    return len(known & _stems(dialogue.lines(supporter=False))) < min(MENTIONED, len(known))


def _stems(texts: Iterable[str]) -> set[str]:
    words = (word.split("'")[0] for text in texts for word in tokens(text))
    return {word[:_STEM] for word in words if len(word) >= _STEM - 1 and word not in PLAIN}


TWIN = "near-duplicate"
"""The reason of a dialogue that is nearly another one."""

UNREAD = "emotion not read"
"""The reason of a dialogue that a corpus with an emotion for every line cannot hold."""

RULES: Mapping[str, Rule] = {
    "broken off": _broken_off,
    "too short": _too_short,
    "role flip": _role_flip,
    "parroting": _parroting,
    "repetitive": _repetitive,
    "fixed replies": _fixed,
    "leaked prompt or label": _leak,
    "unsafe": _unsafe,
    "another language": _language,
    "off the situation": _off_topic,
}
"""Reason -> the rule that gives it."""
