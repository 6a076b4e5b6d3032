"""How the strategies of the corpora stand to Attune's ten; see `tools/data/strategies.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from tools.errors import ConfigError
from tools.labels import Stage, Strategy
from tools.yaml_file import read_yaml

FILE = Path(__file__).parents[1] / "data" / "strategies.yaml"

_OTHERS = ("esconv", "escot", "annomi")
"""Corpora whose labels are not the ten, which are MESC's."""


class OwnStrategy(BaseModel, extra="forbid"):
    """One of the ten, and its nearest label in each corpus."""

    does: str
    stage: Stage
    esconv: str
    escot: str
    annomi: str
    why: str = ""


class OtherStrategy(BaseModel, extra="forbid"):
    """A corpus's own label, and which of the ten it is taken for."""

    is_: Strategy
    why: str = ""

    model_config = {"alias_generator": lambda name: name.rstrip("_")}


class StrategyTable(BaseModel, extra="forbid"):
    """The whole table, in both directions."""

    strategies: dict[Strategy, OwnStrategy]
    corpora: dict[str, dict[str, OtherStrategy]]


@cache
def strategy_table() -> StrategyTable:
    """Return the table.

    Raises:
        ConfigError: the file is wrong, lacks one of the ten, or names a label that no corpus has.
    """
    table = read_yaml(FILE, StrategyTable, "strategy table")
    if lacking := set(Strategy) - set(table.strategies):
        raise ConfigError(f"the strategy table lacks {', '.join(sorted(lacking))}; add them")
    for corpus in _OTHERS:
        named = {getattr(own, corpus) for own in table.strategies.values()}
        if unknown := named - set(table.corpora.get(corpus, ())):
            raise ConfigError(
                f"the strategy table names {sorted(unknown)} of {corpus}, which does not stand "
                "under its labels; add it there"
            )
    return table


@cache
def taken_for(corpus: str) -> Mapping[str, str]:
    """Return which of the ten each label of a corpus, in small letters, is taken for.

    Empty for a corpus that labels no strategies.
    """
    table = strategy_table().corpora.get(corpus, {})
    return {label.casefold(): other.is_.value for label, other in table.items()}


def nearest(strategy: str, corpus: str) -> str:
    """Return the label of a corpus that is nearest to one of the ten; else that one itself."""
    if corpus not in _OTHERS:
        return strategy
    label: str = getattr(strategy_table().strategies[Strategy(strategy)], corpus)
    return label


def stage_of(strategy: str) -> str:
    """Return the stage that one of the ten belongs to most."""
    return strategy_table().strategies[Strategy(strategy)].stage.value
