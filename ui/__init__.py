"""People: the chat page."""
