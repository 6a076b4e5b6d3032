"""Training commands for the weights that ship."""
