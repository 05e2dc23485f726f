"""A folder of images and masks as data to train on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lightning_fabric import Fabric

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.config import SINGLE_IMAGE_CONFIG, AugmentConfig
from bgfg.train.augment.single import ImageAugmentation
from bgfg.train.config.options import PEOPLE_AUGMENTATIONS, TrainOptions
from bgfg.train.engine.loader import Batches, SampleStream
from bgfg.train.engine.single_transform import PictureTransform
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.folder_stream import FolderStream
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.targets.classes import ClassesTarget
from bgfg.train.targets.mask import MaskTarget, PartialMaskTarget
from bgfg.train.targets.matte import MatteTarget
from bgfg.train.targets.objective import Objective
from bgfg.train.targets.target import Target


class FolderSource:
    """The pictures of a folder with their masks: a DataSource.

    Attributes:
        folder: The folder.
    """

    kind = "folder"
    shots = 1

    def __init__(self, folder: ImageMaskFolder) -> None:
        self.folder = folder
        self.notes: Sequence[str] = ()

    @property
    def location(self) -> str:
        """The folder."""
        return str(self.folder.path)

    @property
    def former_digests(self) -> Sequence[str]:
        """None: whatever is added to a folder makes it another one."""
        return ()

    @property
    def digest(self) -> str:
        """Digest of the folder."""
        return self.folder.digest

    @property
    def classes(self) -> Sequence[str] | None:
        """Names of the classes, None where there are none."""
        return self.folder.encoding.names or None

    @property
    def masks(self) -> Mapping[str, Any]:
        """What was decided on how masks are read, as run.json has it; `turned` is how many are turned with photos."""
        turned = len(self.folder.turned)
        return self.folder.encoding.record() | ({"turned": turned} if turned else {})

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the folder is split and read, of TrainOptions.data."""
        return self.folder.settings

    def default_targets(self, learnt: Sequence[str]) -> tuple[str, ...]:
        """Return the folder's first target that a network can learn; its first of all where there is none."""
        return next(((name,) for name in self.folder.targets if name in learnt), self.folder.targets[:1])

    def objective(self, options: TrainOptions) -> Objective:
        """Return the targets of a run; raise Problem where the folder doesn't have one of them."""
        ignores = IGNORE_INDEX in self.folder.encoding.codes.values() and self.folder.encoding.kind == "classes"
        makers: dict[str, Callable[[], Target]] = {
            "mask": PartialMaskTarget if ignores or self.folder.outline == "ignore" else MaskTarget,
            "classes": lambda: ClassesTarget(self.folder.encoding.names),
            "matte": lambda: MatteTarget(options.matte_loss),
        }
        for name in options.targets:
            if name not in self.folder.targets:
                has = f"has {' or '.join(self.folder.targets)} (masks read as {self.folder.encoding.description})"
                raise Problem(f"--targets {name}: {self.location} {has}: choose of these", exit_code=2)
        return Objective({name: makers[name]() for name in options.targets})

    def open_stream(self, options: TrainOptions, net: BaseNetwork, fabric: Fabric) -> FolderStream:
        """Open this rank's share of the training split.

        Pictures are read as large as the smallest crop needs them, so that no crop is enlarged.

        Raises:
            Problem: Where the split is too small.
        """
        parts = _maps_for(self.objective(options))
        side_px = math.ceil(net.input_px / SINGLE_IMAGE_CONFIG.crop_side[0]) if options.augment else net.input_px
        return FolderStream(
            self.folder, self.folder.indices("train"), parts, side_px, options.batch // fabric.world_size,
            seed=options.seed, rank=fabric.global_rank, world_size=fabric.world_size, threads=options.threads,
            device=fabric.device,
        )  # fmt: skip

    def training_batches(
        self, stream: SampleStream, options: TrainOptions, objective: Objective, net: BaseNetwork
    ) -> Batches:
        """Return the batches of the training split for a network, augmented unless the options say otherwise."""
        for name in PEOPLE_AUGMENTATIONS:
            if getattr(options, name):
                line = f"--{name} {getattr(options, name):g}: {self.location} has no bare backgrounds: leave it out"
                raise Problem(line, exit_code=2)
        if options.parallax is not None:
            line = f"--parallax {options.parallax}: {self.location} has no second shots to move: leave it out"
            raise Problem(line, exit_code=2)
        config = SINGLE_IMAGE_CONFIG if options.augment else AugmentConfig()
        augmentation = ImageAugmentation(net.input_px, config, options.seed)
        return Batches(stream, _picture_transform(augmentation, objective, net), options.fake_data)

    def validation_batches(
        self, options: TrainOptions, objective: Objective, net: BaseNetwork, fabric: Fabric
    ) -> dict[str, Batches]:
        """Return this rank's share of an even choice of the split val."""
        samples = self.folder.indices("val")
        step = max(1, math.ceil(len(samples) / options.validation_samples))
        share = len(samples[::step]) // fabric.world_size  # every rank has as many as the others
        samples = samples[::step][fabric.global_rank :: fabric.world_size][:share]
        if not len(samples):
            return {}
        stream = FolderStream(
            self.folder, samples, _maps_for(objective), net.input_px, options.batch // fabric.world_size, shuffle=False,
            threads=options.threads, device=fabric.device,
        )  # fmt: skip
        return {
            "val": Batches(stream, _picture_transform(ImageAugmentation(net.input_px, AugmentConfig()), objective, net))
        }

    def file_digests(self) -> list[str]:
        """Return the SHA-256 of the images of train and val that were read, the first 16 digits of each."""
        return sorted(self.folder.image_digests([*self.folder.indices("train"), *self.folder.indices("val")]))

    def depth_range(self, objective: Objective) -> dict[str, Any] | None:
        """Return None, for a folder has no depth."""
        return None


def _maps_for(objective: Objective) -> list[str]:
    """Return the maps that the targets need of the folder."""
    return sorted({part for target in objective.targets.values() for part in target.reads} - {"picture"})


def _picture_transform(augmentation: ImageAugmentation, objective: Objective, net: BaseNetwork) -> PictureTransform:
    return PictureTransform(augmentation, objective, net.output_px(net.input_px, net.input_px))
