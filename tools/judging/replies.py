"""The replies that are judged, side by side for each message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.errors import ConfigError, DataError
from tools.records import EarlierTurn


@dataclass(frozen=True)
class Asked:
    """A message that runs reply to.

    Attributes:
        id: the item's, unique in its corpus and split.
        dialogue: what it belongs to; intervals are drawn over dialogues.
        before: what was said before, the oldest first.
        said: the person's message.
    """

    id: str
    dialogue: str
    before: tuple[EarlierTurn, ...]
    said: str


@dataclass(frozen=True)
class Replied:
    """A message and what each run replied.

    Attributes:
        asked: the message.
        replies: the reply by name of the run; empty where the run has none.
    """

    asked: Asked
    replies: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """The replies of one run by id of the item.

    Attributes:
        name: the name by which tables and ratings call it.
        asked: its messages, in order.
        replies: what it replied; a message without a reply is absent or empty.
    """

    name: str
    asked: Sequence[Asked]
    replies: Mapping[str, str]


def side_by_side(runs: Sequence[Run], *, limit: int = 0, seed: int = 0) -> list[Replied]:
    """Return the messages that every run was asked, with all replies, in the order of the first.

    Args:
        runs: at least one.
        limit: how many messages are drawn at most; 0 for all.
        seed: decides the draw.

    Raises:
        ConfigError: two runs have one name, or share no message, or none of them replies.
        DataError: an item is not the same message in two runs.
    """
    names = [run.name for run in runs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"two runs are called {twice[0]!r}; rename the folder of one")
    by_id = [{asked.id: asked for asked in run.asked} for run in runs]
    shared = [one for one in runs[0].asked if all(one.id in found for found in by_id)]
    for one in shared:
        if any(found[one.id] != one for found in by_id):
            raise DataError(
                f"the item {one.id!r} is not the same message in {' and '.join(map(repr, names))}; "
                "judge runs of the same corpus, split and unit"
            )
    if not any(run.replies.get(one.id, "").strip() for run in runs for one in shared):
        raise ConfigError(
            f"there is no reply to judge in {' and '.join(map(repr, names))}; give runs of the "
            "same items that wrote replies"
        )
    if limit and limit < len(shared):
        chosen = np.random.default_rng(seed).choice(len(shared), limit, replace=False)
        shared = [shared[place] for place in sorted(chosen)]
    return [
        Replied(one, {run.name: run.replies.get(one.id, "").strip() for run in runs})
        for one in shared
    ]
