"""Counselling examples: their source file, their store, and which of them a turn is given."""
