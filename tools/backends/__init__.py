"""Model backends: each is imported only through the registry in `tools.models`."""
