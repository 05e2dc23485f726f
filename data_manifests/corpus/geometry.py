"""The counts and sizes of a corpus."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

from bgfg.data_manifests.corpus.naming import Name, NameWriter
from bgfg.data_manifests.placement.sample_index import ListIndex, SampleIndex
from bgfg.data_manifests.terminal.errors import counted

# A shard is one background, unless that would hold far more blocks than this: then a divisor of F near to it.
_BLOCKS_PER_SHARD = 200


@dataclass(frozen=True)
class AddedPictures:
    """How many pictures a further part of a corpus brought: backgrounds, or cut-outs.

    Attributes:
        backgrounds: Number of backgrounds.
        cutouts: Number of cut-outs as given, without flips.
        cutout_box_px: (h, w) of the largest of these cut-outs; None where there are none.
    """

    backgrounds: int
    cutouts: int
    cutout_box_px: tuple[int, int] | None

    def __post_init__(self) -> None:
        numbers = (self.backgrounds + self.cutouts, *(self.cutout_box_px or ()))
        if not all(type(number) is int and 1 <= number < 2**31 for number in numbers):
            raise ValueError(f"added pictures are {self!r}")
        if min(self.backgrounds, self.cutouts) != 0 or bool(self.cutouts) != bool(self.cutout_box_px):
            raise ValueError(f"added pictures are {self!r}")

    def describe(self) -> str:
        """Say in words what was added."""
        if self.backgrounds:
            return counted(self.backgrounds, "background")
        return counted(self.cutouts, "cut-out")


@dataclass(frozen=True)
class SampleList:
    """How many samples an imported corpus has, which are listed and not planned.

    Attributes:
        count: N.
        per_shard: Samples of a shard, and of a row group of the tables; the last one has what is left.
    """

    count: int
    per_shard: int


@dataclass(frozen=True)
class CorpusGeometry:
    """Counts and sizes of a corpus.

    Attributes:
        backgrounds: B, of all parts; of an imported corpus those that are known, also none.
        cutouts: C as given, without flips, of all parts; of an imported corpus all pictures of cut-outs, also none.
        placements: K; 1 in an imported corpus.
        height_px: H, height of a sample.
        width_px: W, width of a sample.
        cutout_height_px: Height to which cut-outs are prepared, at most.
        cutout_box_px: (h, w) of the largest cut-out of the first part.
        added: What each further part brought; counted among B and C.
        listed: How many samples an imported corpus has; None for a planned one, whose counts say it.
    """

    backgrounds: int
    cutouts: int
    placements: int
    height_px: int
    width_px: int
    cutout_height_px: int
    cutout_box_px: tuple[int, int]
    added: tuple[AddedPictures, ...] = ()
    listed: SampleList | None = None

    def __post_init__(self) -> None:
        for name, value in self.sizes().items():
            least = 0 if self.listed is not None and name in ("backgrounds", "cutouts") else 1
            for number in value if isinstance(value, tuple) else (value,):
                if type(number) is not int or not least <= number < 2**31:  # columns of tables are int32
                    raise ValueError(f"{name} is {value!r}")
        if self.listed is not None:
            numbers = self.listed.count, self.listed.per_shard
            is_sound = all(type(number) is int and 1 <= number < 2**31 for number in numbers)
            if not is_sound or self.placements != 1 or self.added:
                raise ValueError(f"samples are {self.listed!r}")
        for name in ("backgrounds", "cutouts"):
            if self.added and sum(getattr(each, name) for each in self.added) >= getattr(self, name):
                raise ValueError(f"{name} is {getattr(self, name)!r}, of which others were added")

    def sizes(self) -> dict[str, int | tuple[int, int]]:
        """Return the counts and sizes by name, as digests have them."""
        names = [field.name for field in fields(self) if field.name not in ("added", "listed")]
        return {name: getattr(self, name) for name in names}

    @property
    def parts(self) -> range:
        """Numbers of the parts."""
        return range(1 + len(self.added))

    def until(self, parts: int) -> CorpusGeometry:
        """Return what it was when it had so many parts."""
        if parts == len(self.parts):
            return self
        later = self.added[parts - 1 :]
        return replace(
            self,
            backgrounds=self.backgrounds - sum(each.backgrounds for each in later),
            cutouts=self.cutouts - sum(each.cutouts for each in later),
            added=self.added[: parts - 1],
        )

    def with_added(self, added: AddedPictures) -> CorpusGeometry:
        """Return what it is with one more part."""
        return replace(
            self,
            backgrounds=self.backgrounds + added.backgrounds,
            cutouts=self.cutouts + added.cutouts,
            added=(*self.added, added),
        )

    def of_part(self, part: int) -> CorpusGeometry:
        """Return counts and sizes of the samples of one part as if they were a corpus: B and C are those they show."""
        if self.listed is not None:
            return self
        r = self.index.rectangles[part]
        box_px = self.added[part - 1].cutout_box_px if part else None
        return replace(
            self,
            backgrounds=len(r.backgrounds),
            cutouts=len(r.cutouts) // 2,
            cutout_box_px=box_px or self.cutout_box_px,
            added=(),
        )

    def describe_added(self, parts: int) -> str:
        """Say in words what came after so many parts; empty where nothing did."""
        return " and ".join(each.describe() for each in self.added[parts - 1 :])

    @property
    def largest_box_px(self) -> tuple[int, int]:
        """(h, w) of the largest cut-out of all parts."""
        boxes = (self.cutout_box_px, *(each.cutout_box_px for each in self.added if each.cutout_box_px))
        return max(h for h, _ in boxes), max(w for _, w in boxes)

    @property
    def frame_px(self) -> tuple[int, int]:
        """Height and width of the frame."""
        return self.height_px, self.width_px

    @cached_property
    def index(self) -> SampleIndex:
        """Arithmetic of the sample numbers."""
        if self.listed is not None:
            known = self.backgrounds, self.cutouts
            return ListIndex(*known, 1, count=self.listed.count, per_strip=self.listed.per_shard)
        added = tuple((each.backgrounds, 2 * each.cutouts) for each in self.added)
        return SampleIndex(self.backgrounds, 2 * self.cutouts, self.placements, added)

    @property
    def cutout_pictures(self) -> int:
        """F, how many pictures of cut-outs there are: with the flips that planning makes of each."""
        return self.cutouts if self.listed is not None else 2 * self.cutouts

    def describe(self) -> str:
        """Say in words of what how many samples are made, and their size."""
        if self.listed is not None:
            known = f"{counted(self.backgrounds, 'background')} and {counted(self.cutouts, 'cut-out')} known"
            return f"{counted(len(self.index), 'imported sample')} of {self.width_px}x{self.height_px}, {known}"
        return (
            f"{counted(self.backgrounds, 'background')} x {counted(self.cutouts, 'cut-out')} x 2 (flips) x "
            f"{counted(self.placements, 'placement')} = {counted(len(self.index), 'sample')} of "
            f"{self.width_px}x{self.height_px}"
        )

    @cached_property
    def names(self) -> NameWriter:
        """Writer of the names of its pictures, whose digits are those of the first part: no name ever changes."""
        first = self.until(1)
        return NameWriter(first.backgrounds, first.cutouts, first.placements)

    def sample_of(self, name: Name) -> int | None:
        """Return the sample that the name of an image, mask or depth map stands for; None where there is none."""
        b, c, k = name.background, name.cutout, name.placement
        if b is None or c is None or k is None or self.listed is not None:
            return None
        there = b < self.backgrounds and c < self.cutouts and k < self.placements
        return self.index.sample(b, 2 * c + name.flipped, k) if there else None


def blocks_per_shard(cutouts: int) -> int:
    """Return how many of the F blocks of a background make a shard: all, or the divisor of F nearest to 200."""
    if cutouts <= 2 * _BLOCKS_PER_SHARD:
        return cutouts
    divisors = [d for d in range(1, cutouts + 1) if cutouts % d == 0]
    return min(divisors, key=lambda d: max(d / _BLOCKS_PER_SHARD, _BLOCKS_PER_SHARD / d))
