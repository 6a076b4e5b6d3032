"""What helps to read a turn from its context: `python -m benchmarks context --data mesc:DIR`.

Every variant is trained on the training split and judged on the validation split, on merged turns,
by words alone, beside a constant label and a logistic regression on sentence vectors. Intervals are
of differences to these two, over whole dialogues. A variant with predicted history is rolled out:
its own earlier answers are the history, turn by turn.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console

from benchmarks.context_ngrams import NGRAMS, ngrams
from benchmarks.context_scores import Answers, report
from benchmarks.machine import describe
from tools.corpora.library import find_corpus, require_training
from tools.labels import EKMAN
from tools.models import load_models

if TYPE_CHECKING:
    from tools.training.context_fit import Lesson, Trained
    from tools.training.context_rows import ContextRow

_TASKS = ("user_emotion", "strategy", "system_emotion")


@dataclass(frozen=True)
class Variant:
    """One way to train.

    Attributes:
        name: in the table.
        layout: what differs from the words alone of a single turn.
        sizes: of the network, likewise.
        recipe: likewise.
        unit: what has a label in training.
        extra: learns from the corpora that `--extra` names, too.
        oracle: the history at the judging is gold, which nobody has at run time.
    """

    name: str
    layout: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    unit: str = "turns"
    extra: bool = False
    oracle: bool = False


VARIANTS = (
    Variant("words"),
    Variant("words, scores of text emotion", {"affect": True}),
    Variant("... middle layers", {"affect": True, "layers": [4, 5, 6]}),
    Variant("... 1 message before", {"affect": True, "context": 1}),
    Variant("... 3 messages before", {"affect": True, "context": 3}),
    Variant("... lines in place of turns", {"affect": True}, unit="utterances"),
    Variant("... rare classes weigh more", {"affect": True}, recipe={"balance": 0.3}),
    Variant("... history predicted", {"affect": True}, recipe={"history": "predicted"}),
    Variant("... other corpora", {"affect": True}, extra=True),
    Variant("... 1 layer tuned", {"affect": True}, {"tuned": 1}, {"epochs": 6, "patience": 2}),
    Variant("... history gold (oracle)", {"affect": True}, recipe={"history": "gold"}, oracle=True),
)


def context(
    data: Annotated[str, typer.Option(help="mesc:DIR or another corpus with a validation split.")],
    extra: Annotated[list[str] | None, typer.Option(help="A further corpus, NAME:DIR.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each variant.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Variants whose name has this.")] = None,
    out: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure what helps to predict user emotion, strategy and system emotion of a turn."""
    from tools.training.context_command import read_extra
    from tools.training.context_rows import rows_of

    console = Console(width=140)
    console.print(describe())
    corpus, folder = find_corpus(data)
    require_training(corpus, corpus.splits[0])
    dialogues = list(corpus.read(folder, corpus.splits[0]))
    learnt = {unit: rows_of(corpus, dialogues, unit) for unit in ("turns", "utterances")}
    asked = rows_of(corpus, corpus.read(folder, corpus.validation))
    known = {label for row in learnt["turns"] for label in row.gold.values()}
    more, _ = read_extra(tuple(extra or ()), known, corpus.title)
    desk = Desk(learnt, asked, more)
    console.print(emittable(asked))
    found: dict[str, Any] = {}
    answers = {"constant label": desk.constant(), "logistic regression on words": desk.logistic()}
    golds = {task: desk.gold(task) for task in desk.tasks}
    groups = [row.dialogue for row in asked]
    for name in list(answers):
        report(console, name, groups, golds, answers, found)
    for name in NGRAMS:
        if not only or any(part in name for part in only):
            answers[name] = desk.ngrams(name, range(seeds))
            report(console, name, groups, golds, answers, found)
            _keep(found, out)
    for variant in VARIANTS:
        if (only and not any(part in variant.name for part in only)) or (
            variant.extra and not more
        ):
            continue
        started = time.perf_counter()
        answers[variant.name] = desk.variant(variant, range(seeds))
        report(console, variant.name, groups, golds, answers, found)
        found[variant.name]["seconds"] = round(time.perf_counter() - started, 1)
        _keep(found, out)


def _keep(found: Mapping[str, Any], out: Path | None) -> None:
    if out is not None:
        out.write_text(json.dumps(found, indent=1), "utf-8")


