"""Recipes: what varies in the corpora that are compared, and the corpus of each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.timing import timed_bgfg

PLAIN, TOGETHER = "plain", "all but distractors"

_PLACE = ("--scale", "0.5..1.6", "--rotate", "15", "--truncate", "40")
_LIGHT = ("--blur", "1.5", "--colour-match", "0.2..0.6", "--shadow", "0.3..0.7", "--blend", "alpha,gaussian,poisson")

# What `bgfg plan` is told of each; all else is the same.
RECIPES: dict[str, tuple[str, ...]] = {
    PLAIN: (),
    **{option.removeprefix("--"): (option, value) for option, value in zip(_PLACE[::2], _PLACE[1::2], strict=True)},
    "distractors": ("--distractors", "0..2"),
    **{option.removeprefix("--"): (option, value) for option, value in zip(_LIGHT[::2], _LIGHT[1::2], strict=True)},
    "sizes and places": _PLACE,
    "light and edges": _LIGHT,
    TOGETHER: (*_PLACE, *_LIGHT),
}

# Small pictures: 20,000 of 100 backgrounds and 100 people are made in a minute. Cut-outs are half as high as the frame.
SIZE_PX = 128
_SAMPLES = ("--size", SIZE_PX, "--cutout-height", SIZE_PX // 2, "--workers", 1)


def compose(corpus: Path, bg: Path, fg: Path, recipe: str, *options: object) -> None:
    """Plan and compose the corpus of a recipe, as far as it isn't; raise Problem where a command fails."""
    timed_bgfg("plan", corpus, "--bg", bg, "--fg", fg, *_SAMPLES, *RECIPES[recipe], *options)
    timed_bgfg("compose", corpus, "--workers", 1)


@contextmanager
def training_corpus(folder: Path, office: Path, recipe: str, seed: int) -> Iterator[Path]:
    """Compose a corpus of all of `office` to be learnt from, and remove it when the work on it is done.

    The seed draws places and what varies anew, so that chance in the corpus counts as chance in the network does.
    Whoever is stopped finds the corpus again: it is removed after success alone.
    """
    corpus = folder / f"{recipe.replace(' ', '-')}-{seed}"
    compose(corpus, office / "bg", office / "fg", recipe, "--placements", 1, "--split", "96/2/2", "--seed", seed)
    yield corpus
    shutil.rmtree(corpus)
