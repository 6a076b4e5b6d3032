"""Topology: graph files, their checker and compiler, and what runs them."""

import os

# Before LangGraph is imported: only plain values may come back out of a checkpoint, and nothing
# is sent to a tracing service unless a person asks for it.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ.setdefault("LANGSMITH_TRACING", "false")
