"""One picture out of an image file, through Pillow."""

import io
from typing import TYPE_CHECKING

import numpy as np

from tools.clips import Frame
from tools.errors import MediaError
from tools.limits import Limits, unreadable

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
"""Pillow's names of the formats that are read; of an animated one, the first picture."""


def read_still(data: bytes, limits: Limits, kind: str) -> Frame:
    """Decode a picture, upright and scaled; see-through parts become white.

    Args:
        data: the whole file.
        limits: how large it may be, and how large it comes back.
        kind: what the file looks like, for messages.

    Raises:
        MediaError: it cannot be read, or has more than `limits.max_pixels`.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            limits.check_pixels(*image.size)
            image.thumbnail((limits.max_side, limits.max_side))
            return np.array(_opaque(ImageOps.exif_transpose(image)).convert("RGB"))
    except MediaError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise limits.too_many_pixels() from error
    except Exception as error:  # Pillow's parsers fail in many ways on a broken file
        raise unreadable(kind) from error


def _opaque(image: "Picture") -> "Picture":
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits of grey, which `convert` would clip, not scale
        return Image.fromarray((np.asarray(image) // 256).astype(np.uint8))
    if not image.has_transparency_data:
        return image
    picture = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
