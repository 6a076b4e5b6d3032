"""Cut a stream of text into sentences as they become whole."""

import re

_ABBREVIATIONS = frozenset({"dr", "mr", "mrs", "ms", "st", "vs", "e.g", "i.e", "etc", "prof", "jr"})
_END = re.compile(r"""([.!?…]+["'”’)\]]*)(?=\s)|([。！？]+[」』”）]*)|(\n\s*)""")


class SentenceCutter:
    """Collect pieces of text and give back each sentence once its end is certain.

    A full stop counts only when white space follows it, so that `3.5` and a token that ends in the
    middle of an ellipsis do not cut; the last sentence comes with `flush`.
    """

    def __init__(self) -> None:
        """Start with nothing collected."""
        self._text = ""

    def feed(self, piece: str) -> list[str]:
        """Add `piece` and return the sentences that it completed."""
        self._text += piece
        whole: list[str] = []
        start = 0
        for match in _END.finditer(self._text):
            before = self._text[start : match.start()]
            if match.group(1) == "." and _last_word(before) in _ABBREVIATIONS:
                continue
            sentence = self._text[start : match.end()].strip()
            if sentence:
                whole.append(sentence)
            start = match.end()
        self._text = self._text[start:]
        return whole

    def flush(self) -> str:
        """Return what is left, which may be no whole sentence, and start anew."""
        rest, self._text = self._text.strip(), ""
        return rest


def _last_word(text: str) -> str:
    words = text.split()
    return words[-1].lower().lstrip("(\"'") if words else ""


def split(text: str) -> list[str]:
    """Return the sentences of a finished text."""
    cutter = SentenceCutter()
    whole = cutter.feed(text)
    rest = cutter.flush()
    return [*whole, rest] if rest else whole
