"""Make a graph and a corpus ready to be run over: everything but the running."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.context import Kit, Services
from agents.respond import RespondOptions, briefing
from agents.state import ConversationState
from graphs.evaluation.altering import altered
from graphs.evaluation.asking import Asking
from graphs.evaluation.bench import bench
from graphs.evaluation.items import Item, draw, read_items
from graphs.evaluation.labels import LabelSpace
from graphs.evaluation.manifest import describe
from graphs.evaluation.running import HISTORIES, History, Likelihood, Mode, Setup
from graphs.services import assemble
from graphs.shelf import Shelf, Version
from graphs.spec import find_graph, read_graph
from graphs.warm import warm
from tools.chat import ChatRequest
from tools.corpora.library import find_corpus
from tools.errors import ConfigError, DataError, UnknownName
from tools.metrics.extra import package
from tools.models import read_models
from tools.seeds import set_seed

TALKING = 8
"""Replies that are written at once: a language model on a CPU gains nothing from more."""

READING = 32
"""Dialogues that run at once where no reply is written: a full batch of the encoder."""


_TEXTS = 512
"""Texts whose states the encoder keeps: every node of a turn reads the same few, and the turns that
run side by side would push them out of a smaller store."""


@dataclass(frozen=True)
class Prepared:
    """A graph and the items that it is to be run over.

    Attributes:
        items: those drawn, in the order of the corpus.
        setup: how they are run; it holds the models, which whoever prepared closes.
        version: what is measured, to be warmed.
        manifest: everything that decides the predictions.
        idle: models of the researcher's own file that no node uses.
    """

    items: list[Item]
    setup: Setup
    version: Version
    manifest: dict[str, Any]
    idle: tuple[str, ...] = ()

    async def warm(self) -> list[str]:
        """Load the models that the items need, and return what failed to load."""
        bodies = any(item.media for item in self.items)
        models = self.setup.services.models
        notices = await warm(self.setup.services, self.version, bodies=bodies)
        embedder = models.bound("embed")
        if embedder and (keep := getattr(models.backend(embedder.name), "keep", None)):
            keep(_TEXTS)
        return [notice.reason for notice in notices]


def prepare(asking: Asking) -> Prepared:
    """Read the corpus, check and build the graph, and bind its models.

    Raises:
        AttuneError: the graph, the corpus or a model cannot be used.
    """
    require_measures(asking)
    corpus, place = find_corpus(asking.data)
    split = asking.split or corpus.validation or corpus.splits[0]
    space = LabelSpace(corpus)
    whole = read_items(corpus, place, split, asking.unit, part=asking.part)
    items = draw(whole, asking.limit, asking.seed)
    set_seed(asking.seed)
    services = assemble(asking.profile, models=asking.models, recorded=False, seed=asking.seed)
    try:
        spec = altered(read_graph(find_graph(asking.graph)), asking.swap, asking.drop)
        version = Shelf(services).compile(spec)  # what could answer nobody is not measured
        services = replace(services, unmasked=True)
        made = bench(spec, services, reply=asking.reply)
        if not set(made.steps) & set(corpus.steps):
            raise DataError(
                f"{corpus.title} has gold labels for none of the steps that are scored here "
                f"({', '.join(made.steps)}); it has them for {', '.join(corpus.steps)}"
            )
        mode = Mode.parse(asking.mode, made.steps)
        require_given(mode, items, space)
        history = _history(asking.history, mode)
        at_once = asking.at_once or (TALKING if asking.reply else READING)
        settings = {
            "corpus": corpus.name,
            "licence": corpus.licence,
            "split": split,
            "of": len(whole),
            "unit": asking.unit,
            "mode": mode.name,
            "history": history,
            "swap": dict(asking.swap),
            "drop": list(asking.drop),
            "limit": asking.limit,
            "seed": asking.seed,
            "perplexity": asking.perplexity,
            "part": asking.part,
            "at_once": at_once,
        }
        setup = Setup(
            bench=made,
            space=space,
            services=services,
            mode=mode,
            history=history,
            likelihood=_likelihood(asking, made.kits, services),
            at_once=at_once,
        )
        return Prepared(
            items,
            setup,
            replace(version, spec=made.spec),
            describe(made, services, items, settings),
            _idle(asking, made.kits, services),
        )
    except BaseException:
        services.models.close()
        raise


def require_given(mode: Mode, items: Sequence[Item], space: LabelSpace) -> None:
    """Refuse a mode that would give nothing to any item, and so measure something else.

    Raises:
        DataError: no item has what is to be given.
    """
    if mode.given and not any(mode.told(item, space) for item in items):
        raise DataError(
            f"no item has a gold label that could be given in the mode {mode.name!r}; "
            f"choose another mode, or a corpus that labels {', '.join(sorted(mode.given))}"
        )


def _idle(asking: Asking, kits: Mapping[str, Kit], services: Services) -> tuple[str, ...]:
    """Return the models of the researcher's file where the graph uses none of them."""
    if asking.models is None:
        return ()
    own = read_models(asking.models).models
    bound = [kit.model.name for kit in kits.values() if kit.model is not None]
    used = {*bound, *(part for name in bound for part in services.models.parts(name))}
    return () if used & own.keys() else tuple(own)


def _history(asked: str, mode: Mode) -> History:
    for known in HISTORIES:
        if asked == known:
            return known
    if asked:
        raise UnknownName("history", asked, HISTORIES)
    return "gold" if mode.name == "gold" else "predicted"


def require_measures(asking: Asking) -> None:
    """Look for the packages that the scores will need, before hours are spent on predictions.

    Raises:
        ConfigError: one is not installed.
    """
    if asking.reply:
        for module, distribution in (
            ("sacrebleu", "sacrebleu"), ("nltk", "nltk"), ("rouge_score", "rouge-score"),
            *([("bert_score", "bert-score")] if asking.further.bert else []),
        ):  # fmt: skip
            package(module, distribution, "scoring replies")


def _likelihood(asking: Asking, kits: Mapping[str, Kit], services: Services) -> Likelihood | None:
    """Return what scores a reference by the responder's model; None where nobody asked.

    Raises:
        ConfigError: nothing is written, or the model tells no log-probabilities.
    """
    if not asking.perplexity:
        return None
    kit = next((kit for kit in kits.values() if isinstance(kit.options, RespondOptions)), None)
    if kit is None or kit.model is None:
        raise ConfigError("perplexity is that of the responder; leave out --labels")
    scores = getattr(services.models.backend(kit.model.name), "likelihood", None)
    if scores is None:
        raise ConfigError(
            f"the model {kit.model.name!r} tells no log-probabilities of a given text; leave out "
            "--perplexity, or bind a local model"
        )
    one_by_one = asyncio.Lock()

    async def likelihood(state: ConversationState, reference: str) -> list[float]:
        request = ChatRequest(messages=briefing(state, kit))
        async with one_by_one:
            found = await asyncio.to_thread(scores, request, reference)
        return [round(float(value), 4) for value in found]

    return likelihood
