"""One seed for everything of chance in a process."""

import random


def plant(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generators; language models take it from torch's.

    Args:
        seed: from 0.
    """
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
