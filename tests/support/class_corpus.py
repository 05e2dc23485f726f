"""Corpora of three classes, of one or several cut-outs a sample: odd sizes, enough cut-outs for every split."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.support.executors import IN_PROCESS
from tests.support.references import cutout, picture

H, W, CUTOUT_HEIGHT, B, K = 19, 23, 11, 3, 2
CLASSES = ("ant, red", "cat", "düg")


def class_sources(folder: Path, of_each: int = 2) -> Path:
    """Draw pictures into bg/ and fg/CLASS/; classes in another order than their names."""
    (folder / "bg").mkdir(parents=True)
    for b in range(B):
        save_png(picture(H, W, 3 * b), folder / f"bg/room{b}.png")
    for number, label in enumerate(reversed(CLASSES)):
        (folder / "fg" / label).mkdir(parents=True)
        for c in range(of_each):
            look = 5 * (number * of_each + c)
            save_png(cutout(CUTOUT_HEIGHT, 5 + 2 * (c % 3), look), folder / f"fg/{label}/img{c}.png")
    return folder


def class_options(sources: Path, crowd: CutoutsPerSample | None = None) -> PlanOptions:
    """Return the options of a corpus of such pictures."""
    fg = sources / "fg"
    return PlanOptions(sources / "bg", fg, None, 0.001, H, W, CUTOUT_HEIGHT, K, split="34/33/33", crowd=crowd)


def make_class_corpus(folder: Path, crowd: CutoutsPerSample | None = None, of_each: int = 2) -> Path:
    """Make a corpus of such pictures, composed."""
    sources = class_sources(folder / "sources", of_each)
    plan_corpus(folder / "corpus", class_options(sources, crowd), replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    return folder / "corpus"
