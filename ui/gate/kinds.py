"""Whether a file is a recording or a picture, by its first bytes and not by its name."""

from pathlib import Path

_SIGNATURES = (
    (0, b"\x1aE\xdf\xa3"),  # WebM, Matroska
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"ID3"),
    (0, b"#!AMR"),
    (0, b"caff"),
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"\xff\xd8\xff"),  # JPEG
    (0, b"GIF87a"),
    (0, b"GIF89a"),
    (8, b"WAVE"),
    (8, b"AVI "),
    (8, b"WEBP"),
    (8, b"AIFF"),
    (8, b"AIFC"),
    *((4, box) for box in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")),  # MP4, MOV
)
_LONGEST = 16


def is_media(file: Path) -> bool:
    """Return whether a file begins as one that `tools.media` may be able to read.

    Pictures that cannot be read here, such as HEIC, count as media: what is wrong with them is said
    in a sentence of their own. An empty file does not.
    """
    try:
        with file.open("rb") as opened:
            head = opened.read(_LONGEST)
    except OSError:
        return False
    if any(head.startswith(signature, start) for start, signature in _SIGNATURES):
        return True
    if head.startswith(b"BM"):  # two letters that many a text begins with, too
        return head[6:10] == bytes(4)
    # A frame of MPEG audio (MP3 without a tag, AAC) begins with eleven set bits; so does a text in
    # UTF-16, by FF FE.
    return len(head) > 1 and head[0] == 0xFF and 0xE0 <= head[1] < 0xFE
