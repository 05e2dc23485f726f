"""The errors of matting benchmarks, slow and by their definitions, pixel by pixel."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def sad(found: NDArray, true: NDArray) -> float:
    return sum(abs(float(a) - float(b)) for a, b in zip(found.flat, true.flat, strict=True)) / 1000


def mse(found: NDArray, true: NDArray) -> float:
    return 1000 * sum((float(a) - float(b)) ** 2 for a, b in zip(found.flat, true.flat, strict=True)) / true.size


def grad(found: NDArray, true: NDArray, sigma: float = 1.4) -> float:
    """Squared difference of gradient magnitudes; the kernel is written out in two dimensions, as in the original."""
    half = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * 1e-2)))
    size = 2 * half + 1
    kernel = np.zeros((size, size))
    for row in range(size):
        for column in range(size):
            kernel[row, column] = _gauss(row - half, sigma) * _slope(column - half, sigma)
    kernel /= math.sqrt((kernel**2).sum())
    total = 0.0
    magnitudes = [_magnitudes(alpha, kernel, half) for alpha in (found, true)]
    for a, b in zip(magnitudes[0].flat, magnitudes[1].flat, strict=True):
        total += (a - b) ** 2
    return total / 1000


def _gauss(x: float, sigma: float) -> float:
    return math.exp(-(x**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))


def _slope(x: float, sigma: float) -> float:
    return -x * _gauss(x, sigma) / sigma**2


def _magnitudes(alpha: NDArray, kernel: NDArray, half: int) -> NDArray:
    height, width = alpha.shape
    found = np.zeros(alpha.shape)
    for y in range(height):
        for x in range(width):
            across = down = 0.0
            for dy in range(-half, half + 1):
                for dx in range(-half, half + 1):
                    value = float(alpha[min(max(y + dy, 0), height - 1), min(max(x + dx, 0), width - 1)])
                    across += kernel[dy + half, dx + half] * value
                    down += kernel[dx + half, dy + half] * value
            found[y, x] = math.hypot(across, down)
    return found


def conn(found: NDArray, true: NDArray) -> float:
    """Difference in connectedness: by flooding at each of ten thresholds."""
    thresholds = [i / 10 for i in range(11)]
    level = np.full(true.shape, -1.0)
    for below, threshold in pairwise(thresholds):
        both = (found >= np.float32(threshold) - 1e-6) & (true >= np.float32(threshold) - 1e-6)
        part = _largest(both)
        for place in np.ndindex(true.shape):
            if level[place] == -1 and place not in part:
                level[place] = below
    total: float = 0.0
    for place in np.ndindex(true.shape):
        own = 1.0 if level[place] == -1 else float(level[place])
        connected = [1 - (a - own) * (a - own >= 0.15) for a in (float(found[place]), float(true[place]))]
        total += abs(connected[0] - connected[1])
    return total / 1000


def _largest(mask: NDArray) -> set[tuple[int, ...]]:
    """Return the places of the largest part of a mask whose pixels touch by their sides."""
    left = {place for place in np.ndindex(mask.shape) if mask[place]}
    largest: set[tuple[int, ...]] = set()
    while left:
        pending = [min(left)]
        left.remove(pending[0])
        part = set(pending)
        while pending:
            y, x = pending.pop()
            for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if near in left:
                    left.remove(near)
                    part.add(near)
                    pending.append(near)
        if len(part) > len(largest):
            largest = part
    return largest
