"""Several cut-outs in one sample: how many, which ones, and whether enough of each stays visible.

The first cut-out of a sample is that of its block. How many there are, and of each further one which cut-out it is and
where it goes, is drawn by the counter-based generator from (seed, b, f, k). Each further cut-out has a fixed number of
tries; if none of them leaves every cut-out visible enough, the sample has fewer. Further cut-outs come from the split
of the first one, and never twice from one original or group of near-duplicates as long as the split has others: so a
training sample shows nothing of val or test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.placement.overlap import AlphaPatch, count_opaque_px, remaining_alpha
from bgfg.data_manifests.placement.philox import philox4x32, scale_words
from bgfg.data_manifests.placement.variety import AS_BY_DEFAULT, PasteVariety
from bgfg.data_manifests.terminal.errors import Problem

MAX_CUTOUTS_PER_SAMPLE = 255  # instance ids are bytes
DEFAULT_MAX_OVERLAP_PERCENT = 50

_TRIES = 16
# Numbers of further cut-outs whose random words are drawn together: most samples have no room for as many as they may.
_NUMBERS_AT_A_TIME = 8
# High bit of the counter's last word, whose low values belong to the draw of the first cut-out's position. The rest of
# the word holds the number of the further cut-out and the try.
_MULTI_CUTOUT_STREAM = 0x80000000


@dataclass(frozen=True)
class CutoutsPerSample:
    """How many cut-outs a sample has, and how much of one may be covered by those in front of it.

    Attributes:
        fewest: Smallest number, at least 1.
        most: Largest number, itself included, 2..255.
        max_overlap_percent: Share of the pixels that would be seen of a cut-out alone, 0..100.
    """

    fewest: int
    most: int
    max_overlap_percent: int = DEFAULT_MAX_OVERLAP_PERCENT

    def __post_init__(self) -> None:
        for name, sound in (
            ("fewest", type(self.fewest) is int and self.fewest >= 1),
            ("most", type(self.most) is int and max(2, self.fewest) <= self.most <= MAX_CUTOUTS_PER_SAMPLE),
            ("max_overlap_percent", type(self.max_overlap_percent) is int and 0 <= self.max_overlap_percent <= 100),
        ):
            if not sound:
                raise ValueError(f"{name} is {getattr(self, name)!r}")

    @classmethod
    def parse(cls, text: str, max_overlap_percent: int | None) -> CutoutsPerSample | None:
        """Parse the options --cutouts-per-sample and --max-overlap.

        Args:
            text: A number or a range, such as `3` or `1..3`.
            max_overlap_percent: Limit as given, None for the default.

        Returns:
            The numbers; None where every sample has one cut-out.

        Raises:
            Problem: The text can't be parsed, a value is out of range, or a limit is given for single cut-outs.
        """
        match = re.fullmatch(r"(\d{1,4})(?:\.\.(\d{1,4}))?", text.strip(), re.ASCII)
        fewest, most = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= fewest <= most <= MAX_CUTOUTS_PER_SAMPLE:
            limits = f"a number or a range from 1 to {MAX_CUTOUTS_PER_SAMPLE}"
            raise Problem(f"--cutouts-per-sample {text}: give {limits}, such as 3 or 1..3", exit_code=2)
        if max_overlap_percent is not None and not 0 <= max_overlap_percent <= 100:
            raise Problem(f"--max-overlap {max_overlap_percent}: give per cent from 0 to 100, such as 50", exit_code=2)
        if most > 1:
            return cls(
                fewest, most, DEFAULT_MAX_OVERLAP_PERCENT if max_overlap_percent is None else max_overlap_percent
            )
        if max_overlap_percent is not None:
            line = f"--max-overlap {max_overlap_percent}: goes with several cut-outs: add --cutouts-per-sample 1..3"
            raise Problem(line, exit_code=2)
        return None

    def __str__(self) -> str:
        return str(self.most) if self.fewest == self.most else f"{self.fewest}..{self.most}"


@dataclass(frozen=True)
class Paste:
    """One cut-out at its place in a frame.

    Attributes:
        cutout: Number f of the cut-out.
        box: x, y, width and height in px; (x, y) is the top-left corner.
        patch: What would be seen of the cut-out alone.
        distance_mm: How far from the camera it stands; 0 where the placement rule knows no depth.
        variety: What was drawn for it where anything varies.
    """

    cutout: int
    box: tuple[int, int, int, int]
    patch: AlphaPatch
    distance_mm: int = 0
    variety: PasteVariety = AS_BY_DEFAULT

    @cached_property
    def unoccluded_px(self) -> int:
        """Number of pixels that would be seen of it alone."""
        return count_opaque_px(self.patch.alpha_u8)


@dataclass(frozen=True)
class Composition:
    """The cut-outs of one sample.

    Attributes:
        pastes: The cut-outs in the order of pasting, farthest first.
        visible_px: Number of pixels that are seen of each.
        remaining_u8: What remains of the alpha of each under those in front of it.
    """

    pastes: tuple[Paste, ...]
    visible_px: tuple[int, ...]
    remaining_u8: tuple[NDArray[np.uint8], ...]


@dataclass(frozen=True)
class PasteDraw:
    """What was drawn for a further cut-out of a sample.

    Attributes:
        cutout: Number f of the cut-out.
        block: Number of the first cut-out of the sample.
        placement: Number k of the sample in its block.
        across: Random word below 2^32 that says where it goes.
        down: Another one.
        shape: A third one, which says how it is shaped where that varies.
    """

    cutout: int
    block: int
    placement: int
    across: int
    down: int
    shape: int


# Places a further cut-out; None where it can't be there.
PlaceAt = Callable[[PasteDraw], Paste | None]


class Company:
    """Which cut-outs may be together in a sample.

    Args:
        splits: Split of each of the F cut-outs.
        groups: Group of near-duplicates of each of the F cut-outs.
    """

    def __init__(self, splits: Sequence[str], groups: Sequence[int]) -> None:
        self._splits, self._groups = list(splits), np.array(groups)
        self._same_split = {split: np.array([other == split for other in splits]) for split in set(splits)}

    def __len__(self) -> int:
        return len(self._splits)

    def may_join(self, there: Sequence[int]) -> NDArray[np.intp]:
        """Return the cut-outs that may join: of the same split and, if there are such, of a group not there yet."""
        same_split = self._same_split[self._splits[there[0]]]
        candidates = same_split.copy()
        for cutout in there:
            candidates &= self._groups != self._groups[cutout]
        return np.flatnonzero(candidates if candidates.any() else same_split)


class MultiCutoutSampler:
    """Draws the cut-outs that join the first one of each sample.

    Args:
        limits: How many cut-outs a sample has.
        seed: Seed of the corpus.
        company: Which of the F cut-outs may be together.
    """

    def __init__(self, limits: CutoutsPerSample, seed: int, company: Company) -> None:
        self._limits, self._seed, self._company = limits, seed, company

    def draw_counts(self, b: int, placements: int) -> NDArray[np.int32]:
        """Draw how many cut-outs each sample of background `b` is to have, (F, K) int32."""
        f, k = np.meshgrid(np.arange(len(self._company)), np.arange(placements), indexing="ij")
        counters = np.stack([k, f, np.full_like(k, b), np.full_like(k, _MULTI_CUTOUT_STREAM)], axis=-1)
        words = philox4x32(counters, self._seed)[..., 0]
        span = self._limits.most - self._limits.fewest + 1
        return (self._limits.fewest + scale_words(words, span)).astype(np.int32)

    def compositions(
        self, b: int, f: int, counts: NDArray[np.int32], first_pastes: Sequence[Paste], place_at: PlaceAt
    ) -> Iterator[Composition]:
        """Compose the K samples of a block.

        Cut-outs that stand farther away are pasted earlier. The block's own comes first in any case, since no cut-out
        that is farther away than it may join.

        Args:
            b: Number of the background.
            f: Number of the block's own cut-out.
            counts: How many cut-outs each sample is to have, (K,).
            first_pastes: The block's own cut-out in its K places.
            place_at: Places a further cut-out as was drawn for it.

        Yields:
            The cut-outs of each sample.
        """
        words: list[NDArray[np.uint64]] = []
        for k, first in enumerate(first_pastes):
            composition = Composition((first,), (first.unoccluded_px,), (first.patch.alpha_u8,))
            for further in range(1, int(counts[k])):
                run, within = divmod(further, _NUMBERS_AT_A_TIME)
                if run == len(words):
                    words.append(self._words(b, f, len(first_pastes), further - within))
                extended = self._with_another(composition, f, k, words[run][k, within].tolist(), place_at)
                if extended is None:
                    break
                composition = extended
            yield composition

    def _words(self, b: int, f: int, placements: int, first: int) -> NDArray[np.uint64]:
        """Return four random words for each sample, further cut-out from number `first` on, and try.

        Returns:
            (K, numbers, tries, 4).
        """
        counters = np.empty((placements, _NUMBERS_AT_A_TIME, _TRIES, 4), np.int64)
        counters[..., 0], counters[..., 1], counters[..., 2] = np.arange(placements)[:, None, None], f, b
        further = np.arange(first, first + _NUMBERS_AT_A_TIME)[:, None] * 256
        counters[..., 3] = _MULTI_CUTOUT_STREAM + further + np.arange(_TRIES)
        return philox4x32(counters, self._seed)

    def _with_another(
        self, composition: Composition, f: int, k: int, tries: Sequence[Sequence[int]], place_at: PlaceAt
    ) -> Composition | None:
        """Add one cut-out: the first of the tries with which all are visible enough; None where no try is."""
        candidates = self._company.may_join([paste.cutout for paste in composition.pastes])
        for which, *words in tries:
            paste = place_at(PasteDraw(int(candidates[which * len(candidates) >> 32]), f, k, *words))
            if paste is None or paste.unoccluded_px == 0 or paste.distance_mm > composition.pastes[0].distance_mm:
                continue
            extended = self._with(composition, paste)
            if extended is not None:
                return extended
        return None

    def _with(self, composition: Composition, paste: Paste) -> Composition | None:
        """Add one cut-out at its place; None where it, or another behind it, isn't visible enough then.

        Only what it covers is computed anew: else a sample would take a time that grows with the cube of its cut-outs.
        """
        # At equal distances, and under rules without depth, the order of drawing stays.
        at = sum(each.distance_mm >= paste.distance_mm for each in composition.pastes)
        in_front = [each.patch for each in composition.pastes[at:]]
        own = remaining_alpha(paste.patch, in_front)
        own_px = _visible_px(paste, own)
        if not self._is_visible_enough(paste, own_px):
            return None
        visible_px, remaining = list(composition.visible_px), list(composition.remaining_u8)
        for number, other in enumerate(composition.pastes[:at]):
            # In front of all, it covers what the others have left. Between others their order counts, for each rounds.
            before = replace(other.patch, alpha_u8=remaining[number])
            under = remaining_alpha(before, [paste.patch])
            if under is before.alpha_u8:
                continue
            if in_front:
                between = [each.patch for each in composition.pastes[number + 1 : at]]
                under = remaining_alpha(other.patch, [*between, paste.patch, *in_front])
            remaining[number], visible_px[number] = under, _visible_px(other, under)
            if not self._is_visible_enough(other, visible_px[number]):
                return None
        pastes = (*composition.pastes[:at], paste, *composition.pastes[at:])
        visible_px.insert(at, own_px)
        remaining.insert(at, own)
        return Composition(pastes, tuple(visible_px), tuple(remaining))

    def _is_visible_enough(self, paste: Paste, visible_px: int) -> bool:
        return 100 * visible_px >= (100 - self._limits.max_overlap_percent) * paste.unoccluded_px


def _visible_px(paste: Paste, remaining_u8: NDArray[np.uint8]) -> int:
    """Count what is seen of a paste; where nothing covers it, that was counted before."""
    return paste.unoccluded_px if remaining_u8 is paste.patch.alpha_u8 else count_opaque_px(remaining_u8)
