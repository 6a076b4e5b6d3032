"""A text that several nodes read is encoded once, and forgotten with its turn."""

import threading
import time

import pytest
import torch
import yaml
from safetensors.torch import save_file

from tests.made_encoder import save_encoder
from tests.made_services import LABELS, ListedExamples, example, stub_models, stub_services
from tests.made_turn import conversation, say, voice
from tools.backends.minilm import open_encoder
from tools.backends.pooling_network import Architecture, PoolingNetwork
from tools.backends.recent_states import KEPT, RecentStates
from tools.backends.risk_head import Thresholds, empty_network
from tools.catalogue import ModelConfig, ModelFile
from tools.models import ModelSet

HEAD = Architecture(layers=[1, 2], width=32, queries=2, hidden=16)


class Encoder:
    """Counts what it is asked to encode."""

    def __init__(self, fails: int = 0, gate: threading.Event | None = None) -> None:
        self.asked: list[list[int]] = []
        self.fails = fails
        self.gate = gate

    def __call__(self, tokens):
        self.asked += [list(ids) for ids in tokens]
        if self.gate:
            self.gate.wait(5)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("made")
        return [torch.tensor(ids, dtype=torch.float32).view(-1, 1, 1) for ids in tokens]


def first(states):
    return [int(row[0, 0, 0]) for row in states]


def test_a_text_is_encoded_once():
    recent, encode = RecentStates(), Encoder()
    assert first(recent.take([[7, 1]], encode)) == first(recent.take([[7, 1]], encode)) == [7]
    assert encode.asked == [[7, 1]]


def test_only_what_is_new_is_encoded_and_results_keep_their_places():
    recent, encode = RecentStates(), Encoder()
    recent.take([[2]], encode)
    assert first(recent.take([[1], [2], [3], [1]], encode)) == [1, 2, 3, 1]
    assert encode.asked == [[2], [1], [3]]


def test_the_oldest_text_goes_first():
    recent, encode = RecentStates(), Encoder()
    for n in range(KEPT + 1):
        recent.take([[n]], encode)
    assert len(recent) == KEPT
    recent.take([[KEPT]], encode)
    recent.take([[0]], encode)
    assert encode.asked == [[n] for n in range(KEPT + 1)] + [[0]]


def test_more_texts_than_are_kept_get_their_states():
    assert first(RecentStates(kept=2).take([[n] for n in range(5)], Encoder())) == [0, 1, 2, 3, 4]


def test_what_is_forgotten_is_encoded_anew():
    recent, encode = RecentStates(), Encoder()
    recent.take([[1]], encode)
    recent.forget()
    assert len(recent) == 0
    recent.take([[1]], encode)
    assert encode.asked == [[1], [1]]


def test_states_go_by_themselves_when_nobody_asks_again():
    recent = RecentStates(seconds=0.05)
    for n in range(3):
        recent.take([[n]], Encoder())
        until = time.monotonic() + 5
        while len(recent) and time.monotonic() < until:
            time.sleep(0.01)
        assert len(recent) == 0


