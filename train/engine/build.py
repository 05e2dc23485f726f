"""What a run is made of, built from its data and options: network, supplies and validation."""

from __future__ import annotations

from pathlib import Path

import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.lr_schedule import Schedule
from bgfg.train.config.options import Options
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loader import Supply
from bgfg.train.engine.source import Source
from bgfg.train.engine.validation import Validation
from bgfg.train.models.checkpoint import begin_with
from bgfg.train.models.network import Net
from bgfg.train.models.registry import build
from lightning_fabric import Fabric


class Workshop:
    """Builds the parts of a run, on this rank.

    steps_an_epoch: optimizer steps that the training split gives. Raises Problem where the data aren't made as far as
    the targets need them, where the network can't take their size, and where the split is too small for a step.
    """

    def __init__(self, source: Source, options: Options, fabric: Fabric) -> None:
        self._source, self._options, self._fabric = source, options, fabric
        if options.batch % fabric.world_size:
            raise Problem(f"--batch {options.batch}: {fabric.world_size} ranks share it: give a multiple", exit_code=2)
        self._like = self._net()
        self._samples = source.samples(options, self._like, fabric)
        self.objective = source.objective(options)
        self.steps_an_epoch = len(self._samples) // options.accumulate
        if not self.steps_an_epoch:
            raise Problem(
                f"{source.location}: an epoch has {len(self._samples)} batches of {options.batch} and a step takes "
                f"--accumulate {options.accumulate}: give less",
                exit_code=2,
            )

    def learner(self, steps: int, fresh: bool = False) -> Learner:
        """Build the network, with the weights of the seed, and what trains it for a number of steps.

        fresh: whether it begins a run, so that weights to start from are read; a checkpoint would replace them.
        """
        o = self._options
        stairs = o.lr_epochs * self.steps_an_epoch
        schedule = Schedule(o.schedule, o.lr, steps, min(o.warmup_steps, steps // 4), stair_steps=stairs, gamma=o.gamma)
        net = self._net()
        if fresh and o.start is not None:
            begin_with(net, Path(o.start))
        return Learner(net, self.objective, o, schedule, self._fabric)

    def supply(self) -> Supply:
        """Open the training split at the start of its first epoch, disturbed unless the options say otherwise."""
        self._samples.set_epoch(0)
        return self._source.supply(self._samples, self._options, self.objective, self._like)

    def validation(self) -> Validation | None:
        """Open a spread of the split val, this rank's share of it, None where there is too little to validate on."""
        supplies = self._source.validation(self._options, self.objective, self._like, self._fabric)
        return Validation(supplies, self.objective, self._fabric, self._options.sheet_rows) if supplies else None

    def _net(self) -> Net:
        o, classes = self._options, self._source.classes
        data = {} if o.size_px is None else {"input_px": o.size_px}
        if "classes" in o.targets:
            if classes is None:
                line = f"--targets classes: {self._source.location} has no classes: leave the option out"
                raise Problem(line, exit_code=2)
            data["classes"] = len(classes)
        torch.manual_seed(o.seed)
        return build(o.model, o.targets, self._source.shots, **{**data, **o.model_options})
