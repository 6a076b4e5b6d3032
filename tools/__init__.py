"""Leaf layer: labels, records, models, weights, media, examples and safety policy."""

import os

from tools.quiet import hush

# Before torch is imported. Several small models share few cores: threads that wait by spinning
# take from one another (measured: the text encoder's 90th percentile 207 ms, and 25 ms without).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

hush()
