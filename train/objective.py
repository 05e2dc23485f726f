"""What a network is trained for: its targets, and how their losses become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from data_manifests.problem import Problem
from synth.depth_code import RelativeDepth
from synth.store import Corpus
from train.targets.depth import DepthTarget
from train.targets.mask import MaskTarget

# As they stand: the two losses are of like size, and neither has been tuned against the other.
_WEIGHTS = {"mask": 1.0, "depth": 1.0}

ARRAYS = ("image", "mask", "depth")

# The kind of a depth coding that has no metres.
_WITHOUT_UNIT = "relative"


class Objective:
    """The targets of a network by name, their truths and their losses.

    names: of each loss, "loss" (the weighed sum) first.
    """

    def __init__(self, targets: Mapping[str, MaskTarget | DepthTarget]) -> None:
        self.targets = dict(targets)
        self.names = ["loss", *(f"loss_{name}" for name in self.targets)]

    @classmethod
    def of(cls, corpus: Corpus, names: Sequence[str]) -> Objective:
        """Return the objective of a corpus's targets; raise Problem where its depth isn't there."""
        made: dict[str, MaskTarget | DepthTarget] = {}
        for name in names:
            made[name] = MaskTarget() if name == "mask" else _depth_target(corpus)
        return cls(made)

    @property
    def mask(self) -> MaskTarget | None:
        """The mask, where it is learnt."""
        found = self.targets.get("mask")
        return found if isinstance(found, MaskTarget) else None

    @property
    def depth(self) -> DepthTarget | None:
        """Depth, where it is learnt."""
        found = self.targets.get("depth")
        return found if isinstance(found, DepthTarget) else None

    def encode(
        self, mask_u8: Tensor, codes: Tensor | None, size: tuple[int, int], zoom: Tensor | None = None
    ) -> dict[str, Any]:
        """Return each target's truth at the size of the network's output, from masks and depth codes (n, 1, H, W).

        zoom: (n,) by how much the depth is to be brought nearer, None for not at all.
        """
        truths: dict[str, Any] = {}
        if self.mask is not None:
            truths["mask"] = self.mask.encode(mask_u8, size)
        if self.depth is not None and codes is not None:
            inverse, known = self.depth.encode(codes, size)
            truths["depth"] = (inverse if zoom is None else inverse * zoom.view(-1, 1, 1, 1)), known
        return truths

    def losses(self, outputs: Mapping[str, Tensor], truths: Mapping[str, Any]) -> Tensor:
        """Return the losses of a batch in the order of `names`, (1 + targets,) float32, each a mean over samples."""
        parts = [target.loss(outputs[name], truths[name]).mean() for name, target in self.targets.items()]
        total = torch.stack([_WEIGHTS[name] * part for name, part in zip(self.targets, parts, strict=True)]).sum()
        return torch.stack([total, *(part.detach() for part in parts)])


def arrays_for(targets: Sequence[str]) -> tuple[str, ...]:
    """Return the arrays of a corpus that training for these targets reads. The mask is always one of them.

    Whoever learns depth alone needs it too: where the frame is made empty, the person's depth is no truth.
    """
    return ARRAYS if "depth" in targets else ARRAYS[:2]


def default_targets(corpus: Corpus) -> tuple[str, ...]:
    """Return what the corpus has to be learnt: depth too where labelling in metres has begun."""
    teacher = corpus.manifest.teacher
    return ("mask", "depth") if teacher is not None and teacher["encoding"]["kind"] != _WITHOUT_UNIT else ("mask",)


def _depth_target(corpus: Corpus) -> DepthTarget:
    code = corpus.depth_code()
    if isinstance(code, RelativeDepth):
        raise Problem(f"{corpus.path}: its depth has no unit, and depth is learnt in metres: give --targets mask")
    return DepthTarget(code.values_m(), code.near_m, code.far_m)
