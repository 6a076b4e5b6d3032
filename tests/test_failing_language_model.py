"""The language model hangs, raises or is not there; a fixed sentence of the strategy is said."""

import json
from pathlib import Path

import pytest

from tests.made_failing import SECRET, Writer
from tests.made_outage import in_time, release, writing
from tests.made_services import example, stub_services
from tests.made_turn import conversation, say
from tools.labels import Strategy
from tools.phrases import LocalePhrases, load_phrases


@pytest.mark.parametrize("graph", ["support", "careful"])
@pytest.mark.parametrize("then", ["hang", "raise"])
async def test_without_a_first_word_a_fixed_sentence_of_the_strategy_is_said(
    then: str, graph: str, tmp_path: Path
) -> None:
    file = tmp_path / "quick.yaml"
    options = "nodes: {respond: {options: {timeout: 0.3}}}"
    file.write_text(f"name: quick\nabout: Quick.\ninclude: {graph}\n{options}\n", "utf-8")
    model = Writer("", then)
    services = writing(stub_services(example()), model)
    report = await in_time(say(conversation(services, str(file)), "I keep waiting."))
    release(model)
    strategy = Strategy(report["strategy"]["label"])
    assert report["reply"] in services.phrases.for_locale("en").fallback[strategy]
    assert services.models.host("chat").breaker.standing.failures >= 1
    assert SECRET not in json.dumps(report)


@pytest.mark.parametrize("then", ["hang", "raise"])
async def test_what_was_said_before_a_model_broke_off_stays(then: str, hurried: str) -> None:
    model = Writer("The waiting weighs on you. And then", then)
    services = writing(stub_services(), model)
    report = await in_time(say(conversation(services, hurried), "I keep waiting."))
    release(model)
    assert report["reply"] == "The waiting weighs on you."


async def test_a_hanging_language_model_holds_up_only_the_first_turns(hurried: str) -> None:
    model = Writer("", "hang")
    services = writing(stub_services(), model)
    talk = conversation(services, hurried)
    reports = [await say(talk, "I keep waiting.") for _ in range(4)]
    release(model)
    waited = ["no sentence within 0.5 s" in json.dumps(report["notes"]) for report in reports]
    assert waited == [True, True, False, False] and model.calls == 2


async def test_a_profile_without_a_language_model_still_answers() -> None:
    profile = {"text_emotion": "text", "listen": "ears", "embed": "embed", "risk": "detector"}
    services = stub_services(profile=profile)
    report = await say(conversation(services), "I keep waiting.")
    assert report["reply"] in services.phrases.for_locale("en").replies


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
async def test_no_fixed_sentence_is_said_twice_in_a_row(locale: str) -> None:
    services = writing(stub_services(example()), Writer("", "raise"))
    talk = conversation(services)
    texts = {"en": "I keep waiting.", "es": "Sigo esperando.", "fr": "J'attends.", "de": "Ich."}
    replies = [(await say(talk, texts[locale], locale=locale))["reply"] for _ in range(9)]
    assert all(one != other for one, other in zip(replies, replies[1:], strict=False))


def planned() -> list[Strategy]:
    return [s for s in Strategy if s not in (Strategy.SELF_DISCLOSURE, Strategy.STRUCTURING)]


@pytest.mark.parametrize("phrases", list(load_phrases()), ids=lambda phrases: phrases.language)
def test_every_strategy_that_is_planned_has_three_sentences(phrases: LocalePhrases) -> None:
    assert [s for s in planned() if len(set(phrases.fallback[s])) < 3] == []
