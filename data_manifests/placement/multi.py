"""Several cut-outs in a sample: how many, which, and whether they leave one another to be seen. Arithmetic and dice.

The first cut-out of a sample is that of its block. How many there are, and of each further one which it is and where it
goes, is drawn by the keyed generator from (seed, b, f, k): so many times at most until all are seen well enough, then
there are fewer. Further ones come from the split of the first, never twice of one original or group of near-duplicates
as long as the split has others: so a sample of train shows nobody of val or test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from bgfg.data_manifests.placement.overlap import Patch, covered, seen_px
from bgfg.data_manifests.placement.placements import philox4x32
from bgfg.data_manifests.terminal.errors import Problem
from numpy.typing import NDArray

MOST = 255  # ids of instances are bytes
OVERLAP_PERCENT = 50

_TRIES = 16
_HALF = np.uint64(32)
# Of the counter's last word, whose lower values the placement of the first cut-out has: then the instance and the try.
_CROWD_STREAM = 0x80000000


@dataclass(frozen=True)
class Crowd:
    """How many cut-outs a sample has, both ends included, and how much of one may be covered by those in front of it.

    max_overlap_percent: of the pixels that would be seen of it alone.
    """

    fewest: int
    most: int
    max_overlap_percent: int = OVERLAP_PERCENT

    def __post_init__(self) -> None:
        for name, sound in (
            ("fewest", type(self.fewest) is int and self.fewest >= 1),
            ("most", type(self.most) is int and max(2, self.fewest) <= self.most <= MOST),
            ("max_overlap_percent", type(self.max_overlap_percent) is int and 0 <= self.max_overlap_percent <= 100),
        ):
            if not sound:
                raise ValueError(f"{name} is {getattr(self, name)!r}")

    @classmethod
    def parse(cls, text: str, max_overlap_percent: int | None) -> Crowd | None:
        """Parse `3` or `1..3`; None where all samples have one. Raise Problem where that can't be, or be limited."""
        match = re.fullmatch(r"(\d{1,4})(?:\.\.(\d{1,4}))?", text.strip(), re.ASCII)
        fewest, most = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= fewest <= most <= MOST:
            line = f"--cutouts-per-sample {text}: give a number or a range from 1 to {MOST}, such as 3 or 1..3"
            raise Problem(line, exit_code=2)
        if max_overlap_percent is not None and not 0 <= max_overlap_percent <= 100:
            raise Problem(f"--max-overlap {max_overlap_percent}: give per cent from 0 to 100, such as 50", exit_code=2)
        if most > 1:
            return cls(fewest, most, OVERLAP_PERCENT if max_overlap_percent is None else max_overlap_percent)
        if max_overlap_percent is not None:
            line = f"--max-overlap {max_overlap_percent}: goes with several cut-outs: add --cutouts-per-sample 1..3"
            raise Problem(line, exit_code=2)
        return None

    def __str__(self) -> str:
        return str(self.most) if self.fewest == self.most else f"{self.fewest}..{self.most}"


@dataclass(frozen=True)
class Paste:
    """One cut-out at its place: f, its box (x, y, width, height) in px, and what would be seen of it alone.

    standing_mm: how far away it stands, 0 where the rule of placement knows nothing of it.
    """

    cutout: int
    box: tuple[int, int, int, int]
    patch: Patch
    standing_mm: int = 0

    @cached_property
    def alone_px(self) -> int:
        """The pixels that would be seen of it alone."""
        return seen_px(self.patch.alpha_u8)


@dataclass(frozen=True)
class Picture:
    """The cut-outs of one sample in the order of pasting, and the pixels that are seen of each."""

    pastes: tuple[Paste, ...]
    visible_px: tuple[int, ...]


# Puts cut-out f where two random words say; None where it can't be there.
Stand = Callable[[int, int, int], Paste | None]


