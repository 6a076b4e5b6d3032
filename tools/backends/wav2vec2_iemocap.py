"""Vocal emotion with SpeechBrain's wav2vec 2.0 that was fine-tuned on IEMOCAP.

The published model, speechbrain/emotion-recognition-wav2vec2-IEMOCAP, comes with Python and with
YAML that runs code; neither is read. What they build is built here (its `hyperparams.yaml`, and
the recipe `IEMOCAP/emotion_recognition` of SpeechBrain): the clip is normalised, goes through a
wav2vec 2.0 base encoder (Baevski et al. 2020), the encoder's states are normalised over the whole
clip and averaged over time, and a linear layer without bias tells the four classes. SpeechBrain's
pooling adds a little noise to the average, which is left out, so that equal clips get equal scores.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from tools import weights
from tools.backends.device import torch_device
from tools.backends.options import read_options
from tools.backends.voice_activity import SHORTEST_S, VoiceClassifier
from tools.clips import Waveform
from tools.errors import WeightsError
from tools.models import Loading

if TYPE_CHECKING:
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2Model

LABELS_FILE = "label_encoder.txt"
CONFIG_FILE = "config.json"
ENCODER, CLASSIFIER = "wav2vec2", "model"
"""The two weight files, as `.safetensors` or as SpeechBrain's own `.ckpt`, which are pickles."""

HEAD_KEY = "0.w.weight"

# SpeechBrain's wrapper holds the encoder in its attribute `model`.
_WRAPPER = "model."
# Only training masks states with it.
_UNUSED = "masked_spec_embed"
_LABEL = re.compile(r"'(\w+)' => (\d+)")


class Options(BaseModel, extra="forbid"):
    """What `options:` of this model may say.

    Attributes:
        longest: seconds of speech that are listened to; the end of a longer clip counts.
    """

    longest: float = Field(default=20.0, gt=SHORTEST_S)


def load(loading: Loading) -> "Wav2Vec2Iemocap":
    """Build the encoder and its classifier and fill them from the model's folder.

    Raises:
        WeightsError: a file is missing, does not fit, or is a pickle that nobody allowed.
        ConfigError: an option or the device is wrong.
    """
    import torch
    from transformers import Wav2Vec2Model

    options = read_options(Options, loading)
    device = torch_device(loading)
    folder = loading.weights()
    labels = read_labels(folder / LABELS_FILE)
    encoder_state = _read_state(folder, ENCODER, loading)
    head_state = _read_state(folder, CLASSIFIER, loading)
    encoder = Wav2Vec2Model(_config(folder))
    head = torch.nn.Linear(encoder.config.hidden_size, len(labels), bias=False)
    try:
        # An old name of a weight-normalised layer, `weight_g`, is put right by torch itself.
        found = encoder.load_state_dict(
            {key.removeprefix(_WRAPPER): value for key, value in encoder_state.items()},
            strict=False,
        )
        head.load_state_dict({key.replace(HEAD_KEY, "weight"): v for key, v in head_state.items()})
    except RuntimeError as error:
        raise WeightsError(
            f"the voice model {loading.name!r} does not fit its architecture: {error}; "
            f"fetch the weights {loading.config.weights!r} again"
        ) from error
    wrong = [*found.missing_keys, *found.unexpected_keys]
    if wrong := [key for key in wrong if key != _UNUSED]:
        raise WeightsError(
            f"the encoder of the voice model {loading.name!r} has other layers than "
            f"wav2vec 2.0, {wrong[0]!r} to begin with; it is another kind of model"
        )
    torch.nn.ModuleList([encoder, head]).to(device).eval()
    return Wav2Vec2Iemocap(encoder, head, labels, options)


def read_labels(path: Path) -> list[str]:
    """Return the classes in order from SpeechBrain's label file, read as text.

    A line such as `'neu' => 0` names a class; what stands behind the line of equals signs is
    SpeechBrain's own.

    Raises:
        WeightsError: the file is missing, or does not number its classes from 0.
    """
    try:
        lines = path.read_text("utf-8").partition("\n=")[0].splitlines()
    except (OSError, UnicodeError) as error:
        raise WeightsError(f"the label file {path.name!r} cannot be read: {error}") from error
    matches = [_LABEL.fullmatch(line.strip()) for line in lines]
    named = {int(match[2]): match[1] for match in matches if match}
    if len(named) < 2 or len(named) != len(lines) or sorted(named) != list(range(len(named))):
        raise WeightsError(
            f"the label file {path.name!r} must number its labels from 0, "
            "one on a line such as `'neu' => 0`"
        )
    return [named[index] for index in range(len(named))]


