"""The corpora that can be read, by name: `mesc:DIR`."""

from pathlib import Path

from tools.corpora import emotions
from tools.corpora.corpus import Corpus, Counts
from tools.corpora.emodb import SPEAKERS
from tools.errors import DataError, UnknownName

_FOLDS = range(1, 6)

_ALL = (
    Corpus(
        name="mesc",
        title="MESC",
        citation="Chu et al. 2024, arXiv 2408.03650; IEEE Transactions on Multimedia 2025",
        licence="none stated; transcripts of a television drama",
        reader="tools.corpora.mesc:read",
        files={
            "train": ("train.json", "train.txt", "MESC.csv"),
            "val": ("val.json", "val.txt"),
            "test": ("test.json", "test.txt"),
        },
        validation="val",
        emotions=emotions.MESC,
        steps=("user_emotion", "strategy", "system_emotion", "response"),
        published={
            "train": Counts(815, 23_126),
            "val": Counts(102, 2_714, 445),
            "test": Counts(102, 2_922, 454),
        },
        checked=True,
    ),
    Corpus(
        name="esconv",
        title="ESConv",
        citation="Liu et al. 2021, ACL",
        licence="CC BY-NC 4.0",
        reader="tools.corpora.esconv:read",
        files={
            "train": ("train.txt",),
            "valid": ("valid.txt",),
            "test": ("test.txt",),
            "all": ("ESConv.json",),
            "failed": ("FailedESConv.json",),
        },
        validation="valid",
        emotions=emotions.ESCONV,
        steps=("strategy", "response"),
        published={
            "train": Counts(910),
            "valid": Counts(195),
            "test": Counts(195),
            "all": Counts(1_300),
            "failed": Counts(196),
        },
        checked=True,
    ),
    Corpus(
        name="escot",
        title="ESCoT",
        citation="Zhang et al. 2024, ACL",
        licence="none stated",
        reader="tools.corpora.escot:read",
        files={"train": ("train.json",), "val": ("val.json",), "test": ("test.json",)},
        validation="val",
        steps=("strategy", "response", "emotion", "stimulus", "appraisal", "reason"),
        published={"train": Counts(1_195), "val": Counts(172), "test": Counts(341)},
    ),
    Corpus(
        name="annomi",
        title="AnnoMI",
        citation="Wu et al. 2022, ICASSP; 2023, Future Internet",
        licence="none stated",
        reader="tools.corpora.annomi:read",
        files={"train": ("AnnoMI-simple.csv", "AnnoMI-full.csv")},
        steps=("strategy", "response"),
    ),
    Corpus(
        name="meld",
        title="MELD",
        citation="Poria et al. 2019, ACL",
        licence="GPL-3.0 as the repository states; clips of a television comedy",
        reader="tools.corpora.meld:read",
        files={
            "train": ("train_sent_emo.csv",),
            "dev": ("dev_sent_emo.csv",),
            "test": ("test_sent_emo.csv",),
        },
        validation="dev",
        emotions=emotions.MELD,
        steps=("user_emotion",),
        published={
            "train": Counts(None, 9_989),
            "dev": Counts(None, 1_109),
            "test": Counts(None, 2_610),
        },
    ),
    Corpus(
        name="goemotions",
        title="GoEmotions",
        citation="Demszky et al. 2020, ACL",
        licence="CC BY 4.0",
        reader="tools.corpora.goemotions:read",
        files={"train": ("train.tsv",), "dev": ("dev.tsv",), "test": ("test.tsv",)},
        validation="dev",
        emotions=emotions.GOEMOTIONS,
        steps=("user_emotion",),
        published={
            "train": Counts(43_410, 43_410),
            "dev": Counts(5_426, 5_426),
            "test": Counts(5_427, 5_427),
        },
        checked=True,
    ),
    Corpus(
        name="dfew",
        title="DFEW",
        citation="Jiang et al. 2020, ACM Multimedia",
        licence="by agreement with its publishers",
        reader="tools.corpora.dfew:read",
        files={
            f"{part}{fold}": (f"split{fold:02}/{part}.csv", f"{part}{fold}.csv")
            for fold in _FOLDS
            for part in ("train", "test")
        },
        training=tuple(f"train{fold}" for fold in _FOLDS),
        emotions=emotions.DFEW,
        steps=("user_emotion",),
        published={"train1": Counts(9_356, 9_356), "test1": Counts(2_341, 2_341)},
    ),
    Corpus(
        name="emodb",
        title="EmoDB",
        citation="Burkhardt et al. 2005, Interspeech",
        licence="CC0 1.0",
        reader="tools.corpora.emodb:read",
        files={
            split: tuple(f"{deep}{who}*.wav" for who in speakers for deep in ("", "*/"))
            for split, speakers in {**SPEAKERS, "all": ("[0-9][0-9]",)}.items()
        },
        validation="val",
        emotions=emotions.EMODB,
        steps=("user_emotion",),
        published={"all": Counts(535, 535)},
        selectable=True,
        checked=True,
    ),
)  # fmt: skip

CORPORA: dict[str, Corpus] = {corpus.name: corpus for corpus in _ALL}
"""Every corpus by its name; what is read stays on the machine of whoever brings it."""


def find_corpus(given: str) -> tuple[Corpus, Path]:
    """Return the corpus and the folder that `NAME:DIR` stands for.

    Raises:
        UnknownName: there is no such corpus.
        DataError: it is not written so, or there is no such folder, or none that may be read.
    """
    name, colon, rest = given.partition(":")
    if not colon or not rest:
        raise DataError(
            f"{given!r} names no corpus and folder; write it as NAME:DIR, e.g. mesc:DIR "
            f"(names: {', '.join(CORPORA)})"
        )
    if name not in CORPORA:
        raise UnknownName("corpus", name, CORPORA)
    folder = Path(rest).expanduser()
    try:
        there = folder.is_dir()
        for each in [folder, *filter(Path.is_dir, folder.iterdir())] if there else []:
            next(each.iterdir(), None)  # what may not be listed would be passed over in silence
    except OSError as error:
        raise DataError(
            f"{rest!r} cannot be read as the folder of {CORPORA[name].title}: {error}; "
            "let yourself read it and all that is in it"
        ) from error
    if not there:
        raise DataError(
            f"there is no folder {rest!r} for {CORPORA[name].title}; give the one where it lies"
        )
    return CORPORA[name], folder


def require_training(corpus: Corpus, split: str) -> None:
    """Refuse to learn from a split that is there to choose by or to measure on.

    MESC's clues stand in its validation and test dialogues only, so they are for inference.

    Raises:
        DataError: it is no training split of the corpus.
    """
    allowed = corpus.training or corpus.splits[:1]
    if split not in allowed:
        raise DataError(
            f"{split!r} of {corpus.title} is not for training; train on {' or '.join(allowed)}"
        )
