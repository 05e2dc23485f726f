"""The parts of a run, built from its data and options: network, batches and validation."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from lightning_fabric import Fabric

from bgfg.data_manifests.places.run_place import network_place
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.lr_schedule import LRSchedule
from bgfg.train.config.network_options import require_options
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.data_source import DataSource
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loader import Batches, BatchTransform
from bgfg.train.engine.mixed_stream import MixedStream, Portions
from bgfg.train.engine.mixed_transform import DrawnSize, MixedTransform
from bgfg.train.engine.real_mix import RealMix
from bgfg.train.engine.real_pictures import RealPortions
from bgfg.train.engine.validation import Validator
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.models.checkpoint import load_weights_from
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.registry import build_model, network_class, require_parameters
from bgfg.train.stream.sampler import LANES


class RunBuilder:
    """Builds the parts of a run, on this rank.

    Attributes:
        objective: The targets of the run.
        steps_an_epoch: Optimizer steps that an epoch of the training split gives.
        mix: The real pictures that join the batches, None without.

    Raises:
        Problem: Where the data aren't made as far as the targets need them, where the network can't take their size,
            and where the split is too small for a step.
    """

    def __init__(
        self,
        source: DataSource,
        options: TrainOptions,
        fabric: Fabric,
        also: Sequence[CorpusSource] = (),
        kept: Mapping[str, Any] | None = None,
        mix: ImageMaskFolder | None = None,
    ) -> None:
        """Open the data.

        Args:
            source: What is trained on.
            options: Options of the run.
            fabric: Device, precision and ranks.
            also: Other corpora, whose samples join the batches, as many as `options.also` says of each.
            kept: What the checkpoint from which the run goes on says of the weights that it started from, which then
                aren't read again; None where it begins.
            mix: Real pictures that join the batches of a corpus, `options.share` of them; None for none.
        """
        self._source, self._options, self._fabric, self._also = source, options, fabric, also
        for name, count in (("--batch", options.batch), *(("--also", count) for count in options.also)):
            if count % fabric.world_size:
                raise Problem(f"{name} {count}: {fabric.world_size} ranks share it: give a multiple", exit_code=2)
        self._initial_net = self._build_net(kept or {})
        self._stream = source.open_stream(options, self._initial_net, fabric)
        self.objective = source.objective(options)
        self.mix = None if mix is None else self._real_mix(mix)
        if self.mix is not None:
            self.objective = self.mix.objective(self.objective)
        for net in self._sized_nets():
            self.objective.require_size(*net.output_px(net.input_px, net.input_px))
        self.steps_an_epoch = len(self._stream) // options.accumulate
        if not self.steps_an_epoch:
            raise Problem(
                f"{source.location}: an epoch has {len(self._stream)} batches of {options.batch} and a step takes "
                f"--accumulate {options.accumulate}: give less",
                exit_code=2,
            )

    def learner(self, steps: int, fresh: bool = False) -> Learner:
        """Return a new learner: the network with the weights of the seed, and what trains it.

        Args:
            steps: Length of the run, which the learning rate is scheduled for.
            fresh: Whether the run begins here, so that weights to start from are read; a checkpoint would replace them.
        """
        o = self._options
        stairs = o.lr_epochs * self.steps_an_epoch
        schedule = LRSchedule(
            o.schedule, o.lr, steps, min(o.warmup_steps, steps // 4), stair_steps=stairs, gamma=o.gamma
        )
        net = copy.deepcopy(self._initial_net)  # training by minutes measures the speed with a learner of its own
        if fresh and o.start is not None:
            with network_place(o.start) as start:
                load_weights_from(net, start)
        return Learner(net, self.objective, o, schedule, self._fabric)

    def training_batches(self) -> Batches:
        """Return batches of the training split from the start of its first epoch, augmented if the options say so."""
        self._stream.set_epoch(0)
        streams, objectives = [self._stream], [self.objective]
        for source, count in zip(self._also, self._options.also, strict=True):
            wanted = replace(self._options, batch=math.lcm(LANES, count))
            streams.append(source.open_stream(wanted, self._initial_net, self._fabric))
            objectives.append(source.free_depth_objective())
        transforms: list[BatchTransform] = []
        for net in self._sized_nets():
            main, *others = (
                source.training_batches(stream, self._options, objective, net).transform
                for source, stream, objective in zip((self._source, *self._also), streams, objectives, strict=True)
            )
            if self.mix is not None:
                others.append(self.mix.transform(main, self._options, self.objective, net))
            transforms.append(MixedTransform(main, others, free_depth=bool(self._also)) if others else main)
        transform = DrawnSize(transforms, self._options.seed) if len(transforms) > 1 else transforms[0]
        ranks = self._fabric.world_size
        portions: list[Portions | RealPortions] = [
            Portions(s, n // ranks) for s, n in zip(streams[1:], self._options.also, strict=True)
        ]
        if self.mix is not None:
            largest_px = max(net.input_px for net in self._sized_nets())
            portions.append(self.mix.portions(self._options, largest_px, self._fabric))
        stream = MixedStream(self._stream, portions) if portions else self._stream
        return Batches(stream, transform, self._options.fake_data)

    def _sized_nets(self) -> list[BaseNetwork]:
        """Return the network as it is meant for each size of the run; its layers are shared."""
        nets = []
        for side_px in self._options.sizes_px or (self._initial_net.input_px,):
            net = copy.copy(self._initial_net)
            net.input_px = side_px
            net.output_px(side_px, side_px)  # raises Problem where it can't take them
            nets.append(net)
        return nets

    def validator(self) -> Validator | None:
        """Return what validates on a spread of the split val, this rank's share of it; None where that is too small."""
        o, net = self._options, self._initial_net
        batches, objectives = self._source.validation_batches(o, self.objective, net, self._fabric), {}
        if batches and self.mix is not None and (real := self.mix.validation(o, self.objective, net, self._fabric)):
            batches["real"], objectives["real"] = real
        return Validator(batches, self.objective, self._fabric, o.sheet_rows, objectives) if batches else None

    def _real_mix(self, folder: ImageMaskFolder) -> RealMix:
        """Return the pictures of a folder that join the batches of a corpus."""
        assert isinstance(self._source, CorpusSource)
        mix = RealMix(folder, self._source.corpus, self._options, self._initial_net.shots)
        mix.count(self._options, self._fabric.world_size)
        return mix

    def _build_net(self, kept: Mapping[str, Any]) -> BaseNetwork:
        o, classes = self._options, self._source.classes
        require_options(o.model, network_class(o.model), o.model_options)
        if "input_px" in o.model_options:
            line = f"--model-option input_px={o.model_options['input_px']}: give --size in its place"
            raise Problem(line, exit_code=2)
        data = {} if o.size_px is None else {"input_px": o.size_px}
        if "classes" in o.targets and classes is None:
            line = f"--targets classes: {self._source.location} has no classes: leave the option out"
            raise Problem(line, exit_code=2)
        if classes is not None and {"classes", "instances"} & set(o.targets):
            if (given := o.model_options.get("classes")) not in (None, len(classes)):
                line = f"--model-option classes={given}: {self._source.location} has {len(classes)}: leave it out"
                raise Problem(line, exit_code=2)
            data["classes"] = len(classes)
        chosen = {**o.model_options, **data, **kept}
        # Classes are learnt from single pictures, however many shots of a scene there are.
        shots = 1 if "classes" in o.targets else self._source.shots
        require_parameters(o.model, o.targets, shots, chosen)
        torch.manual_seed(o.seed)
        return build_model(o.model, o.targets, shots, **chosen)
