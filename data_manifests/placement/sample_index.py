"""Sample numbers and what they stand for: background, cut-out and placement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleIndex:
    """Arithmetic of sample numbers: i = (b·F + f)·K + k.

    Attributes:
        backgrounds: B.
        cutouts: F, flips counted.
        placements: K.
    """

    backgrounds: int
    cutouts: int
    placements: int

    def __len__(self) -> int:
        return self.backgrounds * self.cutouts * self.placements

    def sample(self, b: int, f: int, k: int) -> int:
        """Return the number of the sample with placement `k` of cut-out `f` on background `b`."""
        return (b * self.cutouts + f) * self.placements + k

    def ids(self, sample: int) -> tuple[int, int, int]:
        """Return (b, f, k) of a sample number in 0..N-1."""
        block, k = divmod(sample, self.placements)
        b, f = divmod(block, self.cutouts)
        return b, f, k
