"""Topology: graph files, their checker and compiler, and what runs them."""
