"""How imported depth maps are stored: their values as they are, with what they mean as the coding of the array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.digest import IMPORTED
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.imports.depth_direction import grows_with_nearness
from bgfg.data_manifests.imports.foreign_set import ForeignSample
from bgfg.data_manifests.imports.source_files import SourceFiles
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.synth.importing.frame import read_alpha, read_values
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.store.depth_code import DepthCode, LinearDepth, RelativeDepth

# Maps that are looked at for what all of them mean.
_PROBES = 64
_MILLIMETRE_M = 0.001


@dataclass(frozen=True)
class DepthCoding:
    """How the values of depth maps become codes. 0 is unknown, in maps as in codes.

    Attributes:
        bits: Bits of the values, 8 or 16.
        scale_m: Metres of one unit; None where there is no unit.
        inverse: Whether larger values are nearer: value v becomes code 2^bits - v, so that larger codes are farther.
    """

    bits: int
    scale_m: float | None
    inverse: bool

    def teacher(self) -> dict[str, Any]:
        """Return what the manifest says of what made the depth, and of its codes."""
        top = 2**self.bits - 1
        code: DepthCode = RelativeDepth(1.0, float(top), self.bits)
        if self.scale_m is not None:
            code = LinearDepth(self.scale_m, self.bits)
        values = "nearness" if self.inverse else "distance"
        return {"name": IMPORTED, "version": 1, "values": values, "bits": self.bits, "encoding": code.attributes()}

    def codes(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the codes of a map, (H, W) uint8 or uint16; raise ValueError where its values need more bits."""
        if self.bits == 8 and values.dtype != np.uint8 and values.max() > 255:
            raise ValueError("values above 255, where the other depth maps have 8 bits")
        values = values.astype(np.uint8 if self.bits == 8 else np.uint16, copy=False)
        return np.negative(values) if self.inverse else values  # 2^bits - v of v, and 0 of 0

    def describe(self) -> str:
        """Say in words how depth maps were understood."""
        if self.scale_m is not None:
            return f"depth maps of {self.bits} bits: distances in units of {self.scale_m:g} m"
        kind = "near is bright" if self.inverse else "far is bright"
        return f"depth maps of {self.bits} bits without a unit: {kind}"


def find_coding(
    files: SourceFiles, samples: Sequence[ForeignSample], options: ImportOptions, told_scale_m: float | None
) -> DepthCoding | None:
    """Find out what the depth maps of a set mean.

    Args:
        files: Reads the files.
        samples: The samples.
        options: What the user says of them.
        told_scale_m: Metres of one unit, where the set itself says it.

    Returns:
        Their coding; None where there are no maps.

    Raises:
        Problem: The maps don't say which way round they are, and the options neither.
    """
    with_depth = [sample for sample in samples if sample.depth is not None]
    if not with_depth:
        return None
    chosen = [with_depth[i] for i in np.unique(np.linspace(0, len(with_depth) - 1, _PROBES).astype(int))]
    maps = []
    for sample in chosen:
        try:
            values = read_values(files.read(str(sample.depth))).astype(np.uint16)
            has_mask = sample.mask is not None and not sample.mask.endswith(".json")
            mask = read_alpha(files.read(str(sample.mask))) if has_mask else np.zeros(values.shape, np.uint8)
        except PictureError:
            continue  # it is named when all are read
        if values.shape != mask.shape:  # as networks label them, at half the size
            mask = cv2.resize(mask, values.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(np.uint8)
        maps.append((values, mask))
    bits = 16 if any(int(values.max()) > 255 for values, _ in maps) else 8
    scale_m = options.depth_scale_m if options.depth_scale_m is not None else told_scale_m
    if options.inverse_depth:
        return DepthCoding(bits, None, True)
    is_inverse = grows_with_nearness(maps, by_floors=bits == 8 and scale_m is None)
    if options.inverse_depth is None and is_inverse is not False and told_scale_m is None:
        if is_inverse and scale_m is None and bits == 8:
            return DepthCoding(bits, None, True)
        if is_inverse:
            line = "by the people and floors on them, near is bright"
            raise _unsure(with_depth, f"{line}, where {bits} bits and a unit mean distances", options)
        if bits == 8 and scale_m is None:
            raise _unsure(with_depth, "they don't say whether near or far is bright", options)
    if scale_m is None and bits == 16:
        scale_m = _MILLIMETRE_M
    return DepthCoding(bits, scale_m, False)


def _unsure(with_depth: Sequence[ForeignSample], reason: str, options: ImportOptions) -> Problem:
    first = with_depth[0].depth
    return Problem(
        f"{first} and the other depth maps ({counted(len(with_depth), 'map')}): {reason}: give --inverse-depth if near "
        "is bright, or --no-inverse-depth if far is",
        exit_code=2,
    )
