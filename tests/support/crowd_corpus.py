"""Corpora with several cut-outs a sample: odd sizes, enough cut-outs for every split."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.support.executors import IN_PROCESS
from tests.support.references import cutout, picture
from tests.support.room_depth import Pinhole, room_depth_mm

H, W, CUTOUT_HEIGHT, B, C, K = 19, 23, 11, 2, 7, 3
STAGE_H, STAGE_W, STAGE_CUTOUT_HEIGHT = 48, 64, 23


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


def stage_sources(folder: Path) -> Path:
    """Draw a room with a table, for the rule `perspective`, and people to stand in it."""
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir(parents=True)
    save_png(picture(STAGE_H, STAGE_W, 0), folder / "bg/room.png")
    depth_mm = room_depth_mm(Pinhole(STAGE_H, STAGE_W, eye_m=1.3), table=True, noise_mm=5)
    cv2.imwrite(str(folder / "depth/room.png"), depth_mm)
    for c in range(4):
        save_png(cutout(STAGE_CUTOUT_HEIGHT, 7 + 2 * c, c), folder / f"fg/person{c}.png")
    return folder


def crowd_options(sources: Path, crowd: CutoutsPerSample | None, rule: str = "random") -> PlanOptions:
    """Return the options of a corpus of such pictures."""
    is_stage = rule == "perspective"
    size = (STAGE_H, STAGE_W, STAGE_CUTOUT_HEIGHT) if is_stage else (H, W, CUTOUT_HEIGHT)
    split = "100/0/0" if is_stage else "58/14/28"
    return PlanOptions(
        sources / "bg", sources / "fg", sources / "depth", 0.001, *size, K, rule, split=split, crowd=crowd
    )  # fmt: skip


def make_crowd_corpus(folder: Path, rule: str, crowd: CutoutsPerSample) -> Path:
    """Make a corpus of such pictures, composed and labelled."""
    sources = (stage_sources if rule == "perspective" else crowd_sources)(folder / "sources")
    plan_corpus(folder / "corpus", crowd_options(sources, crowd, rule), replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    label_corpus(folder / "corpus", "layered", IN_PROCESS)
    return folder / "corpus"
