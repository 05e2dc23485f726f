"""A corpus as data to train on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from bgfg.data_manifests.assets.classes import BACKGROUND_LABEL
from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.config import (
    COMPOSITE_ONLY_CONFIG,
    PAIR_CONFIG,
    PHOTOGRAPH_CONFIG,
    SINGLE_IMAGE_CONFIG,
    AugmentConfig,
)
from bgfg.train.augment.pairs import PairAugmentation
from bgfg.train.augment.scene_depth import NEAREST_MM, SceneDepth, is_mostly_too_near
from bgfg.train.augment.single import CompositeAugmentation, ImageAugmentation, PhotographAugmentation
from bgfg.train.augment.stress import COMBINED_DISTURBANCE
from bgfg.train.config.options import PEOPLE_AUGMENTATIONS, TrainOptions
from bgfg.train.engine.label_maps import ClassMaps, instance_arrays
from bgfg.train.engine.loader import Batches, SampleStream
from bgfg.train.engine.pair_transform import PairTransform
from bgfg.train.engine.single_transform import LabelMapTransform
from bgfg.train.models.network import BaseNetwork
from bgfg.train.stream.batch_size import require_batch_of_lanes
from bgfg.train.stream.evaluation_cells import VAL_CELL, AssetIdentities
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.objective import Objective, arrays_for, default_targets

_BACKGROUND_DEPTH = "background_depth"  # the array of the corpus

# On a processor a step takes a thousand times as long as its samples take the stream, which may pack those that wait:
# some 0.2 GB less at the default size.
_NEAR_ON_PROCESSOR = 8

# Conditions of validation and the disturbance of each; thresholds are chosen on the first.
_CONDITIONS = {"val": None, "stress": COMBINED_DISTURBANCE}


class CorpusSource:
    """The samples of a corpus, each a pair of shots: a DataSource.

    Attributes:
        corpus: The corpus.
        settings: Always empty.

    Raises:
        Problem: Where settings are given, for they are those of folders.
    """

    kind = "corpus"
    shots = 2
    masks: Mapping[str, Any] | None = None

    def __init__(self, corpus: Corpus, settings: Mapping[str, Any]) -> None:
        if settings:
            given = ", ".join(f"--{name.replace('_', '-')}" for name in settings)
            has = f"a corpus was split when it was planned ({corpus.manifest.split})"
            raise Problem(f"{given}: for folders of images and masks; {has}: leave it out", exit_code=2)
        self.corpus = corpus
        self.settings: Mapping[str, Any] = {}
        self.notes: Sequence[str] = ()

    @property
    def location(self) -> str:
        """Folder or URL of the corpus."""
        return self.corpus.location

    @property
    def former_digests(self) -> Sequence[str]:
        """Digests of the corpus before it was extended."""
        return [part.digest for part in self.corpus.manifest.parts[:-1]]

    @property
    def classes(self) -> Sequence[str] | None:
        """Names of the classes, the background first; None where the corpus has none."""
        classes = self.corpus.manifest.classes
        return None if classes is None else (BACKGROUND_LABEL, *classes)

    @property
    def digest(self) -> str:
        """Digest of the corpus."""
        return self.corpus.manifest.digest

    def default_targets(self, learnt: Sequence[str]) -> tuple[str, ...]:
        """Return mask, and depth where there is any, if a network can learn them; else its own first target."""
        return tuple(name for name in default_targets(self.corpus) if name in learnt) or tuple(learnt[:1])

    def objective(self, options: TrainOptions) -> Objective:
        """Return the targets of a run; raise Problem where the corpus doesn't have one of them."""
        return Objective.from_corpus(self.corpus, options.targets, options.matte_loss)

    def free_depth_objective(self) -> Objective:
        """Return depth as the only target, known but for a scale and a shift of its inverse; it may have no unit."""
        return Objective({"depth": DepthTarget.up_to_scale_and_shift(self.corpus.depth_code())})

    def open_stream(self, options: TrainOptions, net: BaseNetwork, fabric: Fabric) -> Stream:
        """Open this rank's share of the training split; raise Problem where it isn't made or too small."""
        require_batch_of_lanes(f"--batch {options.batch}", options.batch)
        near = _NEAR_ON_PROCESSOR if fabric.device.type == "cpu" else None
        return Stream(
            self.corpus, "train", options.batch // fabric.world_size, options.seed, fabric.global_rank,
            fabric.world_size, arrays=self._arrays(options), near=near, threads=options.threads, device=fabric.device,
        )  # fmt: skip

    def training_batches(
        self, stream: SampleStream, options: TrainOptions, objective: Objective, net: BaseNetwork
    ) -> Batches:
        """Return the batches of the training split for a network, augmented unless the options say otherwise."""
        stream = cast(Stream, stream)
        if options.parallax is not None:
            self._require_parallax(options.parallax, net)
        if _learns_labels(net.targets):
            _require_as_they_are(options, f"{' and '.join(net.targets)} are")
            config = SINGLE_IMAGE_CONFIG if options.augment else AugmentConfig()
            images = ImageAugmentation(net.input_px, config, options.seed)
            return Batches(stream, self._label_transform(images, objective, net), options.fake_data)
        if _learns_depth_alone(net):
            _require_as_they_are(options, "depth is")
            config = COMPOSITE_ONLY_CONFIG if options.augment else AugmentConfig()
            composites = CompositeAugmentation(net.input_px, config, options.seed)
            return Batches(stream, _pair_transform(composites, stream, objective, net), options.fake_data)
        backgrounds, _ = self.corpus.pictures_of(stream.samples)
        if net.shots == 1 and UNKNOWN in backgrounds:  # nothing is there to paint people anew with
            _require_as_they_are(options, "pictures whose backgrounds aren't known are")
            config = COMPOSITE_ONLY_CONFIG if options.augment else AugmentConfig()
            composites = CompositeAugmentation(net.input_px, config, options.seed)
            return Batches(stream, _pair_transform(composites, stream, objective, net), options.fake_data)
        others = torch.from_numpy(np.unique(backgrounds)).to(stream.device)
        kind = PairAugmentation if net.shots > 1 else PhotographAugmentation
        config = _people_config(options, PAIR_CONFIG if net.shots > 1 else PHOTOGRAPH_CONFIG)
        if len(others) < 2:  # there is no other one to take
            config = replace(config, wrong_share=0.0, decoy_share=0.0)
        pictures = stream.backgrounds[others]
        scene = self._scene(others, stream.device) if options.parallax == "depth" else None
        augmentation = kind(net.input_px, config, options.seed, pictures, scene)
        return Batches(stream, _pair_transform(augmentation, stream, objective, net, others), options.fake_data)

    def validation_batches(
        self, options: TrainOptions, objective: Objective, net: BaseNetwork, fabric: Fabric
    ) -> dict[str, Batches]:
        """Return this rank's share of an even choice of the split val: undisturbed, and pairs under stress too."""
        samples = AssetIdentities(self.corpus).choose(VAL_CELL, options.validation_samples).samples
        share = len(samples) // fabric.world_size  # every rank has as many as the others
        samples = samples[fabric.global_rank :: fabric.world_size][:share]
        if not len(samples):
            return {}
        stream = Stream(
            self.corpus, batch=options.batch // fabric.world_size, arrays=self._arrays(options), samples=samples,
            shuffle=False, threads=options.threads, device=fabric.device,
        )  # fmt: skip
        has_backgrounds = UNKNOWN not in self.corpus.pictures_of(samples)[0]
        if _learns_depth_alone(net) or (net.shots == 1 and not has_backgrounds):
            composites = CompositeAugmentation(net.input_px, AugmentConfig())
            return {"val": Batches(stream, _pair_transform(composites, stream, objective, net))}
        if _learns_labels(net.targets):
            images = ImageAugmentation(net.input_px, AugmentConfig())
            return {"val": Batches(stream, self._label_transform(images, objective, net))}
        plain = PairAugmentation(net.input_px, AugmentConfig())
        return {
            name: Batches(stream, _pair_transform(plain, stream, objective, net, condition=condition))
            for name, condition in _CONDITIONS.items()
        }

    def file_digests(self) -> list[str]:
        """Return the SHA-256 of the backgrounds and cut-outs of train and val, the first 16 digits of each."""
        return sorted(AssetIdentities(self.corpus).file_digests("train", "val"))

    def depth_range(self, objective: Objective) -> dict[str, Any] | None:
        """Return the range of the depth that is learnt, and the kind of the corpus's coding."""
        target, teacher = objective.depth, self.corpus.manifest.teacher
        if target is None or teacher is None:
            return None
        return {"kind": teacher["encoding"]["kind"], "near_m": target.near_m, "far_m": target.far_m}

    def _arrays(self, options: TrainOptions) -> tuple[str, ...]:
        """Return the arrays of the corpus that the targets of a run need."""
        if not _learns_labels(options.targets):
            return arrays_for(options.targets)
        masks = ("mask",) if "mask" in options.targets else ()
        return tuple(dict.fromkeys((*instance_arrays(self.corpus), *masks)))

    def _require_parallax(self, parallax: str, net: BaseNetwork) -> None:
        if net.shots == 1:
            line = f"--parallax {parallax}: is of second shots, and the network takes a single picture: leave it out"
            raise Problem(line, exit_code=2)
        if parallax == "depth" and _BACKGROUND_DEPTH not in self.corpus.manifest.prepared:
            line = f"--parallax depth: {self.location} has no depth of its backgrounds"
            raise Problem(f"{line}: plan a corpus with --bg-depth, or give --parallax drawn", exit_code=2)

    def _scene(self, backgrounds: Tensor, device: torch.device) -> SceneDepth:
        """Return the depth of some backgrounds, for parallax."""
        numbers = backgrounds.cpu().numpy()
        depth_mm = self.corpus.read_prepared(_BACKGROUND_DEPTH)[numbers]
        scene = SceneDepth.of_maps(depth_mm, [self.corpus.focal_px[b] for b in numbers], device)
        known, of_all = int(scene.is_known.sum()), f"{len(numbers):,} backgrounds of {self.location} in train"
        if not known:
            line = f"--parallax depth: no depth is known of any of the {of_all}"
            raise Problem(f"{line}: plan a corpus with depth maps of them, or give --parallax drawn", exit_code=2)
        notes = []
        if unknown := len(numbers) - known:
            notes.append(f"--parallax depth: of {unknown:,} of the {of_all} no depth is known: theirs is drawn")
        if is_mostly_too_near(depth_mm):
            nearer = f"most depth of the {of_all} is below {NEAREST_MM / 1000} m, and counts as that near"
            notes.append(
                f"--parallax depth: {nearer}: if its unit is wrong, plan the corpus with another --depth-scale"
            )
        self.notes = notes
        return scene

    def _label_transform(
        self, augmentation: ImageAugmentation, objective: Objective, net: BaseNetwork
    ) -> LabelMapTransform:
        reads = {part for target in objective.targets.values() for part in target.reads}
        classes = ClassMaps(self.corpus) if "classes" in reads else None
        output_px = net.output_px(net.input_px, net.input_px)
        return LabelMapTransform(augmentation, objective, output_px, classes, "instances" in net.targets)


