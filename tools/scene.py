"""What a model of the task `describe` is shown."""

from dataclasses import dataclass, field

from tools.clips import Frame


@dataclass(frozen=True)
class Scene:
    """Pictures of one clip, and what is asked about them.

    Attributes:
        frames: RGB pictures in order, each of shape (height, width, 3).
        ask: what the model is to say of them, in a sentence or two.
    """

    frames: tuple[Frame, ...] = field(default=(), repr=False)
    ask: str = ""
