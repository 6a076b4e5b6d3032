"""What the health of a process tells, and what it never does."""

import json
from typing import Any

import pytest

from agents.context import Services
from graphs.health import Health, health, notices
from graphs.shelf import Shelf, Version
from graphs.warm import NOTICES
from tests.made_failing import SECRET, Returning, raising
from tests.made_services import stub_services
from tests.made_turn import conversation, face, say
from tools.storage.records import Condition


def version(services: Services, graph: str = "support") -> Version:
    return Shelf(services).current(graph)


async def of(services: Services, graph: str = "support", **more: Any) -> Health:
    return await health(services, version(services, graph), **more)


def broken(services: Services, model: str, kind: str = "RuntimeError") -> Services:
    """Let the breaker of a model open."""
    breaker = services.models.host(model).breaker
    for _ in range(breaker.tolerance.failures):
        breaker.failed(kind)
    return services


class Kept:
    """A store of conversations of which only the condition is asked."""

    def __init__(self, ready: bool) -> None:
        self.ready = ready

    async def condition(self) -> Condition:
        trouble = "" if self.ready else f"the disk of {SECRET} is full"
        shown = "" if self.ready else "the disk is full"
        return Condition(kind="sqlite", ready=self.ready, trouble=trouble, shown=shown)


class Recording:
    """An audit log with or without trouble."""

    def __init__(self, trouble: str) -> None:
        self.trouble = trouble

    def write(self, conversation: str, told: object) -> None: ...


async def test_where_nothing_fails_all_is_ok() -> None:
    found = await of(stub_services())
    assert found["status"] == "ok" and found["notices"] == []
    assert found["graph"] == "support"


async def test_every_task_of_the_graph_is_there_with_its_model() -> None:
    models = {m["task"]: m["model"] for m in (await of(stub_services()))["models"]}
    assert models == {
        "embed": "embed",
        "risk": "detector",
        "listen": "ears",
        "face_emotion": "face",
        "voice_emotion": "voice",
        "text_emotion": "text",
        "respond": "chat",
    }


async def test_a_task_that_the_graph_does_not_have_is_not_there() -> None:
    tasks = [m["task"] for m in (await of(stub_services(), "text_only"))["models"]]
    assert "face_emotion" not in tasks and "respond" in tasks


async def test_a_model_that_is_left_alone_is_told_with_the_class_of_its_failure() -> None:
    services = broken(stub_services(), "face", "ValueError")
    found = await of(services)
    [model] = [m for m in found["models"] if m["model"] == "face"]
    assert found["status"] == "degraded" and model["state"] == "open"
    assert model["failures"] == 3 and model["last_failure"] == "ValueError"
    assert 25 < model["retry_s"] <= 30
    assert found["notices"] == [NOTICES["face_emotion"]]


async def test_without_the_detector_of_danger_it_is_down() -> None:
    assert (await of(broken(stub_services(), "detector")))["status"] == "down"


async def test_a_profile_without_a_detector_is_down() -> None:
    services = stub_services(profile={"text_emotion": "text", "embed": "embed", "respond": "chat"})
    assert (await of(services))["status"] == "down"


async def test_what_a_turn_has_used_is_loaded_and_counted() -> None:
    services = stub_services()
    await say(conversation(services), "I keep waiting.", [face()], camera=True)
    models = {m["model"]: m for m in (await of(services))["models"]}
    assert models["face"]["loaded"] and models["face"]["calls"] == 1
    assert models["chat"]["loaded"] and models["chat"]["calls"] == 1
    assert not models["voice"]["loaded"] and models["voice"]["calls"] == 0


async def test_a_store_that_cannot_be_written_is_told_without_its_place() -> None:
    found = await of(stub_services(), storage=Kept(ready=False))
    assert found["status"] == "degraded" and SECRET not in json.dumps(found)
    assert found["storage"] == {"kind": "sqlite", "ready": False, "trouble": "the disk is full"}
    assert (await of(stub_services(), storage=Kept(ready=True)))["status"] == "ok"


async def test_why_a_store_cannot_be_written_is_logged_once_until_it_changes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, services = Kept(ready=False), stub_services()
    for ready in (False, False, True, True, False):
        store.ready = ready
        await of(services, storage=store)
    full = f"the disk of {SECRET} is full"
    again = "the store of conversations can be written again"
    assert [record.getMessage() for record in caplog.records] == [full, again, full]


async def test_a_file_of_examples_that_is_not_used_is_counted() -> None:
    services = stub_services()
    services.examples.left_out.append("the added examples of 'own.csv' are left out")
    found = await of(services)
    assert found["examples"]["left_out"] == 1 and found["status"] == "degraded"


@pytest.mark.parametrize(
    ("audit", "told", "status"),
    [
        (None, "off", "ok"),
        (Recording(""), "ok", "ok"),
        (Recording(f"cannot write {SECRET}"), "failing", "degraded"),
    ],
)
async def test_a_record_that_cannot_be_written_is_told_without_its_sentence(
    audit: Recording | None, told: str, status: str
) -> None:
    services = stub_services()
    object.__setattr__(services, "audit", audit)
    found = await of(services)
    assert found["audit"] == told and found["status"] == status
    assert SECRET not in json.dumps(found)


async def test_an_example_store_that_is_left_alone_is_told() -> None:
    services = stub_services()
    for _ in range(3):
        services.examples.breaker.failed("DataError")
    found = await of(services)
    assert found["examples"]["state"] == "open" and found["status"] == "degraded"
    assert found["notices"] == [NOTICES["examples"]]


async def test_nothing_that_was_said_is_told_after_failures() -> None:
    services = stub_services()
    services.models.replace("text", Returning(raising))
    talk = conversation(services)
    for _ in range(4):
        await say(talk, f"I keep waiting for {SECRET}.")
    found = await of(services)
    assert found["status"] == "degraded" and SECRET not in json.dumps(found)


def test_a_notice_goes_once_the_model_answers_again() -> None:
    services = broken(stub_services(), "chat")
    current = version(services)
    assert [notice.text for notice in notices(services, current)] == [NOTICES["respond"]]
    services.models.host("chat").breaker.passed()
    assert notices(services, current) == []


def test_a_notice_tells_whoever_runs_the_program_what_to_look_at() -> None:
    services = broken(stub_services(), "ears", "WeightsError")
    [notice] = notices(services, version(services))
    assert notice.reason.startswith("the model 'ears' has failed 3 times (WeightsError)")


async def test_asking_loads_nothing_and_tries_nothing() -> None:
    services = broken(stub_services(), "face")
    await of(services)
    assert not any(host.loaded for host in services.models.open_hosts())
    assert services.models.host("face").breaker.standing.state == "open"
