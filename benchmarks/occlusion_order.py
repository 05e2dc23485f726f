"""Measure how often the labels put people nearer than what is seen beside them.

Run as `python -m benchmarks.occlusion_order`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus

# What is beside a person, in px of the depth map: beyond the edge, which is blurred, and no farther than this.
_EDGE_PX, _BESIDE_PX = 1, 8

# A hundredth nearer or farther counts as the same.
SAME_SHARE = 0.01


def neighbour_depth_ratio(depth_m: NDArray, mask_u8: NDArray[np.uint8]) -> float:
    """Return a person's depth over the depth beside them; NaN where nothing is beside them.

    The ratio is the median over rows of the ratio of medians within a row. A floor that recedes has the same depth all
    along a row, so that it counts neither as nearer nor as farther.

    Args:
        depth_m: Depth, (h, w) metres.
        mask_u8: The person's mask, (H, W).
    """
    full = (mask_u8 >= OPAQUE_U8).astype(np.uint8)
    person = cv2.resize(full, depth_m.shape[::-1], interpolation=cv2.INTER_AREA)
    near, far = (cv2.dilate(person, np.ones((2 * px + 1, 2 * px + 1), np.uint8)) for px in (_EDGE_PX, _BESIDE_PX))
    on, beside = person > 0, (far > 0) & (near == 0)
    rows = np.flatnonzero(on.any(axis=1) & beside.any(axis=1)).tolist()
    ratios = [np.median(depth_m[row][on[row]]) / np.median(depth_m[row][beside[row]]) for row in rows]
    return float(np.median(ratios)) if ratios else float("nan")


@click.command()
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--samples", default=1000, show_default=True, type=click.IntRange(min=1), help="Samples, drawn at random."
)
@click.option("--seed", default=0, show_default=True, type=int)
def occlusion_order(corpus: Path, samples: int, seed: int) -> None:
    """Compare the depth of people with that of what is beside them in the same rows.

    Example: python -m benchmarks.occlusion_order data/own-corpus
    """
    store = Corpus(corpus)
    if store.manifest.teacher is None:
        raise Problem(f"{corpus}: has no depth: label it first", exit_code=2)
    values_m = store.depth_code().values_m()
    chosen = np.random.default_rng(seed).permutation(len(store))[:samples]
    pairs = ((store.read("depth", i), store.read("mask", i)) for i in np.sort(chosen).tolist())
    ratios = np.array([neighbour_depth_ratio(values_m[codes], mask) for codes, mask in pairs])
    ratios = ratios[np.isfinite(ratios)]
    before, behind = (ratios < 1 - SAME_SHARE).mean(), (ratios > 1 + SAME_SHARE).mean()
    least, middle, most = np.quantile(ratios, (0.05, 0.5, 0.95))
    click.echo(
        f"of {len(ratios):,} samples people are nearer than what is beside them in {before:.0%}, farther in "
        f"{behind:.0%}; their depth over that of it: median {middle:.2f}, 5 % below {least:.2f}, 5 % above {most:.2f}"
    )


if __name__ == "__main__":
    try:
        occlusion_order()
    except Problem as problem:
        sys.exit(f"Error: {problem}")
