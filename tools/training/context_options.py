"""The options that every training on a corpus's dialogues has."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from tools.errors import ConfigError
from tools.training.context_command import Plan, carry_out

Data = Annotated[
    str, typer.Option("--data", help="The corpus, NAME:DIR, e.g. mesc:DIR; its training split.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder to write, outside of what ships.")]
Unit = Annotated[
    Literal["turns", "utterances"],
    typer.Option(help="What has a label; utterances for `emotion` alone."),
]
History = Annotated[
    Literal["gold", "predicted", "none"],
    typer.Option(help="Whose labels of past turns it learns with."),
]
Context = Annotated[int, typer.Option(min=0, max=8, help="Messages before a turn that it reads.")]
Extra = Annotated[
    list[str] | None, typer.Option("--extra", help="A further corpus to learn from, NAME:DIR.")
]
Encoder = Annotated[Literal["frozen"], typer.Option(help="As it is; --tune N trains layers of it.")]
Tune = Annotated[int, typer.Option(min=0, help="Upper layers of the encoder to train as well.")]
Balance = Annotated[
    float, typer.Option(min=0, max=1, help="Weight of rare classes: 0 as they occur, 1 all alike.")
]
Seed = Annotated[int, typer.Option(help="Same seed, machine and threads: same weights.")]
Seeds = Annotated[int, typer.Option(min=1, help="Runs; the card has their mean and spread.")]
Epochs = Annotated[int, typer.Option(min=1, help="Passes over the rows at most.")]
Profile = Annotated[str, typer.Option(help="Whose encoder and perception models are asked.")]
Models = Annotated[Path | None, typer.Option("--models", help="A models file of one's own.")]
Split = Annotated[str, typer.Option(help="A training split, where a corpus has several.")]
Limit = Annotated[int, typer.Option(min=0, help="Only so many dialogues, for a trial; 0 for all.")]


def context_training(*tasks: str) -> Callable[..., None]:
    """Return the command that trains heads for these tasks."""

    def command(
        data: Data, out: Out = None, unit: Unit = "turns", history: History = "predicted",
        context: Context = 1, extra: Extra = None, encoder: Encoder = "frozen", tune: Tune = 0,
        balance: Balance = 0.0, seed: Seed = 0, seeds: Seeds = 1, epochs: Epochs = 30,
        profile: Profile = "embedded", models: Models = None, split: Split = "", limit: Limit = 0,
    ) -> None:  # fmt: skip
        if out is None:
            raise ConfigError(
                "weights from a corpus stay with whoever trains them; give --out FOLDER, outside "
                "of what ships"
            )
        plan = Plan(
            tasks=tasks, data=data, out=out, split=split, unit=unit, history=history,
            context=context, extra=tuple(extra or ()), tune=tune, balance=balance,
            profile=profile, models=models, seeds=tuple(range(seed, seed + seeds)),
            epochs=epochs, limit=limit,
        )  # fmt: skip
        console = Console(stderr=True)
        card = carry_out(plan, lambda text: console.print(text, soft_wrap=True))
        for task, scores in card["scores"].items():
            parts = (f"{name} {scores[name]['mean']}" for name in _SHOWN)
            Console().print(
                f"{task}, held-out training dialogues: {', '.join(parts)} "
                f"(always the commonest: {scores['floor']})",
                soft_wrap=True,
            )

    return command


_SHOWN = ("accuracy", "weighted_f1", "macro_f1")
