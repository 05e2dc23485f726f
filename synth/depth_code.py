"""Depth in metres <-> the codes that are stored, as the array attribute `encoding` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FAR_CHOICES_M = (10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True)
class LogDepth:
    """Depth on uint8: code 0 unknown, code q in 1..255 is near·(far/near)^((q−1)/254) metres.

    From 0.1 to 10 m the relative error is at most 0.91 %. What is nearer than `near_m` or farther than `far_m` gets
    the code of that end.
    """

    near_m: float = 0.1
    far_m: float = 10.0

    @classmethod
    def covering(cls, farthest_m: float) -> LogDepth:
        """Return the code with the nearest `far_m` of 10, 20, 50 and 100 m that covers `farthest_m`."""
        return cls(far_m=next((far for far in _FAR_CHOICES_M if far >= farthest_m), _FAR_CHOICES_M[-1]))

    @classmethod
    def from_attributes(cls, encoding: dict[str, Any]) -> LogDepth:
        """Read the array attribute `encoding`; raise ValueError where it is of another kind."""
        if encoding.get("kind") != "log":
            raise ValueError(f"depth encoding {encoding.get('kind')!r} is not known to this bgfg; it knows 'log'")
        return cls(encoding["near_m"], encoding["far_m"])

    def attributes(self) -> dict[str, Any]:
        """Return the array attribute `encoding`."""
        return {"kind": "log", "near_m": self.near_m, "far_m": self.far_m}

    def values_m(self) -> NDArray[np.float64]:
        """Return the metres of each code, (256,) float64; 0 for code 0, unknown."""
        steps = np.arange(255) / 254
        return np.concatenate([[0.0], self.near_m * (self.far_m / self.near_m) ** steps])

    def encode(self, depth_m: NDArray) -> NDArray[np.uint8]:
        """Return the codes of metres of any shape; 0 and what isn't finite or positive is unknown, code 0."""
        known = np.isfinite(depth_m) & (depth_m > 0)
        metres = np.clip(np.where(known, depth_m, self.near_m), self.near_m, self.far_m)
        steps = np.log(metres / self.near_m) / np.log(self.far_m / self.near_m) * 254
        return np.where(known, np.round(steps) + 1, 0).astype(np.uint8)

    def decode(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the metres of codes of any shape, float32; 0 is unknown."""
        return self.values_m().astype(np.float32)[codes]
