"""A folder of images and masks as training asks for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.config import ALONE, Strengths
from bgfg.train.augment.pipeline import Augmentation
from bgfg.train.config.options import PEOPLE, Options
from bgfg.train.engine.loader import Samples, Supply
from bgfg.train.engine.single_batch import PicturePreparation
from bgfg.train.folders.folder import Folder
from bgfg.train.folders.loader import FolderStream
from bgfg.train.models.network import Net
from bgfg.train.targets.classes import IGNORED, ClassesTarget
from bgfg.train.targets.mask import MaskTarget, PartlyKnownMask
from bgfg.train.targets.matte import MatteTarget
from bgfg.train.targets.objective import Objective
from bgfg.train.targets.target import Target
from lightning_fabric import Fabric


class FolderSource:
    """Single pictures of a folder: bgfg.train.engine.source.Source."""

    kind = "folder"
    shots = 1

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    @property
    def location(self) -> str:
        """The folder."""
        return str(self.folder.path)

    @property
    def digest(self) -> str:
        """The folder's digest."""
        return self.folder.digest

    @property
    def classes(self) -> Sequence[str] | None:
        """The names of its classes."""
        return self.folder.reading.names or None

    @property
    def settings(self) -> Mapping[str, Any]:
        """How it is split and read."""
        return self.folder.settings

    def default_targets(self, learnt: Sequence[str]) -> tuple[str, ...]:
        """Return the first that it has, of what a network can learn; its own first where there is none."""
        return next(((name,) for name in self.folder.targets if name in learnt), self.folder.targets[:1])

    def objective(self, options: Options) -> Objective:
        """Return the targets of a run; raise Problem where there is nothing of one."""
        ignores = IGNORED in self.folder.reading.codes.values() and self.folder.reading.kind == "classes"
        makers: dict[str, Callable[[], Target]] = {
            "mask": PartlyKnownMask if ignores or self.folder.outline == "ignore" else MaskTarget,
            "classes": lambda: ClassesTarget(self.folder.reading.names),
            "matte": lambda: MatteTarget(options.matte_loss),
        }
        for name in options.targets:
            if name not in self.folder.targets:
                has = f"has {' or '.join(self.folder.targets)} (masks read as {self.folder.reading.how})"
                raise Problem(f"--targets {name}: {self.location} {has}: choose of these", exit_code=2)
        return Objective({name: makers[name]() for name in options.targets})

    def samples(self, options: Options, net: Net, fabric: Fabric) -> FolderStream:
        """Open this rank's share of the training split; raise Problem where it is too small.

        Its pictures are as large as the smallest crop needs them, so that none is enlarged.
        """
        parts = _parts(self.objective(options))
        side_px = math.ceil(net.input_px / ALONE.crop_side[0]) if options.augment else net.input_px
        return FolderStream(
            self.folder, self.folder.chosen("train"), parts, side_px, options.batch // fabric.world_size,
            seed=options.seed, rank=fabric.global_rank, world_size=fabric.world_size, threads=options.threads,
            device=fabric.device,
        )  # fmt: skip

    def supply(self, samples: Samples, options: Options, objective: Objective, net: Net) -> Supply:
        """Prepare the training split for a network."""
        for name in PEOPLE:
            if getattr(options, name):
                raise Problem(f"--{name}: {self.location} has no bare backgrounds: leave it out", exit_code=2)
        strengths = ALONE if options.augment else Strengths()
        augmentation = Augmentation(net.input_px, strengths, options.seed)
        return Supply(samples, _preparation(augmentation, objective, net), options.fake_data)

    def validation(self, options: Options, objective: Objective, net: Net, fabric: Fabric) -> dict[str, Supply]:
        """Open a spread of the split val, this rank's share of it."""
        samples = self.folder.chosen("val")
        step = max(1, math.ceil(len(samples) / options.validation_samples))
        share = len(samples[::step]) // fabric.world_size  # every rank has as many as the others
        samples = samples[::step][fabric.global_rank :: fabric.world_size][:share]
        if not len(samples):
            return {}
        stream = FolderStream(
            self.folder, samples, _parts(objective), net.input_px, options.batch // fabric.world_size, shuffle=False,
            threads=options.threads, device=fabric.device,
        )  # fmt: skip
        return {"val": Supply(stream, _preparation(Augmentation(net.input_px, Strengths()), objective, net))}

    def files(self) -> list[str]:
        """Return the SHA-256 of the images of train and val that were read, the first 16 digits of each."""
        return sorted(self.folder.digests([*self.folder.chosen("train"), *self.folder.chosen("val")]))

    def depth_range(self, objective: Objective) -> dict[str, Any] | None:
        """Return None: there is no depth."""
        return None


def _parts(objective: Objective) -> list[str]:
    """Return the parts of a sample that the folder is to give."""
    return sorted({part for target in objective.targets.values() for part in target.reads} - {"picture"})


def _preparation(augmentation: Augmentation, objective: Objective, net: Net) -> PicturePreparation:
    return PicturePreparation(augmentation, objective, net.output_px(net.input_px, net.input_px))
