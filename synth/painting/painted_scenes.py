"""Scenes of a block painted at once: each on the part of the background that it changes.

Cut-outs in their colours, scaled and turned, with soft shadows where they stand. The work is done by painted_scenes.c,
figure_shapes.c and figure_colours.c, compiled when bgfg is installed where there is a C compiler. Without it, and where
cut-outs are blurred, blended in other ways or hidden by the background, `VariedBlock.paste` makes the same pixels.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.affine_warp import MILLI, cos_sin
from bgfg.data_manifests.machine.compiled import compiled_library
from bgfg.synth.painting.colour_match import Moments, gain_and_centre
from bgfg.synth.painting.drawn_pastes import DrawnPastes
from bgfg.synth.painting.figures import Figure
from bgfg.synth.painting.lab_tables import lab_tables
from bgfg.synth.painting.shadow import bells, contact_darkness

_INTERFACE_VERSION = 1
# What of a picture isn't its background: where its pixels are in memory, the bytes from row to row, and its box: top,
# bottom, left and right.
PATCH = np.dtype([("pixels", "=u8"), ("stride", "=i8"), ("box_px", "=i4", 4)])

_PASTE = np.dtype([
    ("figure", "=u8"), ("match", "=u8"), ("cos", "=f8"), ("sin", "=f8"), ("scale", "=i4"), ("corner_px", "=i4", 2),
    ("darkness", "=i4"), ("is_labelled", "=i4"), ("scene", "=i4"),
])  # fmt: skip

_pointer, _count = ctypes.c_void_p, ctypes.c_ssize_t


class _Bells(ctypes.Structure):
    _fields_ = (("values", _pointer), ("starts", _pointer))


class _Canvas(ctypes.Structure):
    _fields_ = (
        ("background", _pointer), ("height", _count), ("width", _count), ("placements", _count), ("pixels", _pointer),
        ("masks", _pointer), ("instances", _pointer), ("patches", _pointer), ("tables", _pointer), ("across", _Bells),
        ("down", _Bells),
    )  # fmt: skip


@cache
def library() -> ctypes.CDLL | None:
    """Return what was compiled of the painter; None where nothing was, or something else than is to be called."""
    found = compiled_library("bgfg.synth.painting._painted_scenes", _INTERFACE_VERSION)
    if found:
        found.paint_scenes.restype = ctypes.c_int
        found.paint_scenes.argtypes = [ctypes.POINTER(_Canvas), _pointer, _count]
    return found


class ScenePainter:
    """Paints blocks of K scenes on one background, each into the same buffers.

    Attributes:
        patches: (K,) of PATCH, what of each image isn't the background.
        pixels: (K, H, W, 3) uint8, where the pixels of patches are, each from the start of its own on.
        masks: (K, H, W) uint8, the alpha of what is visible.
        instances: (K, H, W) uint8, which cut-out is seen, 0 none; (0, 0, 0) without instances.
    """

    def __init__(
        self,
        compiled: ctypes.CDLL,
        background: NDArray[np.uint8],
        placements: int,
        figure_of: Callable[[int], Figure],
        with_instances: bool,
    ) -> None:
        """Allocate the buffers.

        Args:
            compiled: What `library` found.
            background: (H, W, 3) uint8 RGB.
            placements: K.
            figure_of: Returns a cut-out by its number.
            with_instances: Whether samples have several cut-outs.
        """
        H, W, _ = background.shape
        self._compiled, self._figure_of = compiled, figure_of
        self._background = np.ascontiguousarray(background)
        self.pixels = np.empty((placements, H, W, 3), np.uint8)
        self.patches = np.zeros(placements, PATCH)
        self.masks = np.zeros((placements, H, W), np.uint8)
        self.instances = np.zeros((placements, H, W) if with_instances else (0, 0, 0), np.uint8)

    def paint(self, pastes: DrawnPastes) -> None:
        """Paint a block; what was painted before is gone.

        Args:
            pastes: What is pasted in its scenes, numbered from 0 to K - 1.
        """
        figures = [self._figure_of(f) for f in pastes.cutouts.tolist()]
        matches = _matches(figures, pastes)
        structs = _structs(figures, matches, pastes)
        largest_px = max((math.hypot(*figure.size_px) for figure in figures), default=0)
        widest_px = math.ceil(largest_px * int(pastes.scales_milli.max(initial=0)) / MILLI)
        (across, across_starts), (down, down_starts) = bells(1 << widest_px.bit_length())
        H, W, _ = self._background.shape
        tables = lab_tables()
        canvas = _Canvas(
            self._background.ctypes.data, H, W, len(self.masks), self.pixels.ctypes.data, self.masks.ctypes.data,
            self.instances.ctypes.data if self.instances.size else None, self.patches.ctypes.data,
            None if tables is None else tables.ctypes.data, _Bells(across.ctypes.data, across_starts.ctypes.data),
            _Bells(down.ctypes.data, down_starts.ctypes.data),
        )  # fmt: skip
        if self._compiled.paint_scenes(canvas, structs.ctypes.data, len(structs)):
            raise MemoryError("no memory to paint a block")


def _matches(figures: list[Figure], pastes: DrawnPastes) -> NDArray[np.float64] | None:
    """Return means, gains and centres of the colours of each paste, (n, 3, 3); None where none are matched."""
    if not pastes.colour_match_milli.any():
        return None
    own = Moments(*(np.array([getattr(each.colours, name) for each in figures]) for name in Moments._fields))
    around, share = Moments(pastes.around_mean, pastes.around_deviation), pastes.colour_match_milli[:, None] / MILLI
    return np.stack([own.mean, *gain_and_centre(own, around, share)], axis=1)


def _structs(figures: list[Figure], matches: NDArray[np.float64] | None, pastes: DrawnPastes) -> NDArray[np.void]:
    """Return the pastes as they are handed over, (n,) of _PASTE."""
    structs = np.empty(len(figures), _PASTE)
    structs["match"] = 0
    if matches is None:
        structs["figure"] = [figure.address for figure in figures]
    else:
        structs["figure"] = [figure.coloured_address for figure in figures]
        addresses = matches.ctypes.data + matches.strides[0] * np.arange(len(matches))
        structs["match"] = np.where(pastes.colour_match_milli > 0, addresses, 0)
    turns = [cos_sin(turn) for turn in pastes.rotations_mdeg.tolist()]
    structs["cos"], structs["sin"] = np.reshape(turns, (-1, 2)).T
    structs["scale"], structs["corner_px"] = pastes.scales_milli, pastes.boxes_px[:, :2]
    structs["darkness"] = contact_darkness(pastes.shadow_milli)
    structs["is_labelled"], structs["scene"] = pastes.is_labelled, pastes.samples
    return structs
