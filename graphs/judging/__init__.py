"""Replies of runs before a judge: `python -m graphs judge`."""
