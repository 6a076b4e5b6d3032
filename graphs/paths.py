"""Which nodes of a graph can be reached from which, when some are taken out."""

from collections.abc import Iterable

from agents.library import NODES
from agents.node import Duty, Node
from agents.screen import ScreenOptions
from graphs.spec import END, START, GraphSpec


class Paths:
    """The arrows as a graph, with the library's node behind every name."""

    def __init__(self, spec: GraphSpec) -> None:
        self.spec = spec
        self.nodes: dict[str, Node] = {name: NODES[spec.used(name)] for name in spec.nodes}
        # Imported here: a fifth of the time that importing this module would take.
        import networkx

        self._nx = networkx
        self.arrows: networkx.DiGraph[str] = networkx.DiGraph(spec.arrows())
        self.arrows.add_nodes_from([START, END, *spec.nodes])

    def of(self, duty: Duty) -> set[str]:
        """Return the names of the nodes with this duty."""
        return {name for name, node in self.nodes.items() if node.duty == duty}

    def screens(self, of: str) -> set[str]:
        """Return the screens of typed `words` or of what was `heard`."""
        return {name for name in self.of("screen") if _screens(self.spec.nodes[name].options) == of}

    def reach(self, start: str, *, without: Iterable[str] = ()) -> set[str]:
        """Return what can be reached from `start` when some nodes are taken out."""
        gone = set(without)
        if start in gone:
            return set()
        left = self.arrows.subgraph([n for n in self.arrows if n not in gone])
        return set(self._nx.descendants(left, start))

    def rounds(self, *, without: Iterable[str]) -> list[list[str]]:
        """Return the ways to go round when some nodes are taken out."""
        gone = set(without)
        left = self.arrows.subgraph([n for n in self.arrows if n not in gone])
        return list(self._nx.simple_cycles(left))


def _screens(options: dict[str, object]) -> object:
    return options.get("of", ScreenOptions().of)
