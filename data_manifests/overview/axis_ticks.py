"""Round numbers along an axis."""

from __future__ import annotations

import math

_TICKS = 5


def axis_ticks(low: float, high: float, count: int = _TICKS) -> list[float]:
    """Return round numbers, 1, 2 or 5 times a power of ten apart (Heckbert, "Nice numbers for graph labels", 1990).

    Args:
        low: The first number is at most this.
        high: The last number is at least this.
        count: About how many numbers there are.
    """
    span = (high - low) or abs(high) or 1.0
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next((nice for nice in (1, 2, 5) if rough <= nice * power * (1 + 1e-9)), 10)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, max(last, first + 1) + 1)]
