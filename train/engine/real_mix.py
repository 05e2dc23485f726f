"""Real pictures of a folder that join each batch of a run on a corpus, as a share of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from lightning_fabric import Fabric
from numpy.typing import NDArray

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images.decode import UNREADABLE
from bgfg.data_manifests.images.orientation import read_upright_size
from bgfg.data_manifests.images.wide_values import significant_bits
from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.config import (
    COMPOSITE_ONLY_CONFIG,
    PAIR_CONFIG,
    PHOTOGRAPH_CONFIG,
    SINGLE_IMAGE_CONFIG,
    AugmentConfig,
)
from bgfg.train.augment.pairs import PairAugmentation
from bgfg.train.augment.single import CompositeAugmentation, ImageAugmentation
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.loader import Batches, BatchTransform
from bgfg.train.engine.pair_transform import PairTransform
from bgfg.train.engine.real_pictures import RealPortions, RealStream
from bgfg.train.engine.single_transform import LabelMapTransform, PictureTransform
from bgfg.train.folders.corpus_classes import CorpusClasses
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.picture_reader import PictureCache, PictureReader
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.targets.mask import PartialMaskTarget
from bgfg.train.targets.objective import Objective

# Digits of the hashes by which a run knows what it was trained on.
_DIGITS = 16


class RealMix:
    """The pictures of a folder that join the batches of a run on a corpus.

    Attributes:
        folder: The folder.
        notes: What is left out of it, and why.
    """

    def __init__(self, folder: ImageMaskFolder, corpus: Corpus, options: TrainOptions, shots: int) -> None:
        """Choose the pictures.

        Args:
            folder: The folder, whose split train joins the batches, and whose split val is validated on.
            corpus: The corpus, whose coding of depth the folder's depth maps get.
            options: Options of the run.
            shots: How many pictures of a scene the network takes.

        Raises:
            Problem: The folder has nothing that the run learns, or not the second shots that its network needs.
        """
        self.folder, self._targets, self._pairs = folder, options.targets, shots > 1
        if "instances" in options.targets and len(corpus.classes) > 1:
            line = f"nothing says of which class ({first_few(corpus.classes, 3)}) each of its objects is"
            raise Problem(f"--mix {folder.path}: {line}: leave it out", exit_code=2)
        has_classes = "classes" in options.targets
        self._classes = CorpusClasses(folder, corpus.classes, "--mix") if has_classes else None
        self.notes: list[str] = []
        usable = np.arange(len(folder.pairs))
        if self._pairs:
            usable = self._with_second_shots(usable)
        splits = np.array(folder.splits)[usable]
        self.train, self.val = usable[splits == "train"], usable[splits == "val"]
        if not len(self.train):
            raise Problem(
                f"--mix {folder.path}: no picture is left to train on: give --val 0 --test 0, or more pictures"
            )
        self._require_targets()
        shots_read = sorted({path for i in usable.tolist() if self._pairs and (path := folder.second_shot(i))})
        self._bits = significant_bits(shots_read).bits if self._pairs else None
        self._depth = corpus.depth_code() if "depth" in self._targets else None
        self._caches: dict[int, PictureCache] = {}  # by the length of the shorter side

    @property
    def masks(self) -> Mapping[str, Any]:
        """What was decided on how masks are read, as run.json has it."""
        return self.folder.encoding.record()

    def record(self, options: TrainOptions) -> dict[str, Any]:
        """Return the entry `mix` of run.json."""
        count = self.count(options)
        return {
            "digest": self.folder.digest, "train": len(self.train), "val": len(self.val),
            "joined": count, "batch": options.batch + count,
        }  # fmt: skip

    def file_digests(self) -> list[str]:
        """Return the SHA-256 of the pictures and second shots of train and val, the first 16 digits of each."""
        files = set()
        for i in (*self.train.tolist(), *self.val.tolist()):
            files |= {self.folder.path / self.folder.pairs[i].image, *filter(None, [self.folder.second_shot(i)])}
        return sorted({file_sha256(file)[:_DIGITS] for file in files})

    def count(self, options: TrainOptions, world_size: int = 1) -> int:
        """Return how many pictures join a batch, over all ranks.

        Raises:
            Problem: There is none in so small a share, or ranks can't have as many each.
        """
        count = round(options.batch * options.share / (1 - options.share))
        if not count:
            least = math.ceil(1000 / (options.batch + 1)) / 1000
            line = f"--share {options.share:g}: is no picture in a batch of {options.batch}"
            raise Problem(f"{line}: give {least:g} or more", exit_code=2)
        if count % world_size:
            more = math.ceil(count / world_size) * world_size
            share = f"{more / (options.batch + more):.4f} ({more})"
            line = f"--share {options.share:g}: {count} pictures a batch, and {world_size} ranks share them"
            raise Problem(f"{line}: give {share}", exit_code=2)
        return count

    def objective(self, main: Objective) -> Objective:
        """Return the objective of a run: the corpus's, of a mask that may be unknown where the folder's are."""
        if not self._ignores or "mask" not in main.targets:
            return main
        return Objective({**main.targets, "mask": PartialMaskTarget()})

    def portions(self, options: TrainOptions, largest_px: int, fabric: Fabric) -> RealPortions:
        """Open this rank's share of the pictures that join batches.

        Args:
            options: Options of the run.
            largest_px: Side of the largest input: pictures are read as large as the smallest crop of it needs them.
            fabric: The ranks, and the device.
        """
        smallest = self._config.crop_side[0] if options.augment else 1.0
        return RealPortions(
            self._cache(math.ceil(largest_px / smallest)), self.train, self.count(options, fabric.world_size),
            seed=options.seed, rank=fabric.global_rank, world_size=fabric.world_size, threads=options.threads,
            device=fabric.device,
        )  # fmt: skip

    def transform(
        self, main: BatchTransform, options: TrainOptions, objective: Objective, net: BaseNetwork
    ) -> BatchTransform:
        """Return what makes portions batches: the augmentation of the corpus's samples, for a network of a size."""
        output_px = net.output_px(net.input_px, net.input_px)
        if self._as_pairs:
            return PairTransform(cast(PairTransform, main).augmentation, objective, output_px, None, shots=net.shots)
        config = self._config if options.augment else AugmentConfig()
        return self._picture_transform(ImageAugmentation(net.input_px, config, options.seed), objective, net)

    def validation(
        self, options: TrainOptions, objective: Objective, net: BaseNetwork, fabric: Fabric
    ) -> tuple[Batches, Objective] | None:
        """Return this rank's share of the split val, and the objective, without depth where no picture of it has any.

        Returns:
            None where there are too few.
        """
        step = max(1, math.ceil(len(self.val) / options.validation_samples))
        chosen = self.val[::step]
        share = len(chosen) // fabric.world_size  # every rank has as many as the others
        samples = chosen[fabric.global_rank :: fabric.world_size][:share]
        if not len(samples):
            return None
        has_depth = any(self.folder.depth_map(i) is not None for i in chosen.tolist())
        own = Objective({name: each for name, each in objective.targets.items() if name != "depth" or has_depth})
        stream = RealStream(self._cache(net.input_px), samples, options.batch // fabric.world_size, fabric.device)
        transform: BatchTransform
        if self._as_pairs:
            plain = PairAugmentation if self._pairs else CompositeAugmentation
            output_px = net.output_px(net.input_px, net.input_px)
            transform = PairTransform(plain(net.input_px, AugmentConfig()), own, output_px, None, shots=net.shots)
        else:
            transform = self._picture_transform(ImageAugmentation(net.input_px, AugmentConfig()), own, net)
        return Batches(stream, transform), own

    @property
    def _as_pairs(self) -> bool:
        """Whether pictures go through what augments pairs and composites: of two shots, or of depth alone."""
        return self._pairs or "depth" in self._targets

    @property
    def _ignores(self) -> bool:
        encoding = self.folder.encoding
        return (
            encoding.kind == "classes" and IGNORE_INDEX in encoding.codes.values()
        ) or self.folder.outline == "ignore"

    @property
    def _config(self) -> AugmentConfig:
        if self._pairs:
            return PAIR_CONFIG
        if "instances" in self._targets or self._classes is not None:
            return SINGLE_IMAGE_CONFIG
        return COMPOSITE_ONLY_CONFIG if self._as_pairs else PHOTOGRAPH_CONFIG

    def _picture_transform(
        self, augmentation: ImageAugmentation, objective: Objective, net: BaseNetwork
    ) -> PictureTransform:
        output_px = net.output_px(net.input_px, net.input_px)
        if "instances" in self._targets:
            return LabelMapTransform(augmentation, objective, output_px, None, computes_losses=True)
        return PictureTransform(augmentation, objective, output_px)

    @property
    def _maps(self) -> list[str]:
        """Names of the label maps that are read as the folder has them."""
        if "instances" in self._targets:
            return ["classes"]
        if self._targets == ("classes",):
            return []
        return ["mask", "known"] if self._ignores else ["mask"]

    def _cache(self, side_px: int) -> PictureCache:
        if side_px not in self._caches:
            reader = PictureReader(self.folder, self._maps, side_px, self._bits, self._depth, self._classes)
            self._caches[side_px] = PictureCache(reader)
        return self._caches[side_px]

    def _require_targets(self) -> None:
        """Raise Problem where the folder has nothing of what the run learns, or has it otherwise."""
        folder, has = self.folder, f"has masks read as {self.folder.encoding.description}"
        if "instances" in self._targets:
            if not folder.numbers_objects:
                line = f"--mix {folder.path}: {has}, and instances are learnt: give masks that number people 1, 2 ..."
                raise Problem(line, exit_code=2)
            return
        if "mask" not in folder.targets and self._targets != ("classes",):
            line = f"--mix {folder.path}: {has}, and masks are needed: give --masks binary, or pictures with masks"
            raise Problem(line, exit_code=2)
        if self._ignores and self._as_pairs:
            line = f"--mix {folder.path}: {has}, of which some is unknown: for networks of one picture and masks alone"
            raise Problem(f"{line}: give --masks binary or soft", exit_code=2)
        if self._targets == ("depth",) and not any(map(folder.depth_map, self.train.tolist())):
            line = f"--mix {folder.path}: has no depth map, and nothing but depth is learnt"
            raise Problem(f"{line}: put some into {folder.path / 'depth'}", exit_code=2)

    def _with_second_shots(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the pairs that have a second shot of their size; raise Problem where none has one."""
        folder = self.folder
        having = [i for i in pairs.tolist() if folder.second_shot(i) is not None]
        if not having:
            put = f"put them into {folder.path / 'backgrounds'} under the pictures' names"
            line = f"--mix {folder.path}: the network compares two shots, and there are no second shots"
            raise Problem(f"{line}: {put}", exit_code=2)
        fitting = [i for i in having if self._is_of_one_size(i)]
        if not fitting:
            file = folder.second_shot(having[0])
            raise Problem(f"{file}: a second shot of another size than its picture, as all are: give those of its size")
        self._leave_out([i for i in pairs.tolist() if i not in set(having)], "has no second shot")
        self._leave_out([i for i in having if i not in set(fitting)], "has a second shot of another size")
        return np.array(fitting)

    def _is_of_one_size(self, i: int) -> bool:
        second = self.folder.second_shot(i)
        assert second is not None
        try:
            return read_upright_size(second) == read_upright_size(self.folder.path / self.folder.pairs[i].image)
        except UNREADABLE:
            return False

    def _leave_out(self, pairs: Sequence[int], why: str) -> None:
        if pairs:
            names = first_few([self.folder.pairs[i].image for i in pairs], 3)
            self.notes.append(f"{len(pairs):,} of {len(self.folder.pairs):,} pictures left out: {why} ({names})")
