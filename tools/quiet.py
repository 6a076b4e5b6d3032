"""Libraries that report what they do: all of them are told not to, before they are imported."""

import os

TRACING = "ATTUNE_TRACING"
"""Set to `langsmith`, it lets LangSmith's own settings decide; every message goes there then."""

_OFF = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",  # Chroma
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
}
_TRACING_OFF = (
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING_V2",
    "LANGSMITH_TRACING",
    "LANGCHAIN_TRACING",
)


def hush() -> None:
    """Switch reports and traces off, also where the shell switches them on for other programs."""
    os.environ.update(_OFF)
    if os.environ.get(TRACING, "").strip().lower() != "langsmith":
        os.environ.update(dict.fromkeys(_TRACING_OFF, "false"))
