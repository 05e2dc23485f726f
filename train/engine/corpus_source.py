"""A corpus as training asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.store import Corpus
from bgfg.train.augment.config import ALONE, DRAWN, TRAINING, Strengths
from bgfg.train.augment.pipeline import Augmentation
from bgfg.train.augment.single import OneShot
from bgfg.train.config.options import PEOPLE, Options
from bgfg.train.engine.loader import Preparation, Samples, Supply
from bgfg.train.engine.single_batch import InstancePreparation, instance_arrays
from bgfg.train.evaluation.evaluator import TOGETHER
from bgfg.train.models.network import Net
from bgfg.train.stream.identity_cells import VAL, Identities
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.objective import Objective, arrays_for, default_targets
from lightning_fabric import Fabric
from torch import Tensor

# The first is what thresholds are chosen on.
_CONDITIONS = {"val": None, "stress": TOGETHER}


class CorpusSource:
    """Pairs of shots of a corpus: a source.Source. Raises Problem for settings, which are those of folders."""

    kind = "corpus"
    shots = 2
    classes: Sequence[str] | None = None

    def __init__(self, corpus: Corpus, settings: Mapping[str, Any]) -> None:
        if settings:
            given = ", ".join(f"--{name.replace('_', '-')}" for name in settings)
            has = f"a corpus was split when it was planned ({corpus.manifest.split})"
            raise Problem(f"{given}: for folders of images and masks; {has}: leave it out", exit_code=2)
        self.corpus = corpus
        self.settings: Mapping[str, Any] = {}

    @property
    def location(self) -> str:
        """The corpus's folder or URL."""
        return self.corpus.location

    @property
    def digest(self) -> str:
        """The corpus's digest."""
        return self.corpus.manifest.digest

    def default_targets(self, learnt: Sequence[str]) -> tuple[str, ...]:
        """Return the mask, and depth where there is any; of what a network can learn, or what it alone can."""
        return tuple(name for name in default_targets(self.corpus) if name in learnt) or tuple(learnt[:1])

    def objective(self, options: Options) -> Objective:
        """Return the targets of a run; raise Problem where there is nothing of one."""
        return Objective.of(self.corpus, options.targets, options.matte_loss)

    def samples(self, options: Options, net: Net, fabric: Fabric) -> Stream:
        """Open this rank's share of the training split; raise Problem where it isn't made or too small."""
        return Stream(
            self.corpus, "train", options.batch // fabric.world_size, options.seed, fabric.global_rank,
            fabric.world_size, arrays=self._arrays(options), threads=options.threads, device=fabric.device,
        )  # fmt: skip

    def supply(self, samples: Samples, options: Options, objective: Objective, net: Net) -> Supply:
        """Prepare the training split for a network."""
        stream = cast(Stream, samples)
        if "instances" in net.targets:
            _require_as_they_are(options, "instances are")
            disturbed = Augmentation(net.input_px, ALONE if options.augment else Strengths(), options.seed)
            return Supply(stream, _of_instances(disturbed, objective, net), options.fake_data)
        if _learns_depth_alone(net):
            _require_as_they_are(options, "depth is")
            alone = OneShot(net.input_px, DRAWN if options.augment else Strengths(), options.seed)
            return Supply(stream, _preparation(alone, stream, objective, net), options.fake_data)
        per_background = len(self.corpus) // self.corpus.geometry.backgrounds
        others = torch.from_numpy(np.unique(stream.samples // per_background)).to(stream.device)
        strengths = _strengths(options)
        if len(others) < 2:
            strengths = replace(strengths, wrong_share=0.0)
        augmentation = Augmentation(net.input_px, strengths, options.seed, stream.backgrounds[others])
        return Supply(stream, _preparation(augmentation, stream, objective, net, others), options.fake_data)

    def validation(self, options: Options, objective: Objective, net: Net, fabric: Fabric) -> dict[str, Supply]:
        """Open a spread of the split val, this rank's share of it, as it is and under stress."""
        samples = Identities(self.corpus).choose(VAL, options.validation_samples).samples
        share = len(samples) // fabric.world_size  # every rank has as many as the others
        samples = samples[fabric.global_rank :: fabric.world_size][:share]
        if not len(samples):
            return {}
        stream = Stream(
            self.corpus, batch=options.batch // fabric.world_size, arrays=self._arrays(options), samples=samples,
            shuffle=False, threads=options.threads, device=fabric.device,
        )  # fmt: skip
        if _learns_depth_alone(net):
            return {"val": Supply(stream, _preparation(OneShot(net.input_px, Strengths()), stream, objective, net))}
        plain = Augmentation(net.input_px, Strengths())
        if "instances" in net.targets:
            return {"val": Supply(stream, _of_instances(plain, objective, net))}
        return {
            name: Supply(stream, _preparation(plain, stream, objective, net, condition=condition))
            for name, condition in _CONDITIONS.items()
        }

    def files(self) -> list[str]:
        """Return the SHA-256 of the backgrounds and cut-outs of train and val, the first 16 digits of each."""
        return sorted(Identities(self.corpus).files("train", "val"))

    def depth_range(self, objective: Objective) -> dict[str, Any] | None:
        """Return the range of the depth that is learnt, and the kind of the corpus's coding."""
        target, teacher = objective.depth, self.corpus.manifest.teacher
        if target is None or teacher is None:
            return None
        return {"kind": teacher["encoding"]["kind"], "near_m": target.near_m, "far_m": target.far_m}

    def _arrays(self, options: Options) -> tuple[str, ...]:
        """Return the arrays that are read for the targets of a run."""
        return instance_arrays(self.corpus) if "instances" in options.targets else arrays_for(options.targets)


def _strengths(options: Options) -> Strengths:
    if not options.augment:
        return Strengths()
    return replace(TRAINING, repaint_share=options.repaint, crowd_share=options.crowd)


def _require_as_they_are(options: Options, what: str) -> None:
    """Raise Problem where people are to be changed, by a network that can't learn that."""
    for name in PEOPLE:
        if getattr(options, name):
            raise Problem(f"--{name}: {what} learnt from people as they are: leave it out", exit_code=2)


def _learns_depth_alone(net: Net) -> bool:
    """Say whether a network sees depth in a single picture, where a crop looks as if taken from nearer."""
    return net.shots == 1 and "depth" in net.targets


def _of_instances(augmentation: Augmentation, objective: Objective, net: Net) -> InstancePreparation:
    return InstancePreparation(augmentation, objective, net.output_px(net.input_px, net.input_px))


def _preparation(
    augmentation: Augmentation | OneShot,
    stream: Stream,
    objective: Objective,
    net: Net,
    others: Tensor | None = None,
    condition: str | None = None,
) -> Preparation:
    output_px = net.output_px(net.input_px, net.input_px)
    backgrounds = None if isinstance(augmentation, OneShot) else stream.backgrounds
    return Preparation(augmentation, objective, output_px, backgrounds, others, condition, net.shots)
