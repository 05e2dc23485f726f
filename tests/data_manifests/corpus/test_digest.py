"""The digest of what determines pixels."""

from __future__ import annotations

import dataclasses

import numpy as np

from bgfg.data_manifests.corpus.digest import PixelDigest
from bgfg.data_manifests.corpus.geometry import CorpusGeometry

GEOMETRY = CorpusGeometry(3, 2, 4, 13, 17, 7, (7, 9))


def test_the_digest_sees_sizes_pixels_and_boxes() -> None:
    background, cutout = np.zeros((3, 13, 17, 3), np.uint8), np.zeros((4, 7, 9, 4), np.uint8)
    boxes = np.arange(64, dtype=np.int32).reshape(4, 4, 4)

    def digest(geometry: CorpusGeometry = GEOMETRY, changed: int = 0, moved: int = 0) -> str:
        pixels = background.copy()
        pixels[1, 2, 3] = changed
        found = PixelDigest(geometry, pixels, cutout)
        found.add(boxes + moved)
        return found.hexdigest()

    others = [digest(dataclasses.replace(GEOMETRY, cutout_height_px=8)), digest(changed=1), digest(moved=1)]
    assert digest() == digest()
    assert len({digest(), *others}) == 4


def test_the_digest_knows_the_depth_that_a_rule_used() -> None:
    pictures = np.zeros((3, 13, 17, 3), np.uint8), np.zeros((4, 7, 9, 4), np.uint8)
    depth_mm = np.full((3, 13, 17), 2_000, np.uint16)
    digests = {PixelDigest(GEOMETRY, *pictures, depth).hexdigest() for depth in (None, depth_mm, depth_mm + 1)}
    assert len(digests) == 3
