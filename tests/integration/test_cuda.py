"""The models of the profile `hub` side by side on one GPU: true shapes, random weights.

Shows that they fit together, do not depend on their neighbours in a batch on the GPU either, and
how long they take: `pytest -m cuda`. Whisper takes part where its weights are there.
"""

import asyncio
import time
import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from rich.table import Table

from tests.made_checkpoints import save_chat_model, save_classifier, save_iemocap
from tests.made_loading import loading
from tools import weights
from tools.backends import deepface, faster_whisper, hf_chat, hf_text, wav2vec2_iemocap
from tools.chat import ChatHost, ChatRequest, Message
from tools.host import ModelHost
from tools.models import load_models
from tools.transcript import Speech
from tools.weights.conversion import DEEPFACE_FILE

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use"),
]

DEVICE = "cuda"
ROBERTA_BASE = {
    "vocab_size": 50_265,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3_072,
    "max_position_embeddings": 514,
    "initializer_range": 0.02,
}
WAV2VEC2_BASE = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3_072,
    "conv_dim": (512,) * 7,
    "num_conv_pos_embeddings": 128,
    "num_conv_pos_embedding_groups": 16,
    "initializer_range": 0.02,
}
QWEN_1_5B = {
    "vocab_size": 151_936,
    "hidden_size": 1_536,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "intermediate_size": 8_960,
    "max_position_embeddings": 32_768,
    "initializer_range": 0.02,
}
TEXT = "The dog and I were sad and angry. Tell me more about it! "
REQUEST = ChatRequest(
    (Message("system", TEXT * 20), Message("user", TEXT)), max_tokens=64, temperature=0.7
)


class FaceNetwork(torch.nn.Module):
    """DeepFace's expression network: five convolutions and three dense layers, grey 48 x 48."""

    def __init__(self) -> None:
        """Draw random weights."""
        super().__init__()
        relu, conv = torch.nn.ReLU, torch.nn.Conv2d
        self.layers = torch.nn.Sequential(
            *(conv(1, 64, 5), relu(), torch.nn.MaxPool2d(5, 2)),
            *(conv(64, 64, 3), relu(), conv(64, 64, 3), relu(), torch.nn.AvgPool2d(3, 2)),
            *(conv(64, 128, 3), relu(), conv(128, 128, 3), relu(), torch.nn.AvgPool2d(3, 2)),
            torch.nn.Flatten(),
            *(torch.nn.Linear(128, 1024), relu(), torch.nn.Linear(1024, 1024), relu()),
            *(torch.nn.Linear(1024, 7), torch.nn.Softmax(-1)),
        )

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        """Classify faces, shape (n, 48, 48, 1)."""
        return self.layers(faces.permute(0, 3, 1, 2))


@pytest.fixture(scope="module")
def hello():
    with wave.open(str(Path(__file__).parents[1] / "data" / "hello.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return samples.astype(np.float32) / 32768


@pytest.fixture(scope="module")
def portrait():
    import skimage.data

    return skimage.data.astronaut()[:192, 130:386]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    entry = load_models("hub").config("roberta-go-emotions")
    folder = save_classifier(tmp_path_factory.mktemp("text"), list(entry.labels), **ROBERTA_BASE)
    return hf_text.load(loading("hf-text", folder, device=DEVICE, labels=entry.labels))


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    folder = save_iemocap(tmp_path_factory.mktemp("voice"), safe=True, **WAV2VEC2_BASE)
    return wav2vec2_iemocap.load(loading("wav2vec2-iemocap", folder, device=DEVICE))


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    folder = save_chat_model(tmp_path_factory.mktemp("chat"), device=DEVICE, **QWEN_1_5B)
    return hf_chat.load(loading("hf-chat", folder, task="respond", device=DEVICE))


@pytest.fixture(scope="module")
def face(tmp_path_factory):
    path = tmp_path_factory.mktemp("face") / DEEPFACE_FILE
    path.parent.mkdir(parents=True)
    torch.onnx.export(
        FaceNetwork().eval(),
        (torch.zeros(1, 48, 48, 1),),
        path,
        dynamic_axes={"faces": {0: "n"}},
        input_names=["faces"],
        dynamo=False,
    )
    # onnxruntime's package for GPUs is another one; without it DeepFace takes the CPU.
    return deepface.load(loading("deepface", path.parents[2], device=DEVICE))


@pytest.fixture(scope="module")
def whisper():
    if not weights.present("whisper-small"):
        return None
    folder = weights.require("whisper-small")
    return faster_whisper.load(loading("faster-whisper", folder, task="listen", device=DEVICE))


def test_a_text_gets_the_same_scores_alone_and_in_a_batch(text):
    texts = [TEXT, "sad", TEXT * 5]
    for alone, found in zip(texts, text.predict(texts), strict=True):
        assert text.predict([alone])[0].scores == pytest.approx(found.scores, abs=1e-3)


def test_a_voice_gets_the_same_scores_alone_and_in_a_batch(voice, hello):
    clips = [hello, hello[:16_000], np.tile(hello, 3)]
    for alone, found in zip(clips, voice.probabilities(clips), strict=True):
        assert voice.probabilities([alone])[0] == pytest.approx(found, abs=1e-3)


def test_the_language_model_has_sixteen_bits_and_repeats_itself_at_temperature_zero(chat):
    assert {p.dtype for p in chat._model.parameters()} == {torch.bfloat16}
    request = ChatRequest(REQUEST.messages, max_tokens=16)
    assert "".join(chat.stream(request)) == "".join(chat.stream(request))


async def test_all_models_answer_one_turn_together(
    text, voice, chat, face, whisper, hello, portrait, capsys
):
    hosts = {
        "text (RoBERTa base)": (ModelHost("text", lambda: text), TEXT),
        "voice (wav2vec 2.0 base)": (ModelHost("voice", lambda: voice), np.tile(hello, 3)),
        "face (DeepFace, 4 frames)": (ModelHost("face", lambda: face), [portrait] * 4),
    }
    if whisper:
        hosts["words (Whisper small)"] = (ModelHost("words", lambda: whisper), Speech(hello, "en"))
    replies = ChatHost("chat", lambda: chat)

    async def ask(name):
        host, item = hosts[name]
        return await timed(host.infer(item))

    async def reply(turn):
        replies.open(turn, REQUEST)
        while await replies.sentence(turn):
            pass
        replies.close(turn)

    for name in hosts:  # the first call of each loads kernels
        await ask(name)
    await reply("warm")
    table = Table("model", "alone, ms", "together, ms")
    alone = {name: await ask(name) for name in hosts}
    alone["answer (Qwen2.5 1.5B), 64 tokens"] = await timed(reply("alone"))
    names = list(hosts)
    together = dict(
        zip(
            alone,
            await asyncio.gather(*(ask(name) for name in names), timed(reply("together"))),
            strict=True,
        )
    )
    for name, took in alone.items():
        table.add_row(name, f"{took * 1000:.0f}", f"{together[name] * 1000:.0f}")
    free, total = torch.cuda.mem_get_info()
    with capsys.disabled():
        Console().print(table)
        Console().print(
            f"{torch.cuda.get_device_name()}: {torch.cuda.memory_allocated() / 1e9:.1f} GB of "
            f"weights, {torch.cuda.max_memory_reserved() / 1e9:.1f} GB at most, "
            f"{(total - free) / 1e9:.1f} of {total / 1e9:.0f} GB taken"
            + ("" if whisper else "; no Whisper, its weights are not here")
        )
    assert max(together.values()) < 30


async def timed(work):
    started = time.perf_counter()
    await work
    return time.perf_counter() - started
