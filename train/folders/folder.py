"""Other people's data: a folder of images and masks, paired, split, and its masks' values understood.

folder = Folder(Path("photos"), {"val": 2, "test": 4})
folder.pairs[0], folder.splits[0], folder.reading.how
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.pictures import look, read_stored
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.train.folders.discovery import Pair, recognise
from bgfg.train.folders.mask_encoding import (
    MANNERS,
    OUTLINES,
    Plane,
    Reading,
    Unreadable,
    all_counts,
    reading_of,
    trimaps,
)
from bgfg.train.folders.scan import Seen, survey
from bgfg.train.folders.split import SHARES, check_settings, split_pairs
from bgfg.train.stream.stream import default_threads
from numpy.typing import NDArray

T = TypeVar("T")

# Of larger folders so many pairs, evenly spread, are read before a training; `check-data` reads them all.
READ_FIRST = 4_000

SETTINGS = ("split", "val", "test", "split_seed", "outline", "masks")


class Folder:
    """A folder of images and masks.

    settings: "split" (shares, such as "80/10/10"), "val" and "test" (counts instead), "split_seed", "outline" (what the
    outline of trimaps counts as in a mask, of OUTLINES) and "masks" (how their values are read, of MANNERS); those left
    out have their defaults. whole: read every pair now, however many there are.

    layout: as recognised. pairs: those that can be used. splits: of each pair. reading: how masks are read. findings:
    what is to be said, the pairs left out among it. counts: how often each value occurs in the masks that were read.
    Raises Problem where the path isn't such a folder, where no pair can be used, and where settings make no sense.
    """

    def __init__(
        self, path: Path, settings: Mapping[str, Any] | None = None, whole: bool = False, progress: Progress = silent
    ) -> None:
        self.path, self.settings = Path(path), dict(settings or {})
        _check(self.settings)
        self.layout = recognise(self.path)
        self._alpha = self.layout.name == "aisegment"
        pairs = self.layout.pairs
        step = 1 if whole else -(-len(pairs) // READ_FIRST)
        read = dict(
            zip(pairs[::step], survey(self.path, pairs[::step], self._alpha, default_threads(), progress), strict=True)
        )
        usable = {pair: seen for pair, seen in read.items() if seen.usable}
        self.findings = [*self.layout.findings, *(finding for seen in read.values() for finding in seen.findings)]
        if not usable:
            lines = [f"{self.path}/{finding.path}: {finding.message}" for finding in self.left_out]
            raise Problem(*lines[:5], f"{self.path}: no pair can be used: {command('check-data', self.path)} says all")
        self.read: Mapping[Pair, Seen] = usable
        self.pairs = tuple(pair for pair in pairs if pair not in read or pair in usable)
        self.counts = all_counts([(seen.kind, seen.counts) for seen in usable.values()])
        self.reading = self._reading()
        self.splits = self._split()

    @property
    def outline(self) -> str:
        """What the outline of trimaps counts as in a mask, of OUTLINES."""
        return str(self.settings.get("outline", OUTLINES[0]))

    @property
    def left_out(self) -> list[Finding]:
        """What is left out, and why: a finding a file."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def targets(self) -> tuple[str, ...]:
        """What can be learnt from it, the first by default."""
        if self.layout.name == "aisegment":
            return ("matte", "mask")
        return ("mask", "matte") if self.reading.kind == "mask" else ("classes", "mask")

    def chosen(self, split: str) -> NDArray[np.int64]:
        """Return the numbers of the pairs of a split, (n,) ascending."""
        return np.array([i for i, own in enumerate(self.splits) if own == split], np.int64)

    @cached_property
    def digest(self) -> str:
        """The digest of names, sizes and of the images that were read: SHA-256 in hexadecimal."""
        sizes = {p: [(self.path / file).stat().st_size for file in (p.image, p.mask)] for p in self.pairs}
        content = [
            [pair.image, pair.mask, *size, self.read[pair].digest if pair in self.read else ""]
            for pair, size in sizes.items()
        ]
        return hashlib.sha256(json.dumps([self.layout.name, content]).encode()).hexdigest()

    def image(self, i: int) -> NDArray[np.uint8]:
        """Read the picture of a pair, (H, W, 3) uint8 RGB, upright."""
        return self._whole(i, lambda pair: look(self.path / pair.image).pixels[..., :3])

    def parts(self, i: int, wanted: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        """Read the parts of a pair's truth that targets read, (H, W) uint8 each, at the mask's own size."""

        def read(pair: Pair) -> dict[str, NDArray[np.uint8]]:
            codes = self.reading.decode(Plane.of(read_stored(self.path / pair.mask), self._alpha))
            return self.reading.parts(codes, wanted, self.outline)

        return self._whole(i, read)

    def digests(self, samples: Sequence[int] | NDArray[np.int64]) -> set[str]:
        """Return the SHA-256 of the images of some pairs, of those that were read, the first 16 digits of each."""
        pairs = (self.pairs[i] for i in samples)
        return {self.read[pair].digest[:16] for pair in pairs if pair in self.read}

    def values(self, pair: Pair) -> Counter[int]:
        """Return how often each value occurs in the mask of a pair that was read, as `reading` has them."""
        seen = self.read[pair]
        return all_counts([(seen.kind, seen.counts)], self.reading.colour)

    def describe(self) -> str:
        """Return what it is in a line."""
        counts = Counter(self.splits)
        parts = ", ".join(f"{counts[split]:,} {split}" for split in ("train", "val", "test"))
        left_out = self.left_out
        without = f"; {len(left_out)} left out ({command('check-data', self.path)})" if left_out else ""
        return f"{self.path}: {self.layout.about}: {parts}; masks read as {self.reading.how}{without}"

    def _whole(self, i: int, read: Callable[[Pair], T]) -> T:
        """Read something of a pair; a file that turns out to be broken is said with what to do."""
        pair = self.pairs[i]
        try:
            return read(pair)
        except Unreadable as error:
            line = f"{self.path / pair.mask}: holds {error}: move it away; {command('check-data', self.path)} finds all"
            raise Problem(line) from error
        except PictureError as error:
            line = (
                f"{error.path}: {error.reason}: move it away; {command('check-data', self.path)} finds all such files"
            )
            raise Problem(line) from error

    def _reading(self) -> Reading:
        manner = self.settings.get("masks", MANNERS[0])
        pets = trimaps()
        if self.layout.name == "pets" and manner == "auto" and self.counts.keys() <= pets.codes.keys():
            return pets
        if "outline" in self.settings:
            line = f"--outline {self.outline}: {self.path} has no trimaps of pet, background and outline: leave it out"
            raise Problem(line, exit_code=2)
        return reading_of(Counter(seen.kind for seen in self.read.values()), self.counts, manner)

    def _split(self) -> list[str]:
        s = self.settings
        shares = s.get("split", SHARES if not {"val", "test"} & s.keys() else "100/0/0")
        return split_pairs(self.pairs, shares, s.get("val"), s.get("test"), s.get("split_seed", 0))


def _check(settings: dict[str, Any]) -> None:
    unknown = sorted(settings.keys() - set(SETTINGS))
    if unknown:
        raise Problem(f"settings: no {unknown[0]!r}: give some of {', '.join(SETTINGS)}", exit_code=2)
    check_settings(settings)
    for name, choice in (("outline", OUTLINES), ("masks", MANNERS)):
        if settings.get(name, choice[0]) not in choice:
            raise Problem(f"--{name} {settings[name]}: give one of {', '.join(choice)}", exit_code=2)
