"""`python -m tools train text-emotion | voice-emotion | risk | strategy | emotion | joint ...`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from tools import weights
from tools.training import context_options as given

app = typer.Typer(help="Train the weights that ship.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of the corpus.")]
Out = Annotated[
    Path | None, typer.Option("--out", help="Folder to write; the one that ships by default.")
]
Seed = Annotated[int, typer.Option(help="Same seed, machine and threads: same weights.")]


@app.command("text-emotion")
def train_text_emotion(
    data: Data,
    out: Out = None,
    seed: Seed = 0,
    limit: Annotated[
        int | None, typer.Option(min=20, help="Read only the first comments, for a trial.")
    ] = None,
) -> None:
    """Train the text-emotion head on GoEmotions: about 10 minutes on two cores."""
    from tools.backends.minilm import open_encoder
    from tools.training.text_emotion import train

    encoder = open_encoder(weights.require("all-minilm-l6-v2"))
    folder = _folder("text-emotion-head", out)
    card = train(data, folder, encoder, seed=seed, limit=limit)
    _finish("text-emotion-head", folder, card["scores"]["dev"]["single"])


@app.command("voice-emotion")
def train_voice_emotion(
    data: Data,
    out: Out = None,
    seed: Seed = 0,
    folds: Annotated[int, typer.Option(min=2, help="Groups of speakers, each held out once.")] = 8,
) -> None:
    """Train the voice-emotion model on EmoDB: about 7 minutes of one core."""
    from tools.training.voice_emotion import train

    folder = _folder("voice-emotion-ecapa", out)
    card = train(data, folder, seed=seed, folds=folds)
    _finish("voice-emotion-ecapa", folder, card["scores"])


@app.command("risk")
def train_risk(
    data: Annotated[
        Path,
        typer.Option("--data", help="Folder with openai_moderation.jsonl and ailuminate_en.csv."),
    ],
    goemotions: Annotated[Path, typer.Option(help="Folder of GoEmotions.")],
    hard_cases: Annotated[Path, typer.Option(help="The hard cases.")] = Path(
        "tests/safety/hard_cases.jsonl"
    ),
    out: Out = None,
    seed: Seed = 0,
    comments: Annotated[int, typer.Option(min=2, help="How many comments to draw.")] = 12_000,
) -> None:
    """Train the detector of danger: about 10 minutes on two cores."""
    from tools.backends.minilm import open_encoder
    from tools.safety.policy import load_policy
    from tools.training.risk import train
    from tools.training.risk_rows import (
        ailuminate_rows,
        moderation_rows,
        ordinary_comments,
        own_rows,
        read_rows,
        told_rows,
    )

    rows = [row for row in read_rows(hard_cases) if row.split == "train" and not row.before]
    rows += own_rows()
    rows += told_rows()
    rows += moderation_rows(data / "openai_moderation.jsonl")
    rows += ailuminate_rows(data / "ailuminate_en.csv")
    rows = [row for row in rows if row.language == "en"]
    ordinary = ordinary_comments(goemotions, load_policy(), comments, seed)
    folder = _folder("risk-head", out)
    encoder = open_encoder(weights.require("all-minilm-l6-v2"))
    with Progress(console=Console(stderr=True)) as progress:
        card = train(rows, ordinary, folder, encoder, progress=progress, seed=seed)
    _pin("risk-head", folder)
    Console().print({**card["scores"]["at"][0], **card["thresholds"]})


app.command("emotion", help="Train a head for the user emotion on a corpus's dialogues.")(
    given.context_training("user_emotion")
)
app.command("system-emotion", help="Train a head for how the supporter meets the person.")(
    given.context_training("system_emotion")
)
app.command("joint", help="Train one network for user emotion, strategy and system emotion.")(
    given.context_training("user_emotion", "strategy", "system_emotion")
)


@app.command("strategy")
def train_strategy(
    data: Annotated[
        str | None,
        typer.Option("--data", help="mesc:DIR or esconv:DIR; else the project's own examples."),
    ] = None,
    out: Out = None,
    examples: Annotated[
        Path | None, typer.Option(help="A file of examples in place of the one that ships.")
    ] = None,
    unit: given.Unit = "turns",
    history: given.History = "predicted",
    context: given.Context = 1,
    extra: given.Extra = None,
    tune: given.Tune = 0,
    balance: given.Balance = 0.0,
    seed: Seed = 0,
    seeds: given.Seeds = 1,
    epochs: given.Epochs = 30,
    profile: given.Profile = "embedded",
    models: given.Models = None,
    split: given.Split = "",
    limit: given.Limit = 0,
) -> None:
    """Train the strategy head that ships: a minute; with --data, one on a corpus's dialogues."""
    if data is not None:
        given.context_training("strategy")(
            data=data, out=out, unit=unit, history=history, context=context, extra=extra,
            tune=tune, balance=balance, seed=seed, seeds=seeds, epochs=epochs, profile=profile,
            models=models, split=split, limit=limit,
        )  # fmt: skip
        return
    from tools.examples.rows import SOURCE, read_examples
    from tools.models import load_models
    from tools.training.strategy import train
    from tools.training.strategy_card import OWN
    from tools.training.strategy_rows import rows_of_examples

    rows = rows_of_examples(read_examples(examples or SOURCE))
    folder = _folder("strategy-head", out)
    encoder = load_models().backend("minilm")  # on ONNX Runtime, which reads a corpus faster
    console = Console(stderr=True)
    card = train(rows, folder, encoder, OWN, seed=seed, say=console.print)
    _finish("strategy-head", folder, card["scores"])


@app.command("responder")
def train_responder(
    chats: Annotated[Path, typer.Option(help="Chats, as `python -m graphs chats` writes them.")],
    base: Annotated[str, typer.Option(help="The weights to tune.")] = "qwen2.5-coder-1.5b-instruct",
    out: Out = None,
    seed: Seed = 0,
    epochs: Annotated[int, typer.Option(min=1)] = 2,
    layers: Annotated[int, typer.Option(min=1, help="How many of the upper layers.")] = 14,
) -> None:
    """Tune the answer model on chats: about an hour on two cores."""
    from tools.training.chat_rows import read_chats
    from tools.training.responder import Tuning, train
    from tools.training.responder_card import write_card

    folder = _folder("responder-adapter", out)
    tuning = Tuning(epochs=epochs, layers=layers, seed=seed)
    with Progress(console=Console(stderr=True)) as progress:
        scores = train(read_chats(chats), weights.require(base), folder, tuning, progress)
    write_card(folder, base, scores)
    _pin("responder-adapter", folder)
    Console().print(scores)


def _folder(name: str, out: Path | None) -> Path:
    return out or weights.Store().shipped_folder(name)


def _pin(name: str, folder: Path) -> None:
    """Record the hashes of files that were written where they ship."""
    if folder.resolve() == weights.Store().shipped_folder(name).resolve():
        weights.pin(name)


def _finish(name: str, folder: Path, scores: Mapping[str, Any]) -> None:
    _pin(name, folder)
    Console().print(
        f"accuracy {scores['accuracy']}, macro-F1 {scores['macro_f1']} "
        f"(always the commonest: {scores['floor_accuracy']}, {scores['floor_macro_f1']})"
    )
