"""Round numbers along an axis, and numbers as people read them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

_TICKS = 5

# Steps of fewer units in the last place would make neighbours equal, or not round to a hundredth of a step.
_LEAST_ULPS = 256

_LARGEST = sys.float_info.max

# Digits of a number that isn't large, and as many as say any double.
_DIGITS, _ALL_DIGITS = 3, 17

# From here on not every whole number is a double: digits would be made up.
_TOO_LARGE_TO_COUNT = 1e15


def axis_ticks(low: float, high: float, count: int = _TICKS) -> list[float]:
    """Return round numbers, 1, 2 or 5 times a power of ten apart (Heckbert, "Nice numbers for graph labels", 1990).

    However near to each other the ends are, the numbers ascend: they are so far apart that doubles of their size tell
    them apart. Where a round number would be beyond all doubles, the largest one takes its place.

    Args:
        low: The first number is at most this, but for a hair.
        high: The last number is at least this, but for a hair; at least `low`.
        count: About how many numbers there are, at most.
    """
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    size = max(abs(low), abs(high))
    rough = (high / count - low / count) or (size or 1.0) / count
    rough = min(max(rough, _LEAST_ULPS * math.ulp(size), sys.float_info.min), _LARGEST / 2)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next((nice for nice in (1, 2, 5) if rough <= nice * power * (1 + 1e-9)), 10)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [min(max(i * step, -_LARGEST), _LARGEST) for i in range(first, max(last, first + 1) + 1)]


def tick_texts(ticks: Sequence[float]) -> list[str]:
    """Return evenly spaced numbers as people read them: with as few digits as say each to a hundredth of a step."""
    hair = (ticks[1] / 2 - ticks[0] / 2) / 50
    for digits in range(_DIGITS, _ALL_DIGITS):
        texts = [number(tick, digits) for tick in ticks]
        if all(abs(float(text.replace(",", "")) - tick) <= hair for text, tick in zip(texts, ticks, strict=True)):
            return texts
    return [number(tick, _ALL_DIGITS) for tick in ticks]


def number(value: float, digits: int = _DIGITS) -> str:
    """Return a number as people read it: some digits of what is small, all whole ones of what is large."""
    if not math.isfinite(value):
        return "unknown"
    whole = len(f"{abs(value):.0f}") if abs(value) < _TOO_LARGE_TO_COUNT else 1
    return f"{value:,.{max(digits, whole)}g}"
