"""Corpora for the tests of the evaluation: few small pictures, but enough of them for every split."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.references import cutout, picture

H, W, CUTOUT_HEIGHT, K = 19, 23, 11, 2


def make_evaluation_corpus(
    folder: Path,
    backgrounds: int = 6,
    cutouts: int = 6,
    placements: int = K,
    split: str = "50/17/33",
    depth: bool = True,
    seed: int = 0,
    first: int = 0,
    size: tuple[int, int] = (H, W),
) -> Corpus:
    """Draw pictures, from number `first` on, into `folder`, and make a corpus of them: composed, and labelled where
    there is to be depth, with a corner of each background unknown.
    """
    height_px, width_px = size
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir(parents=True)
    for b in range(first, first + backgrounds):
        cv2.imwrite(str(folder / f"bg/room{b}.png"), picture(height_px, width_px, 3 * b)[..., ::-1])
        depth_mm = 1_000 + 900 * b + 87 * np.add.outer(np.arange(height_px) * 3, np.arange(width_px))
        depth_mm[:3, :4] = 0
        cv2.imwrite(str(folder / f"depth/room{b}.png"), depth_mm.astype(np.uint16))
    for c in range(first, first + cutouts):
        rgba = cutout(CUTOUT_HEIGHT, 7 + 2 * (c % 3), 5 * c)
        cv2.imwrite(str(folder / f"fg/person{c}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    options = PlanOptions(
        folder / "bg", folder / "fg", folder / "depth" if depth else None, 0.001, height_px, width_px, CUTOUT_HEIGHT,
        placements, seed=seed, split=split,
    )  # fmt: skip
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    if depth:
        label_corpus(folder / "corpus", "layered", IN_PROCESS)
    return Corpus(folder / "corpus")
