"""Facial expression with DeepFace, held to files that are there and to one thread.

DeepFace keeps one expression model and one detector of a kind per process, in a global table; it
fetches what it does not find; and called from several threads it mixes frames up. So its folder is
set and checked before it is imported, every call runs under one lock, and each backend puts its own
model into the table first.
"""

import os
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from tools.backends.options import read_options
from tools.clips import Frame
from tools.errors import ConfigError, UnknownName, WeightsError
from tools.models import Loading
from tools.perceived import Perceived
from tools.records import Scores
from tools.weights.conversion import DEEPFACE_FILE

_DEEPFACE = threading.Lock()

# Detector -> the files it reads below the weights folder. The others of DeepFace either fetch
# their files into places of their own or want packages that do not go together with ours.
_DETECTORS: dict[str, tuple[str, ...]] = {
    "opencv": (),
    "yunet": ("face_detection_yunet_2023mar.onnx",),
    "ssd": ("deploy.prototxt", "res10_300x300_ssd_iter_140000.caffemodel"),
    "retinaface": ("retinaface.onnx",),
}
_CASCADES = ("haarcascade_frontalface_default.xml", "haarcascade_eye.xml")


class Options(BaseModel, extra="forbid"):
    """What `options:` of a DeepFace model may say.

    Attributes:
        frames: how many frames of a clip are looked at, spread evenly.
        detector: one of DeepFace's detectors whose files are at hand.
        side: longest side in pixels to which a frame is shrunk before detection, which is what
            takes the time; 0 leaves it as it is. Faces below a sixth of the width are lost at 320.
        align: turn a face so that its eyes are level. It doubles the time, and the skill of the
            models bound here was measured without it.
    """

    frames: int = Field(default=4, ge=1, le=64)
    detector: str = "opencv"
    side: int = Field(default=320, ge=0)
    align: bool = False


def load(loading: Loading) -> "DeepFaceEmotion":
    """Load DeepFace's expression model and a face detector from verified files.

    Raises:
        ConfigError: an option is wrong, or DeepFace runs on another engine already.
        WeightsError: a file is missing or is no expression model.
    """
    options = read_options(Options, loading)
    if options.detector not in _DETECTORS:
        raise UnknownName("face detector", options.detector, _DETECTORS)
    home = loading.weights()
    _check_files(home, options.detector, loading)
    with _DEEPFACE:
        os.environ["DEEPFACE_HOME"] = str(home)
        os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"
        os.environ["DEEPFACE_LOG_LEVEL"] = "40"  # it prints to standard output
        os.environ["DEEPFACE_ONNX_PROVIDERS"] = (
            "cpu" if loading.config.device == "cpu" else "cuda,cpu"
        )
        with warnings.catch_warnings():  # it silences every warning of the process
            from deepface import DeepFace
            from deepface.commons import backend_utils
            from deepface.modules import exceptions, modeling
        if (engine := backend_utils.get_backend_engine()) != backend_utils.ONNX:
            raise ConfigError(
                f"DeepFace runs on {engine!r} in this process already, not on 'onnx'; "
                "set DEEPFACE_BACKEND_ENGINE=onnx before it is imported"
            )
        try:
            expression = modeling.get_model_class("facial_attribute", "Emotion")()
            found = np.shape(expression.predict(np.zeros((224, 224, 3), np.uint8)))
            modeling.build_model("face_detector", options.detector)
        except Exception as error:  # onnxruntime and OpenCV have error types of their own
            raise WeightsError(
                f"the face model {loading.name!r} cannot be loaded: {error}; "
                f"fetch the weights {loading.config.weights!r} again"
            ) from error
    if found != (7,):
        raise WeightsError(
            f"the face model {loading.name!r} gives {found} scores where DeepFace wants 7; "
            "it is another kind of model"
        )
    return DeepFaceEmotion(DeepFace, modeling, expression, exceptions, options)


