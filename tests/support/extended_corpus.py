"""Extensions of the tiny corpora: two backgrounds more, and a cut-out that is wider than those there are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.extend import ExtendResult, extend_corpus
from bgfg.synth.plan.options import ExtendOptions
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import CUTOUT_HEIGHT, H, W

MORE_B, MORE_C = 2, 1


def more_sources(
    folder: Path, height_px: int = H, width_px: int = W, cutout_height_px: int = CUTOUT_HEIGHT, seed: int = 40
) -> Path:
    """Draw pictures into bg/, fg/ and depth/, at their final size, others than those of the corpora."""
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir(parents=True)
    for b in range(MORE_B):
        cv2.imwrite(str(folder / f"bg/more{b}.png"), references.picture(height_px, width_px, seed + b)[..., ::-1])
        depth_mm = 900 + 700 * b + 41 * np.add.outer(np.arange(height_px) * 3, np.arange(width_px))
        cv2.imwrite(str(folder / f"depth/more{b}.png"), depth_mm.astype(np.uint16))
    for c in range(MORE_C):
        rgba = references.cutout(cutout_height_px, 13 + 2 * c, seed + 20 + c)
        cv2.imwrite(str(folder / f"fg/more{c}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    return folder


def more_options(more: Path, bg: bool = True, fg: bool = True) -> ExtendOptions:
    """Return the options that add the backgrounds or the cut-outs of `more_sources`, or both."""
    return ExtendOptions(more / "bg" if bg else None, more / "fg" if fg else None, more / "depth" if bg else None)


def extend(corpus: Path, more: Path, bg: bool = True, fg: bool = True, replace: bool = False) -> ExtendResult:
    """Plan an extension by these pictures."""
    return extend_corpus(corpus, more_options(more, bg, fg), replace, workers=1)


def finish(corpus: Path) -> None:
    """Compose and label what is missing of a corpus that has depth."""
    compose_corpus(corpus, IN_PROCESS)
    label_corpus(corpus, "layered", IN_PROCESS)


def contents(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a corpus but its lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}
