"""Corpora of several people a picture for the tests, and networks light enough for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2

from data_manifests.crowd import Crowd
from synth.images import compose_corpus
from synth.options import PlanOptions
from synth.plan import plan_corpus
from synth.store import Corpus
from tests.conftest import IN_PROCESS
from tests.references import cutout, picture

SIDE_PX = 64

# Options of maskrcnn that make it as small as it can be.
LIGHT: dict[str, Any] = {
    "backbone": "resnet18",
    "width": 16,
    "anchor_px": 8,
    "proposals": 30,
    "regions": 16,
    "detections": 6,
}


def make_crowd(
    folder: Path, people: str = "1..2", backgrounds: int = 4, cutouts: int = 4, placements: int = 2,
    split: str = "50/25/25",
) -> Corpus:  # fmt: skip
    """Draw pictures into `folder` and make a corpus of blobs before noise, 64 by 64."""
    for name in ("bg", "fg"):
        (folder / name).mkdir(parents=True)
    for b in range(backgrounds):
        cv2.imwrite(str(folder / f"bg/{b}.png"), cv2.blur(picture(SIDE_PX, SIDE_PX, b), (9, 9)))
    for c in range(cutouts):
        rgba = cutout(36, 20 + c, c)
        rgba[..., :3] = np.array([230, 40 + 20 * c, 30], np.uint8) * (rgba[..., 3:] > 0)
        cv2.imwrite(str(folder / f"fg/{c}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    options = PlanOptions(
        folder / "bg", folder / "fg", None, 0.001, SIDE_PX, SIDE_PX, 36, placements, split=split,
        crowd=Crowd.parse(people, None),
    )  # fmt: skip
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    return Corpus(folder / "corpus")
