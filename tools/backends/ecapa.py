"""Vocal emotion with SpeechBrain's ECAPA-TDNN, built in Python and filled from safetensors.

SpeechBrain's own `from_hparams` runs whatever its YAML names; here the modules are built by this
file and the weights are data. The classifier is the one that `python -m tools train voice-emotion`
trains (Desplanques et al. 2020, "ECAPA-TDNN", with far fewer channels).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import yaml
from pydantic import BaseModel, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from speechbrain.dataio.encoder import CategoricalEncoder
from speechbrain.inference.classifiers import EncoderClassifier
from speechbrain.lobes.features import Fbank
from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
from speechbrain.nnet.linear import Linear

from tools.backends.device import torch_device
from tools.backends.loudness import LoudnessNormalization
from tools.backends.options import read_options
from tools.backends.voice_activity import SHORTEST_S, VoiceClassifier
from tools.clips import SAMPLE_RATE, Waveform
from tools.errors import WeightsError
from tools.models import Loading
from tools.yaml_file import load_yaml

WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "card.yaml"


class Architecture(BaseModel, extra="forbid"):
    """The numbers that a classifier is built from; they stand in its card.

    Attributes:
        mels: mel bands of the spectrogram.
        window_ms: length of its windows.
        hop_ms: time from one window to the next.
        channels: width of the convolutions; the last one has twice as many.
        embedding: length of the voice's vector.
        dropout: share of channels dropped in training.
    """

    mels: int = Field(default=40, ge=8)
    window_ms: int = Field(default=25, ge=5)
    hop_ms: int = Field(default=20, ge=5)
    channels: int = Field(default=48, ge=8, multiple_of=8)
    embedding: int = Field(default=32, ge=4)
    dropout: float = Field(default=0.2, ge=0, lt=1)


class Card(BaseModel, extra="ignore"):
    """What the backend reads from the model card beside the weights; the rest is for people."""

    labels: list[str] = Field(min_length=2)
    architecture: Architecture


class Options(BaseModel, extra="forbid"):
    """What `options:` of an ECAPA model may say.

    Attributes:
        longest: seconds of speech that are listened to; the end of a longer clip counts.
    """

    longest: float = Field(default=20.0, gt=SHORTEST_S)


def load(loading: Loading) -> "Ecapa":
    """Load a classifier from `model.safetensors` and the `card.yaml` beside it.

    Raises:
        WeightsError: a file is missing, or card and weights do not fit each other.
        ConfigError: an option or the device is wrong.
    """
    options = read_options(Options, loading)
    classifier = open_classifier(loading.weights(), torch_device(loading))
    return Ecapa(classifier, options.longest)


def open_classifier(folder: Path, device: str = "cpu") -> EncoderClassifier:
    """Build the classifier that a folder's card describes and load its weights.

    Raises:
        WeightsError: a file is missing, or card and weights do not fit each other.
    """
    try:
        card = Card.model_validate(load_yaml(folder / CARD_FILE))
        classifier = build(card.architecture, card.labels, device)
        classifier.mods.load_state_dict(load_file(folder / WEIGHTS_FILE, device=device))
    except (OSError, yaml.YAMLError, ValidationError, SafetensorError, RuntimeError) as error:
        raise WeightsError(
            f"the voice model in {folder.name!r} cannot be loaded: {error}; "
            f"its {CARD_FILE} and {WEIGHTS_FILE} must come from one training run"
        ) from error
    return classifier


def build(
    architecture: Architecture, labels: Sequence[str], device: str = "cpu"
) -> EncoderClassifier:
    """Build a classifier with random weights, frozen and in evaluation mode.

    Args:
        architecture: its sizes.
        labels: its classes in order.
        device: where its tensors are.

    Returns:
        A SpeechBrain `EncoderClassifier`; `classify_batch(waveforms, relative_lengths)` returns
        log-probabilities first, shape (batch, classes).
    """
    wide, narrow = architecture.channels, architecture.channels // 2
    modules = {
        "compute_features": Fbank(
            sample_rate=SAMPLE_RATE,
            n_mels=architecture.mels,
            win_length=architecture.window_ms,
            hop_length=architecture.hop_ms,
        ),
        "mean_var_norm": LoudnessNormalization(),
        "embedding_model": ECAPA_TDNN(
            architecture.mels,
            channels=[wide, wide, wide, wide, 2 * wide],
            attention_channels=narrow,
            res2net_scale=4,
            se_channels=narrow,
            lin_neurons=architecture.embedding,
            dropout=architecture.dropout,
        ),
        "classifier": torch.nn.Sequential(
            Linear(input_size=architecture.embedding, n_neurons=len(labels)),
            torch.nn.LogSoftmax(dim=-1),
        ),
    }
    encoder = CategoricalEncoder()
    for label in labels:
        encoder.add_label(label)
    encoder.expect_len(len(labels))
    return EncoderClassifier(
        modules=modules, hparams={"label_encoder": encoder}, run_opts={"device": device}
    )


class Ecapa(VoiceClassifier):
    """An `EncoderClassifier` over batches of waveforms of any length."""

    def __init__(self, classifier: EncoderClassifier, longest: float = 20.0) -> None:
        """Classify with `classifier` the last `longest` seconds of speech."""
        encoder = classifier.hparams.label_encoder
        super().__init__([str(encoder.ind2lab[i]) for i in range(len(encoder))], longest)
        self._classifier = classifier

    def probabilities(self, speech: Sequence[Waveform]) -> list[list[float]]:
        """Return the probabilities of each label for clips that hold nothing but speech."""
        return self.embedded(speech)[0]

    def embedded(
        self, speech: Sequence[Waveform]
    ) -> tuple[list[list[float]], list[tuple[float, ...]]]:
        """Return the probabilities, and the vector of each voice that they are read from.

        They run as one batch. What pads a shorter clip reaches a few frames into it and moves a
        probability by up to 0.05; with `max_batch: 1` every clip is alone.
        """
        if not speech:
            return [], []
        longest = max(map(len, speech))
        batch = np.zeros((len(speech), longest), np.float32)
        for row, part in zip(batch, speech, strict=True):
            row[: len(part)] = part
        lengths = torch.tensor([len(part) / longest for part in speech])
        with torch.inference_mode():
            voices = self._classifier.encode_batch(torch.from_numpy(batch), lengths)
            log_probabilities = self._classifier.mods.classifier(voices).squeeze(1)
        found: list[list[float]] = log_probabilities.exp().cpu().double().tolist()
        return found, [tuple(row) for row in voices.squeeze(1).cpu().double().tolist()]
