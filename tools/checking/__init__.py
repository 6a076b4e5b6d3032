"""The contract test of a model, and the card that is printed of it."""
