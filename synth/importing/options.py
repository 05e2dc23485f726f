"""What is asked of an import, validated when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.terminal.errors import Problem

_MOST_PX = 16_384


@dataclass(frozen=True)
class ImportOptions:
    """What is asked of an import.

    Attributes:
        size_px: Height and width that all samples are cropped and resized to; None for the one size that they have.
        depth_scale_m: Metres of one unit of the depth maps; None for millimetres where they have 16 bits, and for no
            unit where they have 8.
        inverse_depth: Whether larger values are nearer; None for what the maps themselves say.
        split: Shares of train, val and test in per cent, where the set has no splits.
        seed: Seed of the splits.
        skip_bad: Whether samples that can't be used are left out, instead of refused.
        coco: Files of annotations in COCO's form, relative to the folder; none for those that their names tell.
    """

    size_px: tuple[int, int] | None = None
    depth_scale_m: float | None = None
    inverse_depth: bool | None = None
    split: str = "80/10/10"
    seed: int = 0
    skip_bad: bool = False
    coco: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for file in self.coco:
            if PurePath(file).is_absolute() or ".." in PurePath(file).parts:
                raise Problem(f"--coco {file}: give the path of a file within the folder", exit_code=2)
        parse_shares(self.split)
        if not (type(self.seed) is int and 0 <= self.seed < 2**64):
            raise Problem(f"--seed {self.seed}: give 0 to 2^64 - 1", exit_code=2)
        if self.size_px is not None and not all(1 <= side <= _MOST_PX for side in self.size_px):
            raise Problem(f"--size {self.size_px[1]}x{self.size_px[0]}: give 1 to {_MOST_PX} px a side", exit_code=2)
        if self.depth_scale_m is not None and not 0 < self.depth_scale_m < 1e6:
            line = f"--depth-scale {self.depth_scale_m}: give the metres of one unit, such as 0.001"
            raise Problem(line, exit_code=2)
        if self.inverse_depth and self.depth_scale_m is not None:
            line = "--inverse-depth --depth-scale: inverse depth is kept without a unit: leave --depth-scale out"
            raise Problem(line, exit_code=2)

    def record(self) -> dict[str, Any]:
        """Return what corpus.json says of them."""
        size = None if self.size_px is None else list(self.size_px)
        return {"size_px": size, "depth_scale_m": self.depth_scale_m, "inverse_depth": self.inverse_depth,
                "split": self.split, "seed": self.seed, "skip_bad": self.skip_bad, "coco": list(self.coco)}  # fmt: skip
