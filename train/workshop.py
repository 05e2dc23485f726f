"""What a run is made of, built from its corpus and options: network, supplies and validation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from data_manifests.problem import Problem
from synth.store import Corpus
from train.augment import Augmentation
from train.cells import VAL, Identities
from train.learner import Learner
from train.models.catalogue import build
from train.models.pair_net import PairNet
from train.objective import Objective, arrays_for
from train.one_shot import OneShot
from train.options import Options
from train.schedule import Schedule
from train.stream import Stream
from train.strengths import ALONE, TRAINING, Strengths
from train.supply import Preparation, Supply
from train.trial import TOGETHER
from train.validate import Validation

# The first is what thresholds are chosen on; the others are of the second shot, and mean nothing to who looks at one.
_CONDITIONS = {"val": None, "stress": TOGETHER}


class Workshop:
    """Builds the parts of a run, on this rank.

    steps_an_epoch: optimizer steps that the training split gives. Raises Problem where the corpus isn't made as far as
    the targets need it, where the network can't take the size, and where the split is too small for a step.
    """

    def __init__(self, corpus: Corpus, options: Options, fabric: Fabric) -> None:
        self.corpus, self._options, self._fabric = corpus, options, fabric
        self._stream = self._train_stream()
        self.objective = Objective.of(corpus, options.targets)
        net = self._net()
        self._sees_bg = net.sees_bg
        self._size_px = (net.input_px, net.input_px)
        self._output_px = net.output_px(net.input_px, net.input_px)
        self.steps_an_epoch = len(self._stream) // options.accumulate
        if not self.steps_an_epoch:
            raise Problem(
                f"{corpus.path}: an epoch has {len(self._stream)} batches of {options.batch} and a step takes "
                f"--accumulate {options.accumulate}: give less",
                exit_code=2,
            )

    def learner(self, steps: int) -> Learner:
        """Build the network, with the weights of the seed, and what trains it for a number of steps."""
        o = self._options
        stairs = o.lr_epochs * self.steps_an_epoch
        schedule = Schedule(o.schedule, o.lr, steps, min(o.warmup_steps, steps // 4), stair_steps=stairs, gamma=o.gamma)
        return Learner(self._net(), self.objective, o, schedule, self._fabric)

    def supply(self) -> Supply:
        """Open the training split at the start of its first epoch, disturbed unless the options say otherwise."""
        stream = self._stream
        stream.set_epoch(0)
        if not self._sees_bg:
            alone = OneShot(self._size_px, ALONE if self._options.augment else Strengths(), self._options.seed)
            return Supply(stream, self._preparation(alone, stream), self._options.fake_data)
        per_background = len(self.corpus) // self.corpus.geometry.backgrounds
        others = torch.from_numpy(np.unique(stream.samples // per_background)).to(stream.device)
        strengths = TRAINING if self._options.augment else Strengths()
        if len(others) < 2:
            strengths = replace(strengths, wrong_share=0.0)
        augmentation = Augmentation(self._size_px, strengths, self._options.seed, stream.backgrounds[others])
        return Supply(stream, self._preparation(augmentation, stream, others), self._options.fake_data)

    def validation(self) -> Validation | None:
        """Open a spread of the split val, this rank's share of it, None where the corpus has too few to validate on."""
        fabric, o = self._fabric, self._options
        samples = Identities(self.corpus).choose(VAL, o.validation_samples).samples
        share = len(samples) // fabric.world_size  # every rank has as many as the others
        samples = samples[fabric.global_rank :: fabric.world_size][:share]
        if not len(samples):
            return None
        stream = Stream(
            self.corpus, batch=self._batch, arrays=arrays_for(o.targets), samples=samples, shuffle=False,
            threads=o.threads, device=fabric.device,
        )  # fmt: skip
        plain = Augmentation(self._size_px, Strengths()) if self._sees_bg else OneShot(self._size_px, Strengths())
        supplies = {
            name: Supply(stream, self._preparation(plain, stream, condition=condition))
            for name, condition in _CONDITIONS.items()
            if self._sees_bg or condition is None
        }
        return Validation(supplies, self.objective, fabric, o.sheet_rows)

    @property
    def _batch(self) -> int:
        """This rank's share of a batch."""
        return self._options.batch // self._fabric.world_size

    def _net(self) -> PairNet:
        o = self._options
        size = {} if o.size_px is None else {"input_px": o.size_px}
        torch.manual_seed(o.seed)
        return build(o.model, o.targets, **{**size, **o.model_options})

    def _train_stream(self) -> Stream:
        o, fabric = self._options, self._fabric
        if o.batch % fabric.world_size:
            raise Problem(f"--batch {o.batch}: {fabric.world_size} ranks share it: give a multiple", exit_code=2)
        return Stream(
            self.corpus, "train", self._batch, o.seed, fabric.global_rank, fabric.world_size,
            arrays=arrays_for(o.targets), threads=o.threads, device=fabric.device,
        )  # fmt: skip

    def _preparation(
        self,
        augmentation: Augmentation | OneShot,
        stream: Stream,
        others: Tensor | None = None,
        condition: str | None = None,
    ) -> Preparation:
        backgrounds = stream.backgrounds if self._sees_bg else None
        return Preparation(augmentation, self.objective, self._output_px, backgrounds, others, condition)