def _check_files(home: Path, detector: str, loading: Loading) -> None:
    """Make sure that DeepFace finds all it needs, so that it never tries to fetch anything."""
    folder = (home / DEEPFACE_FILE).parent
    needed = [home / DEEPFACE_FILE, *(folder / file for file in _DETECTORS[detector])]
    absent = [path.name for path in needed if not path.is_file()]
    if absent:
        raise WeightsError(
            f"the face model {loading.name!r} lacks {', '.join(absent)}; "
            f"fetch the weights {loading.config.weights!r} again or add the file to their entry"
        )
    import cv2

    # DeepFace reads the cascades for every detector: they find the eyes.
    data = Path(cv2.__file__).parent / "data"
    if any(not (data / cascade).is_file() for cascade in _CASCADES):
        raise WeightsError(
            f"OpenCV {cv2.__version__} ships no Haar cascades, with which faces are found; "
            "install opencv-contrib-python-headless below version 5"
        )


class DeepFaceEmotion:
    """DeepFace's `analyze` over a few frames of each clip."""

    def __init__(
        self,
        deepface: ModuleType,
        modeling: ModuleType,
        expression: object,
        exceptions: ModuleType,
        options: Options,
    ) -> None:
        """Use an expression model with DeepFace's own modules."""
        self._deepface = deepface
        self._modeling = modeling
        self._expression = expression
        self._no_face = (exceptions.FaceNotDetected, exceptions.ImgNotFound)
        self._options = options

    def predict(self, items: Sequence[Sequence[Frame]], /) -> list[Perceived]:
        """Read the expression of the largest face, averaged over the frames that show one."""
        with _DEEPFACE:
            self._modeling.cached_models["facial_attribute"]["Emotion"] = self._expression
            return [self._clip(frames) for frames in items]

    def _clip(self, frames: Sequence[Frame]) -> Perceived:
        looked_at = spread(frames, self._options.frames)
        found = [scores for frame in looked_at if (scores := self._face(frame))]
        shown = f"{len(found)} of {len(looked_at)} frames showed a face"
        if not found:
            return Perceived(missing="no face", note=shown if looked_at else "there are no frames")
        mean = {label: sum(s[label] for s in found) / len(found) for label in found[0]}
        moves = {
            label: max(s[label] for s in found) - min(s[label] for s in found) for label in mean
        }
        # DeepFace gives no state from within; how an expression moves is lost in the mean.
        vector = (*mean.values(), *moves.values(), len(found) / len(looked_at))
        return Perceived(mean, note=shown, vector=vector)

    def _face(self, frame: Frame) -> Scores:
        """Return DeepFace's scores of the largest face, summing to 1, or nothing without a face.

        DeepFace's face confidence takes no part: with the OpenCV detector it falls where the
        cascade's score rises.
        """
        try:
            faces: list[dict[str, Any]] = self._deepface.analyze(
                self._shrunk(frame),
                actions=["emotion"],
                detector_backend=self._options.detector,
                enforce_detection=True,
                align=self._options.align,
                silent=True,
            )
        except self._no_face:
            return {}
        if not faces:
            return {}
        largest = max(faces, key=lambda face: face["region"]["w"] * face["region"]["h"])
        return {label: float(share) / 100 for label, share in largest["emotion"].items()}

    def _shrunk(self, frame: Frame) -> Frame:
        """Return the frame as DeepFace wants it: BGR, no longer than `side`."""
        import cv2

        bgr = np.ascontiguousarray(frame[:, :, ::-1])
        longest = max(frame.shape[:2])
        if not self._options.side or longest <= self._options.side:
            return bgr
        scale = self._options.side / longest
        height, width = (max(1, round(length * scale)) for length in frame.shape[:2])
        return np.asarray(cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def spread(frames: Sequence[Frame], count: int) -> list[Frame]:
    """Return up to `count` frames, each from the middle of an equal part of the clip."""
    if len(frames) <= count:
        return list(frames)
    return [frames[int((index + 0.5) * len(frames) / count)] for index in range(count)]
