"""The colours of the chat page, for a page without Gradio."""

import re

_COLOURS = re.compile(r"^:root \{\n(?P<day>.*?)^\}.*?^\.dark \{\n(?P<night>.*?)^\}", re.M | re.S)


def colours(style: str) -> str:
    """Return the colours as a style sheet that follows the browser's choice of day or night.

    Args:
        style: `ui/style.css`.
    """
    found = _COLOURS.search(style)
    assert found is not None  # a test looks
    return (
        f":root {{\n{found['day']}}}\n@media (prefers-color-scheme: dark) {{\n"
        f":root {{\n{found['night']}}}\n}}\n"
    )
