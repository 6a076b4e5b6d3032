"""Choose the face model's temperature without a single labelled face.

No labelled faces are at hand whose licence would let them be shipped, so a temperature cannot be
fitted. What can be had is the mean confidence of the model on faces in general: that of a
calibrated model equals its accuracy. So the temperature is taken at which the mean confidence on
100 unlabelled faces of LFW (which scikit-image carries, 25 by 25 pixels, grey) falls to the
accuracy that was measured on labelled faces elsewhere. It is a rough value for a rough model.
"""

from typing import Annotated, Any

import numpy as np
import typer

_FACES = 100  # of the 200 pictures the first half shows faces


def face_temperature(
    accuracy: Annotated[
        float, typer.Option(min=0.2, max=0.99, help="Accuracy on labelled faces from outside.")
    ] = 0.49,
) -> None:
    """Print the temperature at which mini-XCEPTION is as sure of itself as it is right."""
    import cv2
    import onnxruntime
    from rich.console import Console
    from scipy.optimize import brentq
    from skimage.data import lfw_subset

    from tools import weights
    from tools.training.scores import log_softmax
    from tools.weights.conversion import DEEPFACE_FILE, DEEPFACE_SIDE

    session = onnxruntime.InferenceSession(weights.require("mini-xception-onnx") / DEEPFACE_FILE)
    side = (DEEPFACE_SIDE, DEEPFACE_SIDE)
    read_faces: Any = lfw_subset  # untyped
    small = read_faces()[:_FACES].astype(np.float32)
    faces = np.stack([cv2.resize(face, side, interpolation=cv2.INTER_CUBIC) for face in small])
    (scores,) = session.run(None, {"face": faces.clip(0, 1)[..., None]})
    logits = np.log(np.maximum(scores.astype(float), 1e-9))

    def confidence(temperature: float) -> float:
        return float(np.exp(log_softmax(logits / temperature)).max(1).mean())

    found = brentq(lambda temperature: confidence(temperature) - accuracy, 0.2, 10.0)
    Console().print(
        f"mean confidence on {_FACES} faces: {confidence(1.0):.3f}; "
        f"temperature for {accuracy}: {found:.2f}"
    )