class Desk:
    """The data, encoded once, and everything that answers on it."""

    def __init__(
        self,
        learnt: Mapping[str, "list[ContextRow]"],
        asked: "list[ContextRow]",
        more: "list[ContextRow]",
    ) -> None:
        """Encode every text of all rows, in every layer that a variant reads."""
        from tools.backends.context_features import Layout, read_texts, texts_of

        self.learnt, self.asked, self.more = learnt, asked, more
        models = load_models()
        self.encoder, affect = models.backend("minilm"), models.backend("goemotions-head")
        self.fine = list(affect.predict(["A plain sentence."])[0].detail)
        full = Layout(layers=[4, 5, 6], affect=self.fine)
        rows = [row for unit in learnt.values() for row in unit] + asked + more
        words = [text for row in rows for text in texts_of(row.situation, 3)]
        self._texts = read_texts(words, full, self.encoder, affect)
        self._full = full

    def gold(self, task: str) -> list[str]:
        """Return the true labels; every turn of a corpus that has the task has one."""
        return [row.gold.get(task, "") for row in self.asked]

    @property
    def tasks(self) -> list[str]:
        """The tasks that every turn has a label for."""
        return [task for task in _TASKS if all(self.gold(task))]

    def learnt_tasks(self, variant: Variant) -> list[str]:
        """The tasks that a variant learns: lines have no answer, and so no plan to learn."""
        return self.tasks if variant.unit == "turns" else ["user_emotion"]

    def constant(self) -> Answers:
        """Name the commonest label of the training turns always."""
        found = {}
        for task in self.tasks:
            counts = Counter(row.gold[task] for row in self.learnt["turns"] if task in row.gold)
            found[task] = [[counts.most_common(1)[0][0]] * len(self.asked)]
        return found

    def logistic(self) -> Answers:
        """Fit scikit-learn's logistic regression to the sentence vector of the turn."""
        from sklearn.linear_model import LogisticRegression

        def vectors(rows: "Sequence[ContextRow]") -> npt.NDArray[np.float32]:
            return np.stack([self._vector(row.situation.said) for row in rows])

        found = {}
        for task in self.tasks:
            rows = [row for row in self.learnt["turns"] if task in row.gold]
            model = LogisticRegression(max_iter=200)
            model.fit(vectors(rows), [row.gold[task] for row in rows])
            found[task] = [[str(label) for label in model.predict(vectors(self.asked))]]
        return found

    def ngrams(self, name: str, seeds: Sequence[int]) -> Answers:
        """Fit a regression to TF-IDF columns of the turn."""
        return ngrams(name, self.learnt["turns"], self.asked, self.tasks, seeds, self._vector)

    def _vector(self, text: str) -> npt.NDArray[np.float32]:
        width = self._full.width
        row = self._texts.get(text)
        return np.zeros(width, np.float32) if row is None else row[2 * width : 3 * width]

    def variant(self, variant: Variant, seeds: Sequence[int]) -> Answers:
        """Train a variant once per seed, and let each network answer."""
        from tools.training.context import train
        from tools.training.context_fit import Recipe

        rows = self.learnt[variant.unit]
        lesson = self.lesson(variant)
        recipe = Recipe(**{"history": "none", **variant.recipe})
        found: Answers = {task: [] for task in self.learnt_tasks(variant)}
        for seed in seeds:
            extra = self.more if variant.extra else []
            trained = train(rows, lesson, recipe, seed, extra)
            named = answer(trained, self.asked, lesson, recipe.history, gold=variant.oracle)
            for task in found:
                found[task].append(named[task])
        return found

    def lesson(self, variant: Variant) -> "Lesson":
        """Return what a variant learns from, cut out of what was encoded."""
        from tools import weights
        from tools.backends.context_features import Layout
        from tools.backends.context_head import Sizes
        from tools.training.context import labels_of
        from tools.training.context_fit import Lesson

        given = dict(variant.layout)
        layout = Layout(
            layers=given.get("layers", [6]),
            context=given.get("context", 0),
            affect=self.fine if given.get("affect") else [],
            history="history" in variant.recipe,
        )
        width, all_layers = layout.width, self._full.layers
        columns = [
            at
            for layer in layout.layers
            for at in range(all_layers.index(layer) * width, (all_layers.index(layer) + 1) * width)
        ]
        if layout.affect:
            columns += range(self._full.text, self._full.text + len(self.fine))
        texts = {text: row[columns] for text, row in self._texts.items()}
        folder = weights.require("all-minilm-l6-v2") if variant.sizes.get("tuned") else None
        heads = labels_of(self.learnt["turns"], self.learnt_tasks(variant))
        return Lesson(layout, Sizes(**variant.sizes), heads, texts, self.encoder, folder)


def answer(
    trained: "Trained",
    rows: "Sequence[ContextRow]",
    lesson: "Lesson",
    history: str,
    *,
    gold: bool = False,
) -> dict[str, list[str]]:
    """Return what a network names for whole dialogues, turn by turn where it reads history."""
    from tools.training.context_fit import probabilities
    from tools.training.context_rows import with_history, without_history

    if history == "none":
        shown = without_history(rows)
    elif gold:
        shown = [replace(r, situation=replace(r.situation, emotions={})) for r in rows]
    if history == "none" or gold:
        shares = probabilities(trained, shown, lesson)
        return {
            task: [lesson.heads[task][place] for place in share.argmax(1)]
            for task, share in shares.items()
        }
    said: dict[str, Any] = {task: {} for task in lesson.heads}
    named: dict[str, dict[int, str]] = {task: {} for task in lesson.heads}
    for turn in sorted({row.turn for row in rows}):
        at = [place for place, row in enumerate(rows) if row.turn == turn]
        here = with_history([rows[place] for place in at], said)
        for task, labels in lesson.heads.items():  # the emotion first, which plans read
            judged = probabilities(trained, here, lesson)[task]
            for place, row, share in zip(at, here, judged, strict=True):
                said[task][row.place] = dict(zip(labels, share.tolist(), strict=True))
                named[task][place] = labels[int(share.argmax())]
            if task == "user_emotion":
                here = with_history([rows[place] for place in at], said)
    return {task: [by[place] for place in range(len(rows))] for task, by in named.items()}


def emittable(rows: "Sequence[ContextRow]") -> str:
    """Say which share of gold emotions the default sources can emit at all."""
    labels = Counter(row.gold.get("user_emotion", "") for row in rows)
    share = sum(n for label, n in labels.items() if label in EKMAN) / max(1, sum(labels.values()))
    return (
        f"{len(rows)} turns; the default recognisers can emit the gold emotion of {share:.1%} of "
        "them, a head trained on the corpus of all"
    )
