"""Conversations as they are held: in memory, and for those who asked for it in a store."""
