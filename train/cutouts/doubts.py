"""Doubts about cut-outs: what keeps one from being used without having been looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cutouts.regions import Region

NOBODY, SMALL, UNCERTAIN, SEVERAL, BORDER = "nobody", "small", "uncertain", "several", "border"

# What each means, in the order in which one that has several is filed.
REASONS = {
    NOBODY: "nothing was found in the photograph",
    SMALL: "covers less of the photograph than --min-share",
    UNCERTAIN: "the network isn't sure what belongs to it",
    SEVERAL: "has the shape of two people who touch, as one cut-out",
    BORDER: "touches the photograph's border, so that some of it may be missing",
}

# Those that may be accepted, since a cut-out is there.
ACCEPTABLE = (SMALL, UNCERTAIN, SEVERAL, BORDER)

# What covers less than this share of --min-share, or of the largest object of its photograph, is a scrap.
_SCRAP_OF_LEAST, _SCRAP_OF_LARGEST = 1 / 4, 1 / 20


@dataclass(frozen=True)
class DoubtRules:
    """What makes a cut-out doubtful.

    Attributes:
        least_share: Share of its photograph that it has to cover.
        most_uncertain: How uncertain its matte may be, as `uncertainty` has it.
        accepted: Reasons, of ACCEPTABLE, that are none.

    Raises:
        Problem: A share isn't within 0..1, or a reason can't be accepted.
    """

    least_share: float = 0.01
    most_uncertain: float = 0.1
    accepted: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        for option, value in (("--min-share", self.least_share), ("--max-uncertain", self.most_uncertain)):
            if not 0 <= value <= 1:
                raise Problem(f"{option} {value}: give a share from 0 to 1", exit_code=2)
        for reason in self.accepted:
            if reason not in ACCEPTABLE:
                raise Problem(f"--accept {reason}: give some of {', '.join(ACCEPTABLE)}", exit_code=2)

    def as_json(self) -> dict[str, Any]:
        """Return what cut-outs depend on, as JSON has it."""
        return {
            "min_share": self.least_share, "max_uncertain": self.most_uncertain, "accept": sorted(set(self.accepted))
        }  # fmt: skip

    def without_scraps(self, regions: Sequence[Region]) -> list[Region]:
        """Return the objects of a photograph, the largest first as they come, without what is too small to be one."""
        if not regions:
            return []
        least = max(_SCRAP_OF_LEAST * self.least_share, _SCRAP_OF_LARGEST * regions[0].area_share)
        return [region for region in regions if region.area_share >= least]

    def doubts(self, region: Region) -> list[str]:
        """Return the reasons to doubt an object, that by which it is filed first; none where there are none."""
        found = {
            SMALL: region.area_share < self.least_share,
            UNCERTAIN: region.uncertain > self.most_uncertain,
            SEVERAL: region.is_two,
            BORDER: region.is_cut,
        }
        return [reason for reason, holds in found.items() if holds and reason not in self.accepted]
