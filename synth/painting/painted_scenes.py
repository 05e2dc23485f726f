"""Scenes of a block painted at once: each on the part of the background that it changes.

Cut-outs in their colours, scaled and turned, with soft shadows where they stand. The work is done by painted_scenes.c,
figure_shapes.c and figure_colours.c, compiled when bgfg is installed where there is a C compiler. Without it, and where
cut-outs are blurred, blended in other ways or hidden by the background, `VariedBlock.paste` makes the same pixels.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.affine_warp import MILLI
from bgfg.data_manifests.machine.compiled import compiled_library
from bgfg.synth.painting.drawn_pastes import DrawnPastes
from bgfg.synth.painting.figures import Figure
from bgfg.synth.painting.lab_tables import lab_tables
from bgfg.synth.painting.shadow import bells

_INTERFACE_VERSION = 2
# What of a picture isn't its background: where its pixels are in memory, the bytes from row to row, and its box: top,
# bottom, left and right.
PATCH = np.dtype([("pixels", "=u8"), ("stride", "=i8"), ("box_px", "=i4", 4)])

_LOOK_AHEAD = 16  # figures that are prepared together

_pointer, _count = ctypes.c_void_p, ctypes.c_ssize_t


class _Bells(ctypes.Structure):
    _fields_ = (("values", _pointer), ("starts", _pointer))
    arrays: tuple[NDArray[np.int32], NDArray[np.int32]]

    @classmethod
    def of(cls, values: NDArray[np.int32], starts: NDArray[np.int32]) -> _Bells:
        """Point to arrays, and keep them."""
        found = cls(values.ctypes.data, starts.ctypes.data)
        found.arrays = values, starts
        return found


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
        found.paint_scenes.argtypes = [ctypes.POINTER(_Canvas), _pointer, _count, _count]
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
        self._figures: dict[int, Figure] = {}
        self._tables = lab_tables()
        self._canvas = _Canvas(
            self._background.ctypes.data, H, W, placements, self.pixels.ctypes.data, self.masks.ctypes.data,
            self.instances.ctypes.data if with_instances else None, self.patches.ctypes.data,
            None if self._tables is None else self._tables.ctypes.data,
        )  # fmt: skip

    def paint(self, pastes: DrawnPastes, first: int = 0) -> None:
        """Paint a block; what was painted before is gone.

        Args:
            pastes: What is pasted in samples.
            first: The first of the K samples that are painted.
        """
        which = pastes.range_of(first, len(self.masks))
        structs, cutouts = pastes.structs[which], pastes.cutouts[which].tolist()
        if not self._figures.keys() >= set(cutouts):
            self._prepare_figures(pastes.cutouts[which.start :], set(cutouts))
        structs["figure"] = [self._figures[f].address for f in cutouts]
        largest_px = max((self._figures[f].diagonal_px for f in cutouts), default=0.0)
        widest_px = math.ceil(largest_px * pastes.largest_scale_milli / MILLI)
        self._bells = _bells(1 << widest_px.bit_length())  # kept: the canvas has their addresses alone
        self._canvas.across, self._canvas.down = self._bells
        if self._compiled.paint_scenes(self._canvas, structs.ctypes.data, len(structs), first):
            raise MemoryError("no memory to paint a block")

    def _prepare_figures(self, cutouts: NDArray[np.int64], needed: set[int]) -> None:
        """Prepare what is needed, and some that come next: one after the other they take a third of the time."""
        coming = dict.fromkeys(cutouts[: _LOOK_AHEAD * len(self.masks)].tolist())
        self._figures = {f: self._figure_of(f) for f in needed.union(list(coming)[:_LOOK_AHEAD])}


@lru_cache(maxsize=4)
def _bells(widest_px: int) -> tuple[_Bells, _Bells]:
    """Return the curves of contact shadows of all widths up to one, a power of two, across and down."""
    across, down = (_Bells.of(values, starts) for values, starts in bells(widest_px))
    return across, down
