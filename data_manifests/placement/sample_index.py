"""Sample numbers and what they stand for: background, cut-out and placement."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rectangle:
    """The samples of one part of a corpus: each of some cut-outs on each of some backgrounds, K times.

    Attributes:
        part: Number of the part.
        backgrounds: Numbers of its backgrounds.
        cutouts: Numbers of its cut-outs, flips counted.
        placements: K.
        first_sample: Number of its first sample.
    """

    part: int
    backgrounds: range
    cutouts: range
    placements: int
    first_sample: int

    def __len__(self) -> int:
        return len(self.backgrounds) * self.per_background

    @property
    def per_background(self) -> int:
        """How many samples each of its backgrounds has, one after the other."""
        return len(self.cutouts) * self.placements

    @property
    def new_backgrounds(self) -> range:
        """The backgrounds that came with this part: all, or none."""
        return range(0) if self.cutouts.start else self.backgrounds

    @property
    def new_cutouts(self) -> range:
        """The cut-outs that came with this part, flips counted: all, or none."""
        return range(0) if self.backgrounds.start else self.cutouts

    def strip(self, b: int) -> Strip:
        """Return the samples of background `b`."""
        return Strip(self, b)


@dataclass(frozen=True)
class Strip:
    """The samples of one background in one part: they are consecutive, and a row group of its tables.

    Attributes:
        rectangle: The samples of the part.
        background: Number of the background.
    """

    rectangle: Rectangle
    background: int

    @property
    def part(self) -> int:
        """Number of the part."""
        return self.rectangle.part

    @property
    def number(self) -> int:
        """Its number within the part."""
        return self.background - self.rectangle.backgrounds.start

    @property
    def cutouts(self) -> range:
        """Numbers of its cut-outs, flips counted."""
        return self.rectangle.cutouts

    @property
    def samples(self) -> range:
        """Numbers of its samples."""
        n, r = self.rectangle.per_background, self.rectangle
        first = r.first_sample + self.number * n
        return range(first, min(first + n, r.first_sample + len(r)))


@dataclass(frozen=True)
class ListedSamples(Rectangle):
    """The samples of an imported corpus: a list, whose numbers don't say what a sample shows.

    Its strips are groups of consecutive samples, of whatever background; the last one has what is left.

    Attributes:
        count: How many samples there are.
        known: How many backgrounds and cut-outs are known of all samples together.
    """

    count: int
    known: tuple[int, int]

    def __len__(self) -> int:
        return self.count

    @property
    def new_backgrounds(self) -> range:
        """The backgrounds that are known."""
        return range(self.known[0])

    @property
    def new_cutouts(self) -> range:
        """The cut-outs that are known."""
        return range(self.known[1])


@dataclass(frozen=True)
class SampleIndex:
    """Arithmetic of sample numbers: i = (b·F + f)·K + k in a corpus that was planned in one go.

    What was added later are parts of their own, numbered on from the part before: new backgrounds with all the cut-outs
    there are, or new cut-outs on all the backgrounds there are. Within each, i = first + ((b - b0)·F' + f - f0)·K + k,
    where F' is how many cut-outs the part has, and b0 and f0 are the first of its backgrounds and cut-outs.

    Attributes:
        backgrounds: B.
        cutouts: F, flips counted.
        placements: K.
        added: How many (backgrounds, cut-outs) came with each further part, one of the two 0; counted among B and F.
    """

    backgrounds: int
    cutouts: int
    placements: int
    added: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return self.backgrounds * self.cutouts * self.placements

    @cached_property
    def rectangles(self) -> tuple[Rectangle, ...]:
        """The samples of each part."""
        b = self.backgrounds - sum(backgrounds for backgrounds, _ in self.added)
        f = self.cutouts - sum(cutouts for _, cutouts in self.added)
        found = [Rectangle(0, range(b), range(f), self.placements, 0)]
        for part, (more_b, more_f) in enumerate(self.added, start=1):
            pictures = (range(b, b + more_b), range(f)) if more_b else (range(b), range(f, f + more_f))
            found.append(Rectangle(part, *pictures, self.placements, found[-1].first_sample + len(found[-1])))
            b, f = b + more_b, f + more_f
        return tuple(found)

    def sample(self, b: int, f: int, k: int) -> int:
        """Return the number of the sample with placement `k` of cut-out `f` on background `b`."""
        r = next(r for r in self.rectangles if b in r.backgrounds and f in r.cutouts)
        return r.strip(b).samples.start + (f - r.cutouts.start) * self.placements + k

    def strip_of(self, sample: int) -> Strip:
        """Return the strip that holds a sample."""
        r = self.rectangles[bisect_right(self.rectangles, sample, key=lambda r: r.first_sample) - 1]
        return r.strip(r.backgrounds.start + (sample - r.first_sample) // r.per_background)

    def ids(self, sample: int) -> tuple[int, int, int]:
        """Return (b, f, k) of a sample number in 0..N-1."""
        strip = self.strip_of(sample)
        block, k = divmod(sample - strip.samples.start, self.placements)
        return strip.background, strip.cutouts.start + block, k

    def strips(self, start: int = 0, stop: int | None = None) -> Iterator[Strip]:
        """Yield the strips that hold the samples `start` to before `stop`, in order; all by default."""
        stop = len(self) if stop is None else stop
        while start < stop:
            strip = self.strip_of(start)
            yield strip
            start = strip.samples.stop

    def ids_of(self, samples: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the backgrounds and the cut-outs of samples, (n,) int64 each."""
        firsts, per_background, b0, f0 = np.array(
            [(r.first_sample, r.per_background, r.backgrounds.start, r.cutouts.start) for r in self.rectangles]
        ).T
        part = np.searchsorted(firsts, samples, side="right") - 1
        strip, rest = np.divmod(samples - firsts[part], per_background[part])
        return b0[part] + strip, f0[part] + rest // self.placements


@dataclass(frozen=True)
class ListIndex(SampleIndex):
    """Numbers of the samples of an imported corpus: arithmetic tells the strip of one, and nothing else.

    Attributes:
        count: N.
        per_strip: How many samples a strip has.
    """

    count: int = 0
    per_strip: int = 1

    def __len__(self) -> int:
        return self.count

    @cached_property
    def rectangles(self) -> tuple[Rectangle, ...]:
        """All samples, as one part."""
        strips = range(-(-self.count // self.per_strip))
        known = self.backgrounds, self.cutouts
        return (ListedSamples(0, strips, range(self.per_strip), 1, 0, self.count, known),)

    def sample(self, b: int, f: int, k: int) -> int:
        """Raise ValueError: nothing says which sample that would be."""
        raise ValueError("the samples of an imported corpus are a list")

    def ids(self, sample: int) -> tuple[int, int, int]:
        """Raise ValueError: the row of the sample says what it shows, where anybody knows."""
        raise ValueError("the number of an imported sample doesn't say what it shows")

    def ids_of(self, samples: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Raise ValueError, as `ids` does."""
        raise ValueError("the numbers of imported samples don't say what they show")
