"""Training objective: the targets of a network, and how their losses become one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from bgfg.data_manifests.assets.classes import BACKGROUND_LABEL
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import RelativeDepth
from bgfg.train.targets.classes import ClassesTarget
from bgfg.train.targets.depth import DepthTarget, require_window
from bgfg.train.targets.instances import InstancesTarget
from bgfg.train.targets.mask import MaskTarget
from bgfg.train.targets.matte import MatteTarget
from bgfg.train.targets.target import Target

CORPUS_ARRAYS = ("image", "mask", "depth")

# Kind of a depth coding without metres.
_WITHOUT_UNIT = "relative"


class Objective:
    """The targets of a network by name, their truths and their losses.

    The losses are added as they stand: those of mask and depth are of like size, and neither has been tuned against the
    other.

    Attributes:
        targets: Targets by name.
        loss_names: Names of the losses, "loss" (their sum) first.
    """

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self.targets = dict(targets)
        self.loss_names = ["loss", *(f"loss_{name}" for name in self.targets)]

    @classmethod
    def from_corpus(cls, corpus: Corpus, names: Sequence[str], matte_loss: str = "sum") -> Objective:
        """Return the objective for targets of a corpus.

        Args:
            corpus: What is learnt from.
            names: Names of the targets.
            matte_loss: Reduction of the matte's loss, "sum" or "mean".

        Raises:
            Problem: The corpus doesn't have one of the targets.
        """
        makers: dict[str, Callable[[], Target]] = {
            "mask": MaskTarget,
            "depth": lambda: _depth_target(corpus),
            "matte": lambda: MatteTarget(matte_loss),
            "instances": lambda: InstancesTarget(len(corpus.classes)),
            "classes": lambda: ClassesTarget((BACKGROUND_LABEL, *corpus.classes)),
        }
        for name in names:
            if name not in makers:
                raise Problem(f"--targets {name}: a corpus has {', '.join(makers)}: choose of these", exit_code=2)
        if "classes" in names and "depth" in names:
            line = "classes are learnt from single pictures, and depth isn't with them: leave one of the two out"
            raise Problem(f"--targets {','.join(names)}: {line}", exit_code=2)
        return cls({name: makers[name]() for name in names})

    @property
    def depth(self) -> DepthTarget | None:
        """The depth target; None where depth isn't learnt."""
        target = self.targets.get("depth")
        return target if isinstance(target, DepthTarget) else None

    def require_size(self, height_px: int, width_px: int) -> None:
        """Raise Problem where maps of a network's output are too small for the losses."""
        if self.depth is not None:
            require_window(height_px, width_px)

    def encode(self, parts: Mapping[str, Tensor], size: tuple[int, int]) -> dict[str, Any]:
        """Return each target's truth at the size of the network's output.

        Args:
            parts: Parts of the samples by name, (n, C, H, W) each.
            size: Height and width of the output.
        """
        return {
            name: target.encode(*(parts[part] for part in target.reads), size) for name, target in self.targets.items()
        }

    def losses(self, outputs: Mapping[str, Tensor], truths: Mapping[str, Any]) -> Tensor:
        """Return the losses of a batch in the order of `loss_names`, (1 + targets,) float32, means over samples."""
        parts = [target.loss(outputs[name], truths[name]).mean() for name, target in self.targets.items()]
        return torch.stack([torch.stack(parts).sum(), *(part.detach() for part in parts)])


def arrays_for(targets: Sequence[str]) -> tuple[str, ...]:
    """Return the arrays of a corpus that training for these targets reads; the mask is always one of them.

    Depth alone needs it too: where the frame is made empty, the person's depth is no truth.
    """
    return CORPUS_ARRAYS if "depth" in targets else CORPUS_ARRAYS[:2]


def default_targets(corpus: Corpus) -> tuple[str, ...]:
    """Return the targets that a corpus has: the mask, and depth where labelling in metres has begun."""
    teacher = corpus.manifest.teacher
    return ("mask", "depth") if teacher is not None and teacher["encoding"]["kind"] != _WITHOUT_UNIT else ("mask",)


def _depth_target(corpus: Corpus) -> DepthTarget:
    code = corpus.depth_code()
    if isinstance(code, RelativeDepth):
        raise Problem(f"{corpus.location}: its depth has no unit, and depth is learnt in metres: give --targets mask")
    return DepthTarget(code.values_m(), code.near_m, code.far_m)
