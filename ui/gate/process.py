"""What the program gives up at its start, so that nothing of a person leaks from its memory."""

import os


def close_off() -> None:
    """Let no crash write memory to a disk, and make every new file readable by its owner alone."""
    os.umask(0o077)
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
