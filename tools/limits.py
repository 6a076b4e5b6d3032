"""What may be read of a clip, and the sentences that tell a person why one was refused.

The sentences never name a file: names are private, and messages end up in logs.
"""

from dataclasses import dataclass

from tools.errors import MediaError


@dataclass(frozen=True)
class Limits:
    """How much of a clip is read, and from where on it is refused.

    Attributes:
        max_bytes: size of the file.
        max_seconds: length of the recording; one second more is let pass, because a recorder that
            stops at the limit overshoots it.
        max_pixels: pixels of one picture or frame as it is stored.
        frames: how many frames are taken from a video, evenly over its length.
        max_side: longer side of a taken picture in pixels; larger ones are scaled down.
    """

    max_bytes: int = 64 * 1024 * 1024
    max_seconds: float = 120.0
    max_pixels: int = 50_000_000
    frames: int = 8
    max_side: int = 480

    def check_bytes(self, size: int) -> None:
        """Refuse an empty or a too large file of `size` bytes.

        Raises:
            MediaError: it is empty or larger than `max_bytes`.
        """
        if size == 0:
            raise MediaError("This recording is empty; please try recording again.")
        if size > self.max_bytes:
            raise MediaError(
                f"This file is larger than {_rounded(self.max_bytes / 1024**2)} MB; "
                "please send a smaller or shorter one."
            )

    def check_seconds(self, seconds: float) -> None:
        """Refuse a recording that lasts `seconds` or more.

        Raises:
            MediaError: that is longer than `max_seconds` and the second of grace.
        """
        if seconds > self.max_seconds + 1:
            length = (
                f"{_rounded(self.max_seconds / 60)} minutes"
                if self.max_seconds >= 120
                else f"{_rounded(self.max_seconds)} seconds"
            )
            raise MediaError(
                f"This recording is longer than {length}, the most that can be taken at once; "
                "please send a shorter one, or several."
            )

    def check_pixels(self, width: int, height: int) -> None:
        """Refuse a picture whose decoding would take too much memory.

        Raises:
            MediaError: it has more than `max_pixels`.
        """
        if width * height > self.max_pixels:
            raise self.too_many_pixels()

    def too_many_pixels(self) -> MediaError:
        """Return the error for a picture that is too large to decode."""
        return MediaError(
            f"This picture has more than {_rounded(self.max_pixels / 1e6)} megapixels; "
            "please try a smaller one."
        )


DEFAULT_LIMITS = Limits()
"""What the chat page allows."""


def unreadable(kind: str) -> MediaError:
    """Return the error for a file without sound or picture.

    Args:
        kind: what the file looks like, e.g. `a WebM recording`; empty when nobody can tell.
    """
    if kind:
        return MediaError(
            f"This file looks like {kind}, but no sound or picture could be read from it; "
            "please try recording again or another file."
        )
    return MediaError(
        "This file could not be read as sound, video or a picture; "
        "please try recording again or another file."
    )


def too_short() -> MediaError:
    """Return the error for a sound in which no word fits."""
    return MediaError(
        "This recording is too short to hear a word in it; please record for a second or more."
    )


def _rounded(number: float) -> str:
    return f"{number:.3g}"
