"""Conversion between depth and the codes that are stored, by the array attribute `encoding`; code 0 is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.json_form import Form, is_distance_m, misfit

# What an encoding says, by its kind.
_FORMS: Mapping[str, Form] = {
    "log": {"near_m": is_distance_m, "far_m": is_distance_m},
    "linear": {"scale_m": is_distance_m, "bits?": int},
    "relative": {"lowest": float, "highest": float, "bits": int},
}

_FAR_CHOICES_M = (10.0, 20.0, 50.0, 100.0)


class DepthCode(Protocol):
    """A coding of depth: codes of `bits` bits, from `near_m` to `far_m` metres (or, without a unit, levels)."""

    @property
    def bits(self) -> int:
        """Bits of a code, 8 or 16."""

    @property
    def near_m(self) -> float:
        """Metres of the nearest code."""

    @property
    def far_m(self) -> float:
        """Metres of the farthest code."""

    @property
    def resolution(self) -> float:
        """Relative step from one code to the next; 0 where it is finer than what depth is known by."""

    def attributes(self) -> dict[str, Any]:
        """Return the array attribute `encoding`."""

    def values_m(self) -> NDArray[np.float64]:
        """Return the metres of each code, (2^bits,) float64; 0 for code 0, unknown."""

    def encode(self, depth_m: NDArray) -> NDArray[Any]:
        """Return the codes, uint8 or uint16, of metres of any shape; 0 for what is unknown."""

    def decode(self, codes: NDArray) -> NDArray[np.float32]:
        """Return the metres of codes of any shape, float32; 0 is unknown."""


@dataclass(frozen=True)
class LogDepth:
    """Depth on uint8: code 0 unknown, code q in 1..255 is near·(far/near)^((q−1)/254) metres.

    From 0.1 to 10 m the relative error is at most 0.91 %. What is nearer than `near_m` or farther than `far_m` gets the
    code of that end.

    Attributes:
        near_m: Metres of code 1.
        far_m: Metres of code 255.
        bits: 8.
    """

    near_m: float = 0.1
    far_m: float = 10.0
    bits = 8

    @property
    def resolution(self) -> float:
        """Relative step from one code to the next."""
        return float((self.far_m / self.near_m) ** (1 / 254) - 1)

    @classmethod
    def covering(cls, farthest_m: float) -> LogDepth:
        """Return the code with the nearest `far_m` of 10, 20, 50 and 100 m that covers `farthest_m`."""
        return cls(far_m=next((far for far in _FAR_CHOICES_M if far >= farthest_m), _FAR_CHOICES_M[-1]))

    @classmethod
    def from_attributes(cls, encoding: Mapping[str, Any]) -> LogDepth:
        """Read the array attribute `encoding`.

        Raises:
            ValueError: The encoding is of another kind.
        """
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


@dataclass(frozen=True)
class LinearDepth:
    """Depth of even steps: code 0 unknown, else code times `scale_m` metres; what is beyond gets the code of that end.

    Attributes:
        scale_m: Metres of one unit of the codes.
        bits: 16; or 8, as maps have them that were imported.
    """

    scale_m: float = 0.001
    bits: int = 16
    resolution = 0.0

    def __post_init__(self) -> None:
        if self.bits not in (8, 16):
            raise ValueError(f"linear depth of {self.bits} bits")

    @property
    def near_m(self) -> float:
        """Metres of code 1."""
        return self.scale_m

    @property
    def far_m(self) -> float:
        """Metres of the last code."""
        return float((2**self.bits - 1) * self.scale_m)

    def attributes(self) -> dict[str, Any]:
        """Return the array attribute `encoding`; bits are 16 where it says none."""
        bits = {} if self.bits == 16 else {"bits": self.bits}
        return {"kind": "linear", "scale_m": self.scale_m, **bits}

    def values_m(self) -> NDArray[np.float64]:
        """Return the metres of each code, (2^bits,) float64; 0 for code 0, unknown."""
        return np.arange(2**self.bits, dtype=np.float64) * np.float64(self.scale_m)

    def encode(self, depth_m: NDArray) -> NDArray[Any]:
        """Return the codes of metres of any shape; 0 and what isn't finite or positive is unknown, code 0."""
        known = np.isfinite(depth_m) & (depth_m > 0)
        steps = np.round(np.where(known, depth_m, 1.0) / self.scale_m)
        codes = np.where(known, np.clip(steps, 1, 2**self.bits - 1), 0)
        return codes.astype(np.uint8 if self.bits == 8 else np.uint16)

    def decode(self, codes: NDArray) -> NDArray[np.float32]:
        """Return the metres of codes of any shape, float32; 0 is unknown."""
        return codes.astype(np.float32) * np.float32(self.scale_m)


@dataclass(frozen=True)
class RelativeDepth:
    """Depth without a unit, larger is farther, on one scale for the whole corpus.

    Code 1 is the inverse depth `highest` (near), the last code `lowest` (far), evenly spaced between them. Where other
    codes have metres this one has the code itself.

    Attributes:
        lowest: Inverse depth of the last code, the farthest.
        highest: Inverse depth of code 1, the nearest.
        bits: 8 or 16.
        near_m: 1.0, the nearest code itself.
    """

    lowest: float
    highest: float
    bits: int = 8

    def __post_init__(self) -> None:
        if self.bits not in (8, 16) or not self.lowest < self.highest:
            raise ValueError(f"relative depth of {self.bits} bits from {self.lowest} to {self.highest}")

    near_m = 1.0
    resolution = 0.0

    @property
    def far_m(self) -> float:
        """The farthest code itself."""
        return float(2**self.bits - 1)

    def attributes(self) -> dict[str, Any]:
        """Return the array attribute `encoding`."""
        return {"kind": "relative", "of": "inverse depth", "lowest": self.lowest, "highest": self.highest,
                "bits": self.bits}  # fmt: skip

    def values_m(self) -> NDArray[np.float64]:
        """Return each code as a number; 0 unknown."""
        return np.arange(2**self.bits, dtype=np.float64)

    def encode(self, inverse_depth: NDArray) -> NDArray[Any]:
        """Return the codes of inverse depths of any shape; what isn't finite is unknown, code 0."""
        known = np.isfinite(inverse_depth)
        share = (self.highest - np.where(known, inverse_depth, self.lowest)) / (self.highest - self.lowest)
        steps = np.round(np.clip(share, 0, 1) * (2**self.bits - 2)) + 1
        return np.where(known, steps, 0).astype(np.uint8 if self.bits == 8 else np.uint16)

    def decode(self, codes: NDArray) -> NDArray[np.float32]:
        """Return codes of any shape as float32; 0 is unknown."""
        return codes.astype(np.float32)


def depth_code(encoding: Mapping[str, Any]) -> DepthCode:
    """Return the coding that the array attribute `encoding` describes.

    Raises:
        ValueError: The kind isn't known, or a value is missing or makes no sense.
    """
    kind = encoding.get("kind")
    if isinstance(kind, str) and (fault := misfit(encoding, _FORMS.get(kind, {}), "encoding")):
        raise ValueError(fault)
    match kind:
        case "linear":
            return LinearDepth(encoding["scale_m"], encoding.get("bits", 16))
        case "relative":
            return RelativeDepth(encoding["lowest"], encoding["highest"], encoding["bits"])
        case _:
            return LogDepth.from_attributes(encoding)
