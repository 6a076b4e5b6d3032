"""Leaf layer: labels, records, models, weights, media, examples and safety policy."""
