"""Loading everything before somebody waits for it."""

from agents.context import Services
from graphs.shelf import Shelf, Version
from graphs.warm import shortfalls, warm
from tests.made_services import ListedExamples, stub_models, stub_services
from tools.catalogue import ModelConfig, ModelFile
from tools.errors import DataError
from tools.models import ModelSet


def version(services: Services, graph: str = "support") -> Version:
    return Shelf(services).current(graph)


async def test_every_bound_model_is_loaded() -> None:
    services = stub_services()
    assert await warm(services, version(services)) == []
    loaded = {host.name for host in services.models.open_hosts()}
    assert {"text", "face", "voice", "ears", "chat"} <= loaded
    assert services.models.host("voice").stats.calls == 1


async def test_what_cannot_be_loaded_is_a_notice_and_the_rest_is_loaded() -> None:
    services = stub_services(voice={"fail": "no such device"})
    [notice] = await warm(services, version(services))
    assert "voice" in notice.text and "device" not in notice.text
    assert "no such device" in notice.reason
    assert services.models.host("face").stats.calls == 1


async def test_a_language_model_that_fails_is_a_notice() -> None:
    services = stub_services(chat={"fail": "out of memory"})
    [notice] = await warm(services, version(services))
    assert "fixed sentences" in notice.text


async def test_the_detector_is_loaded_before_the_first_message() -> None:
    services = stub_services()
    await warm(services, version(services))
    assert services.models.host("detector").stats.calls == 1


async def test_a_detector_that_fails_is_a_notice() -> None:
    class Broken:
        def predict(self, items: object) -> None:
            raise DataError("the risk head is broken")

    services = stub_services()
    services.models.replace("detector", Broken())
    [notice] = await warm(services, version(services))
    assert "help lines" in notice.text and "is broken" in notice.reason


async def test_a_broken_example_store_is_a_notice() -> None:
    class Broken(ListedExamples):
        async def open(self) -> None:
            raise DataError("examples.jsonl, line 3: broken")

    services = stub_services(store=Broken())
    [notice] = await warm(services, version(services))
    assert "examples" in notice.text and "line 3" in notice.reason


async def test_a_model_that_the_graph_does_not_use_is_not_loaded() -> None:
    services = stub_services()
    await warm(services, version(services, "text_only"))
    assert "face" not in {host.name for host in services.models.open_hosts()}


def second_choice() -> ModelSet:
    models = dict(stub_models().configs)
    models["large"] = ModelConfig(task="respond", backend="stub-chat", weights="smollm2-135m")
    profile = {"embed": "embed", "text_emotion": "text", "respond": ["large", "chat"]}
    return ModelSet(ModelFile(models=models, profiles={"stub": profile}), "stub")


def test_a_second_choice_of_language_model_is_announced(monkeypatch) -> None:
    monkeypatch.setattr("tools.weights.present", lambda name: False)
    services = stub_services()
    object.__setattr__(services, "models", second_choice())
    [notice] = shortfalls(services, version(services, "text_only"))
    assert "another one answers" in notice.text
    assert "'large'" in notice.reason and "'chat'" in notice.reason


def test_the_preferred_language_model_needs_no_word(monkeypatch) -> None:
    monkeypatch.setattr("tools.weights.present", lambda name: True)
    services = stub_services()
    object.__setattr__(services, "models", second_choice())
    assert shortfalls(services, version(services, "text_only")) == []
