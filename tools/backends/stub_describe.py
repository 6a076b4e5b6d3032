"""A fake of the task `describe`: it says the same of every clip."""

from collections.abc import Sequence

from tools.backends.options import read_options
from tools.backends.stub import Options as StubOptions
from tools.models import Loading
from tools.scene import Scene


class DescribeOptions(StubOptions):
    """Options of `stub-describe`.

    Attributes:
        text: the description.
    """

    text: str = "They seem tired, and they look down while they talk."


class StubDescriber:
    """Describes no picture."""

    def __init__(self, options: DescribeOptions) -> None:
        """Say what the options say."""
        self._options = options

    def predict(self, items: Sequence[Scene], /) -> list[str]:
        """Return one description per clip."""
        self._options.obey()
        return [self._options.text for _ in items]


def load(loading: Loading) -> StubDescriber:
    """Make the fake."""
    return StubDescriber(read_options(DescribeOptions, loading))
