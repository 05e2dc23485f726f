"""The draw of what varies: for each sample and each paste, by the counter-based generator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.affine_warp import MILLI
from bgfg.data_manifests.images.resampling.cutout_shape import FEATHER_MILLI, CutoutShape, blur_radius_px
from bgfg.data_manifests.placement.philox import philox4x32
from bgfg.data_manifests.placement.variety import BLENDS, PasteVariety, SampleVariety, Variety

# Last word of the counter: 0 and small numbers belong to the draw of the first cut-out's position, those from 2^31 on
# to that of further cut-outs.
_SAMPLE_STREAM = 0x40000000


def draw_sample_variety(variety: Variety, seed: int, b: int, cutouts: range, places: int) -> NDArray[np.int32]:
    """Draw what varies from sample to sample on background `b`.

    Args:
        variety: What may vary.
        seed: Seed of the corpus.
        b: Number of the background.
        cutouts: Numbers of the cut-outs that are the first ones of samples.
        places: Places of each of them.

    Returns:
        (n, places, 4) int32, the fields of `SampleVariety`.
    """
    f, k = np.meshgrid(np.array(cutouts), np.arange(places), indexing="ij")
    counters = np.stack([k, f, np.full_like(k, b), np.full_like(k, _SAMPLE_STREAM)], axis=-1)
    words = philox4x32(counters, seed).astype(np.int64)
    numbers = np.array([BLENDS.index(name) for name in variety.blend])
    drawn = [
        _milli(words[..., 0], 0, variety.blur_px),
        _milli(words[..., 1], *variety.colour_match),
        _milli(words[..., 2], *variety.shadow),
        numbers[words[..., 3] * len(numbers) >> 32],
    ]
    return np.stack(drawn, axis=-1).astype(np.int32)


def draw_paste_variety(variety: Variety, scale_word: int, rotation_word: int) -> PasteVariety:
    """Return the scale and the turn that two random words below 2^32 say."""
    most = round(MILLI * variety.rotate_deg)
    low, high = (round(MILLI * limit) for limit in variety.scale)
    return PasteVariety(low + (scale_word * (high - low + 1) >> 32), (rotation_word * (2 * most + 1) >> 32) - most)


def shape_of(variety: Variety, sample: SampleVariety, paste: PasteVariety) -> CutoutShape:
    """Return the shape in which a cut-out is pasted."""
    # One margin for all samples, so that a place looks the same under each way of blending.
    feather_px = blur_radius_px(FEATHER_MILLI) if "gaussian" in variety.blend else 0
    return CutoutShape(paste.scale, paste.rotation_deg, sample.blur_px, feather_px)


def _milli(words: NDArray[np.int64], low: float, high: float) -> NDArray[np.int64]:
    """Map 32-bit words onto the thousandths from `low` to `high`, all alike."""
    least, most = round(MILLI * low), round(MILLI * high)
    return least + (words * (most - least + 1) >> 32)
