"""A perception model hangs, raises or returns rubbish; the reply comes and says what is missing."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.context import Services
from graphs.keeping.saver import Saver
from graphs.run import Conversation
from graphs.shelf import Shelf, Version
from tests.made_failing import NODES, SECRET, Hanging, Returning, raising
from tests.made_outage import in_time, release
from tests.made_services import stub_services
from tests.made_turn import conversation, face, say, voice
from tools.labels import EKMAN
from tools.perceived import Perceived
from tools.transcript import Transcript

EVEN = dict.fromkeys(EKMAN, 1 / len(EKMAN))
Rubbish = Callable[[Sequence[Any]], Any]


def each(output: object) -> Rubbish:
    return lambda items: [output] * len(items)


COMMON: dict[str, Rubbish] = {
    "raises": raising,
    "too_few": lambda items: [],
    "too_many": lambda items: [None, *items],
    "none": each(None),
    "text": each(SECRET),
    "no_list": lambda items: 7,
}
EMOTION: dict[str, Rubbish] = COMMON | {
    "nan": each(Perceived({**EVEN, "joy": float("nan")})),
    "infinite": each(Perceived({**EVEN, "joy": float("inf")})),
    "negative": each(Perceived({**EVEN, "joy": -0.5})),
    "zeros": each(Perceived(dict.fromkeys(EKMAN, 0.0))),
    "empty": each(Perceived()),
    "wrong_labels": each(Perceived({SECRET: 1.0})),
    "missing_labels": each(Perceived({"joy": 0.4})),
    "wrong_scores": each(Perceived(dict.fromkeys(EKMAN, "much"))),  # type: ignore[arg-type]
    "wrong_type": each(Perceived([0.2] * 7)),  # type: ignore[arg-type]
    "wrong_note": each(Perceived(EVEN, note=7)),  # type: ignore[arg-type]
    "wrong_reason": each(Perceived(missing=SECRET)),  # type: ignore[arg-type]
    "wrong_detail": each(Perceived(EVEN, detail={"joy": float("nan")})),
}
LISTENING: dict[str, Rubbish] = COMMON | {
    "no_text": each(Transcript(text=7)),  # type: ignore[arg-type]
    "empty": each(Transcript()),
    "wrong_reason": each(Transcript(missing=SECRET)),  # type: ignore[arg-type]
}
MATRIX = [
    (model, fault)
    for model in NODES
    for fault in ["hangs", *(LISTENING if model == "ears" else EMOTION)]
]


@pytest.fixture(scope="module")
def compiled(hurried: str) -> tuple[Services, Version]:
    """Services and the graph, compiled once for the whole matrix."""
    services = stub_services()
    return services, Shelf(services, Saver()).current(hurried)


@pytest.fixture
def mended(compiled: tuple[Services, Version]) -> Iterator[tuple[Services, Version]]:
    """The same, with every model fresh again after the test."""
    services, version = compiled
    whole = {model: services.models.backend(model) for model in NODES}
    yield services, version
    for model, backend in whole.items():
        release(services.models.backend(model))
        services.models.replace(model, backend)


def fault_in(services: Services, model: str, fault: str) -> Hanging | Returning:
    """Put a failing model in the place of a stub; the one that hangs must be released."""
    faults = LISTENING if model == "ears" else EMOTION
    broken = Hanging() if fault == "hangs" else Returning(faults[fault])
    services.models.replace(model, broken)
    return broken


@pytest.mark.parametrize(("model", "fault"), MATRIX)
async def test_a_failing_perception_model_is_a_missing_modality_and_the_others_are_used(
    model: str, fault: str, mended: tuple[Services, Version]
) -> None:
    services, version = mended
    fault_in(services, model, fault)
    talk = Conversation(version, services)
    clips = [voice(), face()]
    report = await in_time(say(talk, "I keep waiting.", clips, microphone=True, camera=True))
    found: dict[str, Any] = {**report["readings"], "ears": report["heard"]}
    assert report["reply"] and report["route"] == "support"
    assert found[model]["missing"] == ("too slow" if fault == "hangs" else "failed")
    assert not found[model].get("label") and found[model]["note"]
    assert [other for other in found if other != model and found[other]["missing"]] == []
    assert SECRET not in json.dumps(report)


@pytest.mark.parametrize(
    ("fault", "locale"), [("hangs", "en"), ("raises", "es"), ("empty", "fr"), ("too_few", "de")]
)
async def test_a_voice_that_could_not_be_written_down_is_kindly_asked_for_again(
    fault: str, locale: str, hurried: str
) -> None:
    services = stub_services(ears={"languages": ["en", "es", "fr", "de"]})
    broken = fault_in(services, "ears", fault)
    talk = conversation(services, hurried)
    report = await in_time(say(talk, "", [voice()], microphone=True, locale=locale))
    release(broken)
    moments = services.phrases.for_locale(locale).moments
    assert report["reply"] == moments["listening_failed"][0]


async def test_a_voice_that_cannot_be_heard_again_is_answered_in_other_words(
    hurried: str,
) -> None:
    services = stub_services()
    fault_in(services, "ears", "raises")
    talk = conversation(services, hurried)
    replies = [(await say(talk, "", [voice()], microphone=True))["reply"] for _ in range(3)]
    assert len(set(replies)) == 3


@pytest.mark.parametrize(
    ("fault", "locale"), [("hangs", "en"), ("raises", "es"), ("nan", "fr"), ("too_few", "de")]
)
async def test_a_face_alone_that_could_not_be_read_is_kindly_said_so(
    fault: str, locale: str, hurried: str
) -> None:
    services = stub_services()
    broken = fault_in(services, "face", fault)
    talk = conversation(services, hurried)
    report = await in_time(say(talk, "", [face()], camera=True, locale=locale))
    release(broken)
    assert report["reply"] == services.phrases.for_locale(locale).moments["not_seen"][0]


async def test_without_the_pattern_a_voice_that_was_not_heard_is_asked_for_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bare.yaml"
    file.write_text("name: bare\nabout: Bare.\ninclude: support\npatterns: []\n", "utf-8")
    services = stub_services()
    fault_in(services, "ears", "raises")
    report = await say(conversation(services, str(file)), "", [voice()], microphone=True)
    assert report["reply"] in services.phrases.for_locale("en").moments["listening_failed"]


async def test_only_the_first_turns_wait_for_a_hanging_model(hurried: str) -> None:
    services = stub_services()
    broken = fault_in(services, "face", "hangs")
    talk = conversation(services, hurried)
    reports = [await say(talk, "I keep waiting.", [face()], camera=True) for _ in range(3)]
    release(broken)
    missing = [report["readings"]["face"]["missing"] for report in reports]
    assert missing == ["too slow", "failed", "failed"]


async def test_what_one_conversation_learned_of_a_model_spares_the_others(hurried: str) -> None:
    services = stub_services()
    broken = fault_in(services, "face", "raises")
    for _ in range(5):
        await say(conversation(services, hurried), "I keep waiting.", [face()], camera=True)
    assert isinstance(broken, Returning) and broken.calls == 3
