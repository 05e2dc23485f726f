"""Cut-outs as they were drawn to be: their colours, their shape, how they are blended, and their shadows.

In this order: colours are matched on the prepared cut-out; they are multiplied by alpha; under the rule `perspective`
it is resized to where it stands; it is scaled and turned, then blurred; the background hides what stands behind it;
then it is blended.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.cutout_shape import CutoutShape, premultiplied
from bgfg.data_manifests.images.resampling.exact_resize import resize_rgba
from bgfg.data_manifests.placement.occlusion import BackgroundOccluder
from bgfg.data_manifests.placement.variety import BLENDS, PasteVariety, SampleVariety, Variety
from bgfg.data_manifests.placement.variety_draw import shape_of
from bgfg.synth.compose.blends import feathered, poisson_blended
from bgfg.synth.compose.cutout import PlacedCutout
from bgfg.synth.compose.cutout_cache import cutout_cache
from bgfg.synth.painting.colour_match import LabColours, Surroundings
from bgfg.synth.painting.layers import PremultipliedCutout, Shade
from bgfg.synth.painting.shadow import Shadow, contact_shadow, thrown_shadow
from bgfg.synth.store.corpus import Corpus

Box = list[int]


class VariedCutouts:
    """Makes the cut-outs of one background ready to be laid over it."""

    def __init__(self, corpus: Corpus, b: int, background: NDArray[np.uint8], variety: Variety) -> None:
        """Take a background.

        Args:
            corpus: The corpus.
            b: Number of the background.
            background: Its picture, (H, W, 3) uint8 RGB.
            variety: What varies.
        """
        self._background, self._variety = background, variety
        self._cutouts = cutout_cache(corpus)
        self._occluder = None
        if corpus.manifest.placement_rule == "perspective":
            self._occluder = BackgroundOccluder(corpus.read("background_depth", b))
        self._lab = lru_cache(8)(self._look_at)
        self._shaped = lru_cache(4)(self._shape)

    @cached_property
    def surroundings(self) -> Surroundings:
        """The colours of the background."""
        return Surroundings(self._background)

    def placed(
        self, f: int, box: Box, paste: PasteVariety, sample: SampleVariety, margin_px: int
    ) -> tuple[NDArray[np.uint8], PlacedCutout]:
        """Return a cut-out at its place.

        Args:
            f: Its number.
            box: x, y, width and height in px.
            paste: What was drawn for it.
            sample: What was drawn for its sample.
            margin_px: The margin that its box has.

        Returns:
            Its alpha before anything hides it, (height, width) uint8, and the cut-out.
        """
        x, y, w, h = box
        blend = BLENDS[sample.blend]
        shape = replace(shape_of(self._variety, sample, paste), least_margin_px=margin_px)
        if sample.colour_match or self._occluder:
            rgba = self._coloured(f, box, sample)
            if self._occluder:
                rgba = resize_rgba(rgba, h - 2 * shape.margin_px, w - 2 * shape.margin_px)
            pixels = shape.apply(premultiplied(rgba))
        else:
            pixels = self._shaped(f, shape)  # the placements of a block, or of a place, may have it in common
        amodal_u8 = pixels[..., 3]
        if self._occluder:
            pixels = self._occluder.remaining(pixels, x, y, self._occluder.standing_mm(amodal_u8, x, y))
        alpha_u8 = np.ascontiguousarray(pixels[..., 3])
        if blend == "gaussian":
            pixels = feathered(pixels)
        elif blend == "poisson":
            pixels = poisson_blended(pixels, self._background, x, y)
        return amodal_u8, PlacedCutout(PremultipliedCutout(pixels, alpha_u8), amodal_u8, x, y)

    def shadows(
        self, amodal_u8: NDArray[np.uint8], box: Box, paste: PasteVariety, sample: SampleVariety
    ) -> list[PlacedCutout]:
        """Return the shadows of a cut-out, none where shadows aren't drawn.

        Args:
            amodal_u8: Its alpha before anything hides it.
            box: x, y, width and height in px.
            paste: What was drawn for it.
            sample: What was drawn for its sample.
        """
        if not sample.shadow:
            return []
        x, y, tip = box[0], box[1], (paste.shadow_x_px, paste.shadow_y_px)
        # What stands in front of a cut-out hides its shadow, unless that is thrown towards the camera.
        standing_mm = self._occluder.standing_mm(amodal_u8, x, y) if self._occluder else 0
        contact = contact_shadow(amodal_u8, sample.shadow)
        layers = [self._layer(contact, x, y, standing_mm)] if contact else []
        thrown = thrown_shadow(amodal_u8, tip, sample.shadow) if tip[1] else None
        return [*layers, self._layer(thrown, x, y, standing_mm if tip[1] < 0 else 0)] if thrown else layers

    def _layer(self, shadow: Shadow, cutout_x: int, cutout_y: int, standing_mm: int) -> PlacedCutout:
        """Return a shadow as a black layer, with what stands in front of a distance taken out of it."""
        alpha_u8, x, y = shadow[0], cutout_x + shadow[1], cutout_y + shadow[2]
        if self._occluder:
            alpha_u8 = self._occluder.remaining(alpha_u8, x, y, standing_mm)
        return PlacedCutout(Shade(alpha_u8), alpha_u8, x, y)

    def _coloured(self, f: int, box: Box, sample: SampleVariety) -> NDArray[np.uint8]:
        """Return a cut-out in the colours that were drawn, (h, w, 4) uint8 RGBA."""
        if not sample.colour_match:
            return self._cutouts.rgba(f)
        return self._lab(f).matched(*self.surroundings.around(*box), sample.colour_match)

    def _shape(self, f: int, shape: CutoutShape) -> NDArray[np.uint8]:
        return shape.apply(premultiplied(self._cutouts.rgba(f)))

    def _look_at(self, f: int) -> LabColours:
        return LabColours.of(self._cutouts.rgba(f))
