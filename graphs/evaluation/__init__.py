"""Run a graph over a corpus, score every step, and compare what runs came to."""
