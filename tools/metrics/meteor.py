"""METEOR, with the synonyms of WordNet where a person has it, and without."""

import io
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tools.errors import DataError
from tools.metrics.extra import package

NAME = "METEOR (WordNet)"
BARE_NAME = "METEOR (no synonyms)"

_LEXICOGRAPHER_FILES = 45
"""How many there are, by `lexnames(5WN)`. Debian leaves the list of their names out."""


def meteor(
    replies: Sequence[Sequence[str]],
    references: Sequence[Sequence[str]],
    wordnet: Path | None = None,
) -> list[float]:
    """Return each reply's METEOR in [0, 100], with nltk's parameters (Lavie & Agarwal 2007).

    Words match exactly, then by Porter stem, then, where WordNet is there, as synonyms; alpha 0.9,
    beta 3, gamma 0.5. It is not the METEOR 1.5 of the COCO captions, which has paraphrases.

    Args:
        replies: texts as words, in lower case.
        references: one for each reply.
        wordnet: folder of the WordNet 3.0 database (`data.noun`, `index.noun` ...): where Debian's
            package `wordnet-base` puts it, `/usr/share/wordnet`, or nltk's `corpora/wordnet`.
            None leaves the synonym stage out: name the score `BARE_NAME` then.

    Raises:
        ConfigError: nltk is not installed.
        DataError: `wordnet` holds no such database.
    """
    module = package("nltk.translate.meteor_score", "nltk", "METEOR")
    synonyms = _wordnet(wordnet) if wordnet else _NoSynonyms()
    stemmer = _Stemmer()
    return [
        100 * float(module.single_meteor_score(reference, reply, stemmer=stemmer, wordnet=synonyms))
        if reply and reference
        else 0.0
        for reply, reference in zip(replies, references, strict=True)
    ]


class _NoSynonyms:
    def synsets(self, _word: str) -> list[Any]:
        return []


class _Stemmer:
    """The Porter stemmer with its answers kept: most words of a corpus come again."""

    def __init__(self) -> None:
        stem = package("nltk.stem.porter", "nltk", "METEOR").PorterStemmer().stem
        self.stem: Callable[[str], str] = cache(stem)


def _wordnet(folder: Path) -> Any:
    reader = package("nltk.corpus.reader.wordnet", "nltk", "METEOR").WordNetCorpusReader
    if missing := [name for name in ("index.noun", "data.noun") if not (folder / name).is_file()]:
        raise DataError(
            f"the folder {folder.name!r} is no WordNet database, it lacks {missing[0]!r}; give the "
            "folder of Debian's package wordnet-base, or nltk's corpora/wordnet"
        )

    class WordNet(reader):  # type: ignore[misc, valid-type]  # a class without types
        def open(self, file: str) -> Any:
            if file == "lexnames" and not (folder / file).is_file():
                return io.StringIO(
                    "".join(f"{n:02}\tfile.{n}\t1\n" for n in range(_LEXICOGRAPHER_FILES))
                )
            return super().open(file)

        def map_wn(self, version: str = "wordnet") -> None:
            """Map nothing: that is for WordNets of other languages, and needs nltk's own."""

    paths = package("nltk.data", "nltk", "METEOR").path
    root = str(folder.resolve())
    if root not in paths:  # nltk opens nothing outside of the folders it was told of
        paths.append(root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it knows no other language
        return WordNet(root, None)
