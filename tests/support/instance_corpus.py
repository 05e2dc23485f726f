"""Corpora of several people a picture for the tests, and networks light enough for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.references import cutout, picture
from tests.support.thin_resnet import THIN_RESNET18

SIDE_PX = 64

# Options of maskrcnn that make it as small as it can be.
LIGHT_MASKRCNN: dict[str, Any] = {
    "backbone": THIN_RESNET18,
    "width": 16,
    "anchor_px": 8,
    "proposals": 30,
    "regions": 16,
    "detections": 6,
}


def make_instance_corpus(
    folder: Path, people: str = "1..2", backgrounds: int = 6, cutouts: int = 6, placements: int = 2,
    split: str = "50/17/33", classes: Sequence[str] = ("",),
) -> Corpus:  # fmt: skip
    """Draw pictures into `folder` and make a corpus of red blobs before noise, 64 by 64.

    Where there are several classes, by turns, cut-outs of the second are green and of the third blue.
    """
    for name in ("bg", "fg"):
        (folder / name).mkdir(parents=True)
    for b in range(backgrounds):
        cv2.imwrite(str(folder / f"bg/{b}.png"), picture(SIDE_PX, SIDE_PX, 3 * b) // 2)
    for c in range(cutouts):
        rgba = cutout(36, 16 + 3 * c, 5 * c)
        number = c % len(classes)
        rgba[..., :3] //= 3 if len(classes) == 1 else 1  # of several classes each has few, which are to be unlike
        rgba[..., number] = 230  # red, but no two alike
        (folder / "fg" / classes[number]).mkdir(exist_ok=True)
        cv2.imwrite(str(folder / "fg" / classes[number] / f"{c}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    options = PlanOptions(
        folder / "bg", folder / "fg", None, 0.001, SIDE_PX, SIDE_PX, 36, placements, split=split,
        crowd=CutoutsPerSample.parse(people, None),
    )  # fmt: skip
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    return Corpus(folder / "corpus")
