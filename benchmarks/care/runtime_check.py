"""Set what the graph's own check of its plan says beside what judges say."""

from collections.abc import Sequence

from agents.adherence import departs, lacks
from benchmarks.care.judging import Agreement, Labels, agree
from benchmarks.care.runs import Row
from benchmarks.care.scores import by_arm, by_conversation
from tools.sentences import split


def keeps(row: Row, plan: str, earlier: Sequence[str]) -> bool:
    """Say whether the runtime check would let a reply pass under a plan.

    Args:
        row: the reply.
        plan: the strategy it is judged by.
        earlier: the replies before it in its conversation.
    """
    reply = row["reply"]
    broken = any(departs(s, plan, person=row["said"], earlier=earlier) for s in split(reply))
    return not broken and not lacks(reply, plan)


def check_agreement(rows: Sequence[Row], labels: Labels) -> list[Agreement]:
    """Return how well the runtime check agrees with a judge, over all arms and arm by arm.

    In the arms of the graph most of what the check finds was never said, so that there little is
    left on which the two could agree by more than chance; the arms without a plan have both kinds.
    """
    index = {}
    for part in by_arm(rows).values():
        for replies in by_conversation(part).values():
            for number, row in enumerate(replies):
                earlier = [before["reply"] for before in replies[:number]]
                index[row["arm"], row["conversation"], row["turn"]] = (row, earlier)
    found: dict[str, tuple[list[str], list[str]]] = {"all arms": ([], [])}
    for label in labels["lines"].values():
        place = label["places"][0]
        known = index.get((place["arm"], place["conversation"], place["turn"]))
        if known is None:
            continue
        ours = str(keeps(known[0], place["target"], known[1]))
        for name in ("all arms", place["arm"]):
            columns = found.setdefault(name, ([], []))
            columns[0].append(ours)
            columns[1].append(str(label["given"]["follows"]))
    return [agree(name, *columns) for name, columns in found.items() if columns[0]]
