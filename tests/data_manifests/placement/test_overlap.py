"""What later cut-outs leave to be seen of those before, held to a slow version pixel by pixel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.placement.overlap import AlphaPatch, attenuated_alpha, count_opaque_px, remaining_alphas
from tests.support import references

H, W = 13, 17

_CORNERS = st.lists(st.tuples(st.integers(-9, 18), st.integers(-9, 14)), min_size=1, max_size=5)


@given(_CORNERS)
def test_what_remains_is_what_the_slow_version_leaves(corners: list[tuple[int, int]]) -> None:
    shapes = [references.cutout(7 + m, 9 - m, m)[..., 3] for m in range(len(corners))]
    patches = [AlphaPatch.clip(alpha, x, y, H, W) for alpha, (x, y) in zip(shapes, corners, strict=True)]
    planes = references.remaining([(a, x, y) for a, (x, y) in zip(shapes, corners, strict=True)], H, W)
    for patch, found, plane in zip(patches, remaining_alphas(patches), planes, strict=True):
        assert (found == plane[patch.rows, patch.columns]).all()
        assert count_opaque_px(found) == (plane >= 128).sum()
    assert ((np.stack(planes) >= 128).sum(axis=0) <= 1).all()


def test_scaling_is_exact_for_every_pair() -> None:
    alpha, cover = (grid.astype(np.uint8) for grid in np.meshgrid(np.arange(256), np.arange(256), indexing="ij"))
    product = alpha.astype(int) * (255 - cover.astype(int))
    assert (attenuated_alpha(alpha, cover) == (2 * product + 255) // 510).all()


def test_what_nothing_covers_is_not_copied() -> None:
    alpha = references.cutout(5, 5, 0)[..., 3]
    patches = [AlphaPatch.clip(alpha, x, 1, H, W) for x in (0, 9)]
    assert all(found is patch.alpha_u8 for found, patch in zip(remaining_alphas(patches), patches, strict=True))
