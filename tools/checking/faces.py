"""Frames made in code: a drawn face, which detectors take for one, and frames without any."""

from tools.clips import Frame

_SIDE = 320


def face(smile: float = 0.0, light: float = 1.0) -> Frame:
    """Return a frame with one drawn face.

    Args:
        smile: how far the corners of the mouth are up, in [-1, 1].
        light: how bright the picture is, in (0, 1].
    """
    import numpy as np

    down, right = np.mgrid[0:_SIDE, 0:_SIDE].astype(float)
    right, down = (right - _SIDE / 2) / 100, (down - _SIDE / 2) / 100

    def blob(x: float, y: float, wide: float, high: float, soft: float = 0.15) -> "np.ndarray":
        away = np.hypot((right - x) / wide, (down - y) / high)
        return np.asarray(np.clip((1 - away) / soft, 0, 1))

    grey = np.full((_SIDE, _SIDE), 70.0)

    def paint(shape: "np.ndarray", tone: float) -> None:
        grey[:] = grey * (1 - shape) + tone * shape

    paint(blob(0, -0.25, 1.0, 1.25), 35)  # hair
    paint(blob(0, 0, 0.85, 1.12), 190)
    paint(blob(-0.42, 0.28, 0.3, 0.28, 0.8), 205)
    paint(blob(0.42, 0.28, 0.3, 0.28, 0.8), 205)
    for side in (-1, 1):
        paint(blob(side * 0.36, -0.22, 0.3, 0.17, 0.6), 120)  # sockets
        paint(blob(side * 0.36, -0.38, 0.26, 0.05, 0.5), 50)  # brows
        paint(blob(side * 0.36, -0.2, 0.17, 0.075, 0.3), 235)
        paint(blob(side * 0.36, -0.2, 0.075, 0.075, 0.3), 25)
        paint(blob(side * 0.1, 0.27, 0.06, 0.04, 0.6), 90)  # nostrils
    paint(blob(0, 0.05, 0.07, 0.25, 0.9), 215)  # nose
    curve = 0.58 - smile * 0.25 * ((right / 0.33) ** 2 - 0.5)
    mouth = np.clip((0.06 - np.abs(down - curve)) / 0.03, 0, 1) * (np.abs(right) < 0.33)
    paint(mouth, 70)
    skin = np.stack([grey, grey * 0.85, grey * 0.75], axis=2)
    return np.asarray(np.clip(skin * light, 0, 255), np.uint8)


def wall(tone: int = 128) -> Frame:
    """Return a frame that shows an even wall of a `tone` in [0, 255]."""
    import numpy as np

    return np.full((_SIDE, _SIDE, 3), tone, np.uint8)


def noise(seed: int = 0) -> Frame:
    """Return a frame of noise."""
    import numpy as np

    return np.random.default_rng(seed).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)
