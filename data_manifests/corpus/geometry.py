"""The counts and sizes of a corpus."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from bgfg.data_manifests.corpus.naming import Name, NameWriter
from bgfg.data_manifests.placement.sample_index import SampleIndex
from bgfg.data_manifests.terminal.errors import counted


@dataclass(frozen=True)
class CorpusGeometry:
    """Counts and sizes of a corpus.

    Attributes:
        backgrounds: B.
        cutouts: C as given, without flips.
        placements: K.
        height_px: H, height of a sample.
        width_px: W, width of a sample.
        cutout_height_px: Height to which cut-outs are prepared, at most.
        cutout_box_px: (h, w) of the largest cut-out.
    """

    backgrounds: int
    cutouts: int
    placements: int
    height_px: int
    width_px: int
    cutout_height_px: int
    cutout_box_px: tuple[int, int]

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            for number in value if name == "cutout_box_px" else (value,):
                if type(number) is not int or not 1 <= number < 2**31:  # columns of tables are int32
                    raise ValueError(f"{name} is {value!r}")

    @property
    def frame_px(self) -> tuple[int, int]:
        """Height and width of the frame."""
        return self.height_px, self.width_px

    @property
    def index(self) -> SampleIndex:
        """Arithmetic of the sample numbers."""
        return SampleIndex(self.backgrounds, 2 * self.cutouts, self.placements)

    def describe(self) -> str:
        """Say in words of what how many samples are made, and their size."""
        return (
            f"{counted(self.backgrounds, 'background')} x {counted(self.cutouts, 'cut-out')} x 2 (flips) x "
            f"{counted(self.placements, 'placement')} = {counted(len(self.index), 'sample')} of "
            f"{self.width_px}x{self.height_px}"
        )

    @property
    def names(self) -> NameWriter:
        """Writer of the names of its pictures."""
        return NameWriter(self.backgrounds, self.cutouts, self.placements)

    def sample_of(self, name: Name) -> int | None:
        """Return the sample that the name of an image, mask or depth map stands for; None where there is none."""
        b, c, k = name.background, name.cutout, name.placement
        if b is None or c is None or k is None:
            return None
        there = b < self.backgrounds and c < self.cutouts and k < self.placements
        return self.index.sample(b, 2 * c + name.flipped, k) if there else None
