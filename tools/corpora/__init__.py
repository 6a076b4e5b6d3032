"""Corpora that people bring: dialogues with their labels, read from a path; none of them ships."""
