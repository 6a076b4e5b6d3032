"""One seed for all chance: of each request by what is asked, and of a process as a whole."""

import hashlib
import random

_BYTES = 4
"""Of a derived seed: as many as every generator takes."""


def derive(seed: int, *asked: object) -> int:
    """Return the seed of one request: the same in every process for the same things asked.

    Args:
        seed: of the run.
        asked: whatever tells this request from the others, e.g. the turn and what was said; each
            counts as the text that `repr` makes of it.

    Returns:
        A number from 0 that fits in 32 bits.
    """
    found = hashlib.sha256(repr((seed, *asked)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(found[:_BYTES])


def set_seed(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generators, for whatever takes no seed of its own.

    Language models do not draw from them: each request brings its seed (`ChatRequest.seed`).

    Args:
        seed: from 0.
    """
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
