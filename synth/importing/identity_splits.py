"""Splits of imported samples: those that the set has, or by identity of what each sample shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.duplicates import duplicate_groups
from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.corpus.splits import ASSET_SPLITS, parse_shares, split_groups

AS_GIVEN = "as given"
MIXED = "mixed"

# Copies that are compared with one another: pairs grow with the square. Of more, equal ones alone are found.
_MOST_COMPARED = 30_000


@dataclass(frozen=True)
class ImportedSplits:
    """The splits of an imported corpus.

    Attributes:
        samples: Of each sample, one of train, val, test and mixed.
        backgrounds: Of each background that is known.
        cutouts: Of each cut-out that is known.
        rule: What corpus.json says of them: shares, or that they were given.
    """

    samples: list[str]
    backgrounds: list[str]
    cutouts: list[str]
    rule: str


def given(
    told: Sequence[str | None], backgrounds: NDArray[np.int32], cutouts: NDArray[np.int32], counts: tuple[int, int]
) -> ImportedSplits:
    """Return the splits that a set has; what it has none for is mixed.

    Args:
        told: Split of each sample.
        backgrounds: Number of each sample's background, or UNKNOWN.
        cutouts: Number of each sample's cut-out, likewise.
        counts: How many backgrounds and cut-outs are known.
    """
    samples = [split or MIXED for split in told]
    return ImportedSplits(
        samples, _of_pictures(samples, backgrounds, counts[0]), _of_pictures(samples, cutouts, counts[1]), AS_GIVEN
    )


def note_on_empty(counts: Mapping[str, int], rule: str) -> list[str]:
    """Say in a line which of train, val and test have no samples though they were asked for, and what helps.

    Args:
        counts: How many samples each split has.
        rule: What corpus.json says of splits.
    """
    shares = (1.0, 1.0, 1.0) if rule == AS_GIVEN else parse_shares(rule)
    empty = [split for split, share in zip(ASSET_SPLITS, shares, strict=True) if share and not counts[split]]
    if not empty:
        return []
    listed = ", ".join(f"{split} {counts[split]:,}" for split in (*ASSET_SPLITS, MIXED))
    told = f"no samples of the split {' and '.join(empty)} ({listed})"
    if rule == AS_GIVEN:
        return [f"{told}, as the set's own folders and lists have it"]
    helps = "give --split with larger shares of them, such as 60/20/20, or folders train, val and test"
    return [f"{told}, for few backgrounds and cut-outs are seen and each is in one split: {helps}"]


def _of_pictures(samples: Sequence[str], numbers: NDArray[np.int32], count: int) -> list[str]:
    """Return the split of each picture: the first of train, val and test that shows it, train for what none does."""
    found = ["train"] * count
    for split in reversed(ASSET_SPLITS):
        for number in np.unique(numbers[np.array(samples) == split]).tolist():
            if number != UNKNOWN:
                found[number] = split
    return found


def by_identity(
    shares: str,
    seed: int,
    backgrounds: NDArray[np.int32],
    cutouts: NDArray[np.int32],
    groups: tuple[Sequence[int], Sequence[int]],
    looks: NDArray[np.uint8],
    workers: int,
) -> ImportedSplits:
    """Split by background and by cut-out; a composite whose background isn't known is an identity of its own.

    Near-duplicates stay together. A sample is in the split that its background and its cut-out have in common; one
    whose cut-out isn't known is in that of its background.

    Args:
        shares: Of train, val and test, such as "80/10/10".
        seed: Seed of the draw.
        backgrounds: (n,) number of each sample's background, or UNKNOWN.
        cutouts: (n,) number of each sample's cut-out, likewise.
        groups: Groups of near-duplicates of the backgrounds and of the cut-outs that are known.
        looks: (u, h, w, 3) uint8, small copies of the samples whose background isn't known, in order.
        workers: Number of threads.
    """
    parts = parse_shares(shares)
    of_backgrounds, of_cutouts = groups
    alike = np.array(_alike(looks, workers), np.int64) + len(of_backgrounds)
    split = split_groups([*of_backgrounds, *alike.tolist()], parts, seed, "background")
    known, bare = split[: len(of_backgrounds)], iter(split[len(of_backgrounds) :])
    cut = split_groups(of_cutouts, parts, seed, "cutout")
    samples = []
    for b, f in zip(backgrounds.tolist(), cutouts.tolist(), strict=True):
        background = next(bare) if b == UNKNOWN else known[b]
        samples.append(background if f == UNKNOWN or cut[f] == background else MIXED)
    return ImportedSplits(samples, known, cut, shares)


def _alike(looks: NDArray[np.uint8], workers: int) -> list[int]:
    """Return the group of near-duplicates of each small copy, called by its first."""
    if not len(looks):
        return []
    if len(looks) <= _MOST_COMPARED:
        return duplicate_groups(list(looks), [str(number) for number in range(len(looks))], workers)
    first: dict[bytes, int] = {}
    return [first.setdefault(look.tobytes(), number) for number, look in enumerate(looks)]