def _people_config(options: TrainOptions, usual: AugmentConfig) -> AugmentConfig:
    if not options.augment:
        return AugmentConfig()
    return replace(usual, repaint_share=options.repaint, crowd_share=options.crowd)


def _require_as_they_are(options: TrainOptions, what: str) -> None:
    """Raise Problem where an augmentation of people is asked for that the targets of a network don't allow."""
    for name in PEOPLE_AUGMENTATIONS:
        if getattr(options, name):
            line = f"--{name} {getattr(options, name):g}: {what} learnt from people as they are: leave it out"
            raise Problem(line, exit_code=2)


def _learns_labels(targets: Sequence[str]) -> bool:
    """Say whether targets are learnt from single pictures and maps of who or what is seen."""
    return "instances" in targets or "classes" in targets


def _learns_depth_alone(net: BaseNetwork) -> bool:
    """Say whether a network finds depth in a single picture, of which a crop looks as if taken from nearer."""
    return net.shots == 1 and "depth" in net.targets


def _pair_transform(
    augmentation: PairAugmentation | CompositeAugmentation,
    stream: Stream,
    objective: Objective,
    net: BaseNetwork,
    others: Tensor | None = None,
    condition: str | None = None,
) -> PairTransform:
    output_px = net.output_px(net.input_px, net.input_px)
    backgrounds = None if isinstance(augmentation, CompositeAugmentation) else stream.backgrounds
    return PairTransform(augmentation, objective, output_px, backgrounds, others, condition, net.shots)
