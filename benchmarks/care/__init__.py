"""Measure whether the answers are worth reading: `python -m benchmarks care`."""
