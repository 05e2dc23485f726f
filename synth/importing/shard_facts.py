"""What was seen of the samples of a shard, gathered sample by sample, as arrays for the end of an import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.synth.importing.begun import SHA256_DTYPE, Facts
from bgfg.synth.importing.sample_levels import ArraySums, SampleLevels

LOOK_PX = 32  # side of the copies in which near-duplicates are looked for


class SampleFacts(NamedTuple):
    """What was seen of a sample.

    Attributes:
        levels: Where its mask is seen, and the sums of its arrays.
        sha256: Hex SHA-256 of its files by SOURCE_KINDS, empty where there is none.
        background: Number of its background; None where that isn't known.
        look: (LOOK_PX, LOOK_PX, 3) uint8, a small copy of it; None where its background is known, and none is needed.
        objects: (255, 5) int32, box and pixels of each of its objects; None where samples have none.
        classes: (255,) int16, class of each of its objects, from 0 on; None where no annotations say it.
    """

    levels: SampleLevels
    sha256: Sequence[str]
    background: int | None
    look: NDArray[np.uint8] | None = None
    objects: NDArray[np.int32] | None = None
    classes: NDArray[np.int16] | None = None


class ShardFacts:
    """Gathers what was seen of the samples of a shard."""

    def __init__(self) -> None:
        self._seen: list[SampleFacts] = []
        self._sums: dict[str, list[ArraySums]] = defaultdict(list)

    def add(self, seen: SampleFacts, further_sums: Mapping[str, ArraySums]) -> None:
        """Add a sample; further_sums: those of arrays that its levels don't have."""
        self._seen.append(seen)
        for array, sums in (*seen.levels.arrays.items(), *further_sums.items()):
            self._sums[array].append(sums)

    def arrays(self) -> Facts:
        """Return what was seen, a row for each sample; looks only of those that have one."""
        seen = self._seen
        facts: dict[str, NDArray[Any]] = {
            "background": np.array([UNKNOWN if s.background is None else s.background for s in seen], np.int32),
            "box": np.array([s.levels.box for s in seen], np.int32),
            "visible_px": np.array([s.levels.visible_px for s in seen], np.int32),
            "looks": np.array([s.look for s in seen if s.look is not None], np.uint8).reshape(-1, LOOK_PX, LOOK_PX, 3),
            "sha256": np.array([s.sha256 for s in seen], SHA256_DTYPE),
        }
        for name in ("objects", "classes"):
            rows = [row for s in seen if (row := getattr(s, name)) is not None]
            if rows:
                facts[name] = np.stack(rows)
        return facts

    def totals(self, array: str, unit: float = 1.0) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
        """Return count, sums and sums of squares of an array as marks have them, in multiples of a unit."""
        of_samples = self._sums[array]
        sums, squares = (
            tuple(factor * sum(column) for column in zip(*each, strict=True))
            for factor, each in (
                (unit, [s.sums for s in of_samples]),
                (unit**2, [s.squares for s in of_samples]),
            )
        )
        return sum(s.values for s in of_samples), sums, squares
