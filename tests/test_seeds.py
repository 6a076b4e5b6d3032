"""Seeds of requests: the same everywhere for the same things asked, and another for others."""

import random

import numpy as np
import torch

from tools.seeds import derive, set_seed


def test_a_seed_is_the_same_in_every_process() -> None:
    assert derive(0, 1, "I keep waiting.") == 2063582072


def test_whatever_is_asked_and_the_seed_of_the_run_decide() -> None:
    asked = [(0, 1, "ab"), (1, 1, "ab"), (0, 2, "ab"), (0, 1, "abc"), (0, 1, "a", "b"), (0, "1ab")]
    assert len({derive(*each) for each in asked}) == len(asked)


def test_every_generator_takes_it() -> None:
    found = [derive(0, number) for number in range(200)]
    assert all(0 <= seed < 2**32 for seed in found) and max(found) > 2**31


def test_words_that_cannot_be_written_have_one_too() -> None:
    assert derive(0, "\ud800") != derive(0, "\ud801")


def test_the_generators_of_the_process_are_seeded() -> None:
    def drawn() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), float(torch.rand(1))

    found = []
    for seed in (3, 3, 4):
        set_seed(seed)
        found.append(drawn())
    assert found[0] == found[1] and not set(found[0]) & set(found[2])
