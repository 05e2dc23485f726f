"""Outlines of what a sample's masks say, drawn on its composite."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.synth.preview import INSTANCE_COLOURS
from bgfg.synth.store.sample import Sample


def outlined(sample: Sample, thickness_px: int = 1) -> NDArray[np.uint8]:
    """Return the composite of a sample with the outline of each person within it, (H, W, 3) uint8 RGB.

    Args:
        sample: The sample: its instances are outlined one by one, else what its mask sets.
        thickness_px: Of the lines.
    """
    labels = sample.instance if sample.instance is not None else (sample.mask >= OPAQUE_U8).astype(np.uint8)
    picture = sample.image.copy()
    for number in np.unique(labels[labels > 0]).tolist():
        person = (labels == number).astype(np.uint8)
        inside = cv2.erode(person, np.ones((3, 3), np.uint8), iterations=thickness_px, borderValue=0)
        picture[(person > 0) & (inside == 0)] = INSTANCE_COLOURS[number]
    return picture
