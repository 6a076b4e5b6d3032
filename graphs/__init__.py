"""Topology: graph files, their checker and compiler, and what runs them."""

import os

from tools.quiet import hush

hush()

# Before LangGraph is imported: only plain values may come back out of a checkpoint.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
