"""The blind human-rating page: people say which of two replies is better, and never whose it is."""
