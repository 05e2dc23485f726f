"""Corpora with several cut-outs a sample: odd sizes, enough cut-outs for every split."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from data_manifests.crowd import Crowd
from data_manifests.pictures import save_png
from synth.options import PlanOptions
from synth.plan import Planned, plan_corpus
from tests.references import cutout, picture
from tests.scenes import Pinhole, room

H, W, CUTOUT_HEIGHT, B, C, K = 19, 23, 11, 2, 7, 3


def crowd_sources(folder: Path) -> Path:
    """Draw pictures into bg/, fg/ and depth/, already at their final size; the first two cut-outs are the same one."""
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir(parents=True)
    for b in range(B):
        cv2.imwrite(str(folder / f"bg/room{b}.png"), picture(H, W, 3 * b)[..., ::-1])
        depth_mm = 1_000 + 900 * b + 87 * np.add.outer(np.arange(H) * 3, np.arange(W))
        cv2.imwrite(str(folder / f"depth/room{b}.png"), depth_mm.astype(np.uint16))
    for c in range(C):
        look = max(c, 1)
        save_png(cutout(CUTOUT_HEIGHT, 5 + 2 * (look % 3), 5 * look), folder / f"fg/person{c}.png")
    return folder


def plan_crowd(path: Path, sources: Path, crowd: Crowd | None, rule: str = "random", seed: int = 0) -> Planned:
    """Plan a corpus of such pictures."""
    options = PlanOptions(
        sources / "bg", sources / "fg", sources / "depth", 0.001, H, W, CUTOUT_HEIGHT, K, rule, seed, "58/14/28",
        crowd=crowd,
    )  # fmt: skip
    return plan_corpus(path, options, replace=False, workers=1)


def stage_sources(folder: Path) -> Path:
    """Draw pictures of a room with a table, for the rule `perspective`, and people to stand in it."""
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir(parents=True)
    depth_mm = room(Pinhole(96, 128, pitch_deg=8), table=True)
    cv2.imwrite(str(folder / "bg/room.png"), picture(96, 128, 0))
    cv2.imwrite(str(folder / "depth/room.png"), depth_mm)
    for c in range(4):
        save_png(cutout(41, 19 + 2 * c, c), folder / f"fg/person{c}.png")
    return folder
