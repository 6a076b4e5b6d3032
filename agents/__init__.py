"""Nodes: one product a file, plus the state and the context they share."""