class Gathering:
    """Who joins the first cut-out of each sample. splits, groups: of each of the F cut-outs."""

    def __init__(self, crowd: Crowd, seed: int, splits: Sequence[str], groups: Sequence[int]) -> None:
        self._crowd, self._seed = crowd, seed
        self._groups = np.array(groups)
        self._alike = {split: np.array([other == split for other in splits]) for split in set(splits)}
        self._splits = list(splits)

    def numbers(self, b: int, placements: int) -> NDArray[np.int32]:
        """Draw how many cut-outs each sample of background `b` is to have, (F, K) int32."""
        f, k = np.meshgrid(np.arange(len(self._splits)), np.arange(placements), indexing="ij")
        counters = np.stack([k, f, np.full_like(k, b), np.full_like(k, _CROWD_STREAM)], axis=-1)
        spread = np.uint64(self._crowd.most - self._crowd.fewest + 1)
        return (self._crowd.fewest + (philox4x32(counters, self._seed)[..., 0] * spread >> _HALF)).astype(np.int32)

    def pictures(
        self, b: int, f: int, numbers: NDArray[np.int32], firsts: Sequence[Paste], stand: Stand
    ) -> Iterator[Picture]:
        """Yield the K samples of a block. numbers: (K,) how many cut-outs each is to have; firsts: those of the block.

        Who stands farther away is pasted first, the block's own in any case: nobody is farther away than it.
        """
        words = self._words(b, f, len(firsts))
        for k, first in enumerate(firsts):
            picture = Picture((first,), (first.alone_px,))
            for draws in words[k, : numbers[k] - 1].tolist():
                joined = self._joined(picture, draws, stand)
                if joined is None:
                    break
                picture = joined
            yield picture

    def _words(self, b: int, f: int, placements: int) -> NDArray[np.uint64]:
        """Return three random words for each sample, further cut-out and try, (K, most - 1, tries, 3)."""
        counters = np.empty((placements, self._crowd.most - 1, _TRIES, 4), np.int64)
        counters[..., 0], counters[..., 1], counters[..., 2] = np.arange(placements)[:, None, None], f, b
        further = np.arange(1, self._crowd.most)[:, None] * 256
        counters[..., 3] = _CROWD_STREAM + further + np.arange(_TRIES)
        return philox4x32(counters, self._seed)[..., :3]

    def _joined(self, picture: Picture, draws: Sequence[Sequence[int]], stand: Stand) -> Picture | None:
        """Return a picture with one more cut-out: the first of the draws with which all are seen well enough."""
        others = self._strangers(picture)
        for who, *where in draws:
            paste = stand(int(others[who * len(others) >> 32]), *where)
            if paste is None or paste.alone_px == 0 or paste.standing_mm > picture.pastes[0].standing_mm:
                continue
            pastes = tuple(sorted((*picture.pastes, paste), key=lambda each: -each.standing_mm))
            visible_px = tuple(map(_visible_px, pastes, covered([each.patch for each in pastes])))
            if all(map(self._is_enough, pastes, visible_px)):
                return Picture(pastes, visible_px)
        return None

    def _strangers(self, picture: Picture) -> NDArray[np.intp]:
        """Return the cut-outs that may join: of the same split, and if there are such, of no group that is there."""
        alike = self._alike[self._splits[picture.pastes[0].cutout]]
        strangers = alike.copy()
        for paste in picture.pastes:
            strangers &= self._groups != self._groups[paste.cutout]
        return np.flatnonzero(strangers if strangers.any() else alike)

    def _is_enough(self, paste: Paste, visible_px: int) -> bool:
        return 100 * visible_px >= (100 - self._crowd.max_overlap_percent) * paste.alone_px


def _visible_px(paste: Paste, remaining_u8: NDArray[np.uint8]) -> int:
    """Count what is seen of a paste; what nothing covers was counted before."""
    return paste.alone_px if remaining_u8 is paste.patch.alpha_u8 else seen_px(remaining_u8)
