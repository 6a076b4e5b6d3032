"""How far two outputs of a model are apart, whatever its task."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Real

import numpy as np

_UNEQUAL = math.inf

_FREE = frozenset({"note", "rule"})
"""Fields that are prose for people, with numbers rounded in it."""


def gap(one: object, other: object) -> float:
    """Return the largest difference between two numbers that stand at the same place.

    Infinity where anything else differs: a label, a word, a length, a kind of value.
    """
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return _array_gap(one, other)
    if is_dataclass(one) and type(one) is type(other):
        names = [field.name for field in fields(one) if field.name not in _FREE]
        return _largest([gap(getattr(one, name), getattr(other, name)) for name in names])
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = {*one, *other} - _FREE
        if set(one) != set(other):
            return _UNEQUAL
        return _largest([gap(one[key], other[key]) for key in keys])
    if isinstance(one, str) or isinstance(other, str):
        return 0.0 if one == other else _UNEQUAL
    if isinstance(one, Real) and isinstance(other, Real):
        both_nan = math.isnan(one) and math.isnan(other)
        return 0.0 if both_nan or one == other else abs(float(one) - float(other))
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        if len(one) != len(other):
            return _UNEQUAL
        return _largest([gap(*pair) for pair in zip(one, other, strict=True)])
    return 0.0 if one == other else _UNEQUAL


def _array_gap(one: "np.ndarray", other: "np.ndarray") -> float:
    if one.shape != other.shape:
        return _UNEQUAL
    apart = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return float(np.nan_to_num(apart, nan=0.0).max(initial=0.0))


def _largest(gaps: Sequence[float]) -> float:
    return max(gaps, default=0.0)