def test_to_be_used_does_not_make_states_last_longer(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    recent, encode = RecentStates(seconds=60), Encoder()
    recent.take([[1]], encode)
    now[0] += 40
    recent.take([[1], [2]], encode)
    now[0] += 19
    assert recent._expire() == 1
    assert len(recent) == 2
    now[0] += 1
    assert recent._expire() == 40
    assert len(recent) == 1
    now[0] += 40
    assert recent._expire() is None
    assert len(recent) == 0


def test_keys_tell_nothing_without_the_secret_of_this_process():
    one, two = RecentStates(), RecentStates()
    for recent in (one, two):
        recent.take([[5, 6]], Encoder())
    assert not one._entries.keys() & two._entries.keys()
    assert all(len(key) == 16 for key in one._entries)


def test_two_threads_that_ask_at_once_share_one_encoding():
    gate = threading.Event()
    recent, encode, found = RecentStates(), Encoder(gate=gate), []
    threads = [
        threading.Thread(target=lambda: found.extend(first(recent.take([[9]], encode))))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert found == [9] * 6
    assert encode.asked == [[9]]


def test_what_is_forgotten_while_it_is_encoded_is_not_kept():
    gate, found = threading.Event(), []
    recent, encode = RecentStates(), Encoder(gate=gate)
    thread = threading.Thread(target=lambda: found.extend(first(recent.take([[9]], encode))))
    thread.start()
    while not encode.asked:
        time.sleep(0.001)
    recent.forget()
    gate.set()
    thread.join(5)
    assert found == [9]
    assert len(recent) == 0


def test_a_failure_is_not_kept():
    recent, encode = RecentStates(), Encoder(fails=1)
    with pytest.raises(RuntimeError):
        recent.take([[1]], encode)
    assert first(recent.take([[1]], encode)) == [1]


def test_a_corpus_is_not_kept(tmp_path):
    encoder = open_encoder(save_encoder(tmp_path))
    encoder.predict(["you " * n for n in range(KEPT + 1)])
    assert len(encoder._recent) == 0


def test_what_is_kept_holds_no_part_of_a_batch(tmp_path):
    encoder = open_encoder(save_encoder(tmp_path))
    encoder.predict(["you", "you and i and the table"])
    for entry in encoder._recent._entries.values():
        states = entry.states.result()
        assert states.untyped_storage().nbytes() == states.numel() * 4


class Embedding(ListedExamples):
    """An example store that embeds what was said."""

    def __init__(self, models: ModelSet) -> None:
        super().__init__(example())
        self.models = models

    async def search(self, query, k):
        await self.models.host("embed").infer(query.said)
        return await super().search(query, k)


@pytest.fixture
def turn(tmp_path, monkeypatch):
    """Services whose detector, emotion head and retrieval stand on one tiny encoder.

    Also the encoder, and a list of the numbers of tokens that it was given.
    """
    folders = {name: tmp_path / name for name in ("encoder", "emotion", "risk")}
    torch.manual_seed(1)
    save_encoder(folders["encoder"])
    networks = {"emotion": PoolingNetwork(HEAD, len(LABELS), 2), "risk": empty_network(HEAD)}
    cards = {
        "emotion": {"labels": [*LABELS], "fine_labels": ["one", "two"]},
        "risk": {"thresholds": dict.fromkeys(Thresholds.model_fields, 0.999)},  # nothing is danger
    }
    for name, network in networks.items():
        folders[name].mkdir()
        save_file(network.state_dict(), folders[name] / "model.safetensors")
        card = {**cards[name], "architecture": HEAD.model_dump()}
        (folders[name] / "card.yaml").write_text(yaml.safe_dump(card))
    monkeypatch.setattr("tools.weights.require", folders.__getitem__)
    monkeypatch.setattr("tools.weights.present", lambda name: True)
    on_it = {"options": {"encoder": "embed"}}
    made = {
        "embed": {"task": "embed", "backend": "minilm", "weights": "encoder"},
        "text": {
            "task": "text_emotion", "backend": "minilm-head", "weights": "emotion",
            "labels": LABELS, **on_it,
        },
        "detector": {"task": "risk", "backend": "risk-head", "weights": "risk", **on_it},
    }  # fmt: skip
    stubs = stub_models(ears={"text": "my day was long"})
    models = ModelSet(
        ModelFile(
            models={**stubs.configs, **{n: ModelConfig.model_validate(c) for n, c in made.items()}},
            profiles={"made": {node: names[0] for node, names in stubs.choices().items()}},
        ),
        "made",
    )
    services = stub_services(store=Embedding(models))
    object.__setattr__(services, "models", models)
    encoder, given = models.backend("embed"), []
    run = encoder._engine.run

    def recorded(ids, mask, layers):
        given.extend(mask.sum(1).tolist())
        return run(ids, mask, layers)

    monkeypatch.setattr(encoder._engine, "run", recorded)
    yield services, encoder, given
    models.close()


async def test_a_turns_text_is_encoded_once_for_screen_emotion_and_retrieval(turn):
    services, encoder, given = turn
    report = await say(conversation(services), "I am so glad.")
    assert report["readings"]["text"]["label"] and report["examples"] and not report["notes"]
    assert given == [7]
    calls = {name: services.models.host(name).stats.calls for name in ("detector", "text", "embed")}
    assert calls == {"detector": 1, "text": 1, "embed": 1}


async def test_words_that_go_on_aloud_are_one_text_for_all_of_them(turn):
    services, encoder, given = turn
    report = await say(conversation(services), "well", [voice()], microphone=True)
    assert report["readings"]["text"]["label"] and not report["notes"]
    typed, heard, both = given
    assert both == typed + heard - 2  # the marks of beginning and end stand there once


async def test_nothing_of_a_text_is_kept_when_its_turn_has_ended(turn):
    services, encoder, given = turn
    await say(conversation(services), "I am so glad.")
    assert len(encoder._recent) == 0
    await say(conversation(services), "I am so glad.")
    assert given == [7, 7]


async def test_nothing_of_a_text_is_kept_when_its_turn_was_stopped(turn):
    services, encoder, given = turn
    stream = conversation(services).send("I am so glad.")
    async for _ in stream:
        if len(encoder._recent):
            break
    else:
        raise AssertionError("the turn ended first")
    await stream.aclose()
    assert given == [7] and len(encoder._recent) == 0
