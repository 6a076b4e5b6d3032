"""What is wrong with one example, judged for itself; see `tools/data/example_rules.yaml`."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from tools.examples.questions import is_open, questions
from tools.examples.rows import ExampleRow
from tools.examples.rules import clinical, is_list, rules, speaks_of_itself
from tools.labels import LISTENING, MASKED, STANCES, Emotion, Risk, Strategy
from tools.safety.contacts import has_address
from tools.safety.policy import SafetyPolicy
from tools.sentences import split
from tools.wording import advice, cliche, longest_run, opening, unquoted, words

_NUMBER = re.compile(r"(?:\d[\s()./-]{0,2}){7,}")
_SAME_LINE = 0.8
"""Likeness, 0 to 1, from which a reply counts as a repetition of an earlier one."""


def faults(row: ExampleRow, policy: SafetyPolicy) -> Iterator[str]:
    """Yield what is wrong with an example that ships.

    Args:
        row: the example.
        policy: what is dangerous, and what no reply may say.
    """
    yield from _labels(row)
    yield from _person(row, policy)
    yield from wording(row.reply)
    if rule := policy.read(row.reply):
        yield f"reply: the safety check refuses it ({rule})"
    yield from _plan(row)
    yield from _shape(row)
    yield from _repetition(row)


def wording(reply: str) -> Iterator[str]:
    """Yield the words of a reply that none may hold."""
    for sentence in split(unquoted(reply)):
        if found := cliche(sentence):
            yield f"reply: stock phrase {found!r}"
        if found := clinical(sentence):
            yield f"reply: clinical word {found!r}"
        if found := speaks_of_itself(sentence):
            yield f"reply: speaks of itself, {found!r}"


def _labels(row: ExampleRow) -> Iterator[str]:
    if row.licence not in rules().licences:
        yield f"licence: {row.licence!r} is not one of {', '.join(sorted(rules().licences))}"
    if row.source != "attune":
        yield f"source: {row.source!r}; only examples written for the project ship"
    if not row.problem:
        yield "problem: missing"
    if row.emotion in ("unknown", Emotion.DEPRESSION):
        yield f"emotion: {str(row.emotion)!r}; name one of the seven"
    if row.intensity < 1:
        yield "intensity: missing"
    if row.strategy in MASKED:
        yield f"strategy: {row.strategy.value!r} is never used on a person"
    if row.system_emotion not in STANCES:
        yield f"system_emotion: {row.system_emotion.value!r} is none of {', '.join(STANCES)}"
    for name in ("situation", "why"):
        text = getattr(row, name)
        if not text.strip() or "\n" in text:
            yield f"{name}: one line is wanted"


def _person(row: ExampleRow, policy: SafetyPolicy) -> Iterator[str]:
    told = [*(turn.text for turn in row.before if turn.speaker == "person"), row.said]
    nothing: frozenset[str] = frozenset()
    for text in told:
        if has_address(text, nothing) or _NUMBER.search(text):
            yield f"said or before: contact data in {text[:40]!r}"
        if policy.grade(text)["level"] != Risk.NONE:
            yield "said or before: tells of danger, which never reaches the examples"
    if len(row.before) > rules().earlier_turns:
        yield f"before: {len(row.before)} turns, at most {rules().earlier_turns}"


def _plan(row: ExampleRow) -> Iterator[str]:
    asked = questions(row.reply)
    count = sum(sentence.count("?") for sentence in asked)
    if count > 1:
        yield f"reply: {count} questions, at most one"
    if row.strategy == Strategy.OPEN_QUESTION:
        if count != 1 or not row.reply.rstrip("'\"’” ").endswith("?"):
            yield "reply: an open question ends with exactly one question"
        elif not is_open(asked[-1]):
            yield f"reply: a yes or no answers {asked[-1]!r}, or it asks why"
    if row.strategy == Strategy.APPROVAL and count:
        yield "reply: approval asks nothing"
    if row.strategy in LISTENING | {Strategy.INTERPRETATION}:
        for sentence in split(unquoted(row.reply)):
            if found := advice(sentence):
                yield f"reply: advice under {row.strategy.value!r}, {found!r}"


def _shape(row: ExampleRow) -> Iterator[str]:
    limits, sentences = rules(), split(row.reply)
    count, first = len(row.reply.split()), len(sentences[0].split())
    if limits.words.breaks(count):
        yield f"reply: {count} words, {limits.words} are wanted"
    if limits.first_sentence.breaks(first) and not _is_old(row.id):
        yield f"reply: {first} words in the first sentence, {limits.first_sentence} are wanted"
    if limits.sentences.breaks(len(sentences)) and not (len(sentences) == 1 and _is_old(row.id)):
        yield f"reply: {len(sentences)} sentences, {limits.sentences} are wanted"
    if is_list(row.reply):
        yield "reply: a list"
    if "!" in row.reply and row.system_emotion != Emotion.JOY:
        yield "reply: an exclamation mark outside joy"
    if ";" in row.reply and not _is_old(row.id):
        yield "reply: a semicolon"
    if row.reply.count("—") + row.reply.count(" – ") > 1:
        yield "reply: a chain of dashes"


def _is_old(id_: str) -> bool:
    """Say whether a row is one of the first; ids of one length follow the alphabet."""
    until = rules().one_sentence_until
    return (len(id_), id_) <= (len(until), until)


def _repetition(row: ExampleRow) -> Iterator[str]:
    reply = words(row.reply)
    taken = longest_run(words(row.said), reply)
    if len(taken) > rules().taken_over:
        yield f"reply: takes {len(taken)} words in a row from what was said, {' '.join(taken)!r}"
    for turn in row.before:
        if turn.speaker != "supporter":
            continue
        if opening(turn.text) == opening(row.reply):
            yield f"reply: begins like an earlier one, {opening(row.reply)!r}"
        likeness = SequenceMatcher(None, turn.text.casefold(), row.reply.casefold()).ratio()
        run = longest_run(words(turn.text), reply)
        if likeness >= _SAME_LINE or len(run) > rules().taken_over:
            yield f"reply: repeats the earlier {turn.text[:40]!r}"