def _config(folder: Path) -> "Wav2Vec2Config":
    """Return the encoder's sizes: those of the folder, or wav2vec 2.0 base where it has none."""
    from transformers import Wav2Vec2Config

    path = folder / CONFIG_FILE
    # The published model has a file of this name which says other things.
    if path.is_file() and json.loads(path.read_text("utf-8")).get("model_type") == "wav2vec2":
        return Wav2Vec2Config.from_json_file(path)
    return Wav2Vec2Config()


def _read_state(folder: Path, stem: str, loading: Loading) -> "dict[str, torch.Tensor]":
    """Read one weight file, a pickle only where its entry says so and then without running it."""
    import torch
    from safetensors.torch import load_file

    safe, pickled = folder / f"{stem}.safetensors", folder / f"{stem}.ckpt"
    try:
        if safe.is_file():
            return load_file(safe)
        # `require` has asked for the opt-in by name that such an entry needs.
        entry = weights.entries().get(loading.config.weights or "")
        if pickled.is_file() and not (entry and entry.pickle):
            raise WeightsError(
                f"the file {pickled.name!r} of the voice model {loading.name!r} is a pickle, and "
                f"its weights {loading.config.weights!r} are not allowed to hold any; "
                f"use {safe.name!r}, or an entry of weights.yaml that says `pickle: true`"
            )
        state: dict[str, torch.Tensor] = torch.load(pickled, map_location="cpu", weights_only=True)
    except WeightsError:
        raise
    except Exception as error:  # pickle, zipfile, safetensors and torch have their own
        raise WeightsError(
            f"the file {stem!r} of the voice model {loading.name!r} cannot be read "
            f"({type(error).__name__}); fetch the weights {loading.config.weights!r} again"
        ) from error
    return state


class Wav2Vec2Iemocap(VoiceClassifier):
    """The encoder and its classifier over batches of waveforms of any length."""

    def __init__(
        self,
        encoder: "Wav2Vec2Model",
        head: "torch.nn.Linear",
        labels: Sequence[str],
        options: Options,
    ) -> None:
        """Classify with `encoder` and `head`, both in evaluation mode on one device.

        Args:
            encoder: gives a state for every 20 ms.
            head: gives one logit per label from the mean of the states.
            labels: the classes in the order of the logits.
            options: how much is listened to.
        """
        super().__init__(labels, options.longest)
        self._encoder = encoder
        self._head = head

    def probabilities(self, speech: Sequence[Waveform]) -> list[list[float]]:
        """Return the class probabilities of clips of speech, whatever else is in the batch."""
        return self.embedded(speech)[0]

    def embedded(
        self, speech: Sequence[Waveform]
    ) -> tuple[list[list[float]], list[tuple[float, ...]]]:
        """Return the probabilities, and the mean state of each clip that they are read from.

        The convolutions normalise over the whole clip, so that padding would change what they
        give: each clip goes through them alone, and the transformer takes the clips together,
        with the padding masked.
        """
        import torch
        from torch.nn.functional import layer_norm
        from torch.nn.utils.rnn import pad_sequence

        if not speech:
            return [], []
        with torch.inference_mode():
            features = [self._convolved(part) for part in speech]
            hidden, _ = self._encoder.feature_projection(pad_sequence(features, batch_first=True))
            lengths = [len(part) for part in features]
            mask = torch.arange(hidden.shape[1]) < torch.tensor(lengths)[:, None]
            states = self._encoder.encoder(hidden, mask.to(hidden.device)).last_hidden_state
            clips = [clip[:length] for clip, length in zip(states, lengths, strict=True)]
            means = torch.stack([layer_norm(clip, clip.shape).mean(0) for clip in clips])
            found: list[list[float]] = self._head(means).double().softmax(-1).tolist()
        return found, [tuple(row) for row in means.double().tolist()]

    def _convolved(self, part: Waveform) -> "torch.Tensor":
        """Return the convolutional features of one clip, shape (frames, channels)."""
        import torch
        from torch.nn.functional import layer_norm

        wave = torch.from_numpy(part).to(self._head.weight.device)
        features: torch.Tensor = self._encoder.feature_extractor(layer_norm(wave, wave.shape)[None])
        return features[0].T
