"""Measures of what a dialogue system writes, each under its exact name."""
