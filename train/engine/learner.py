"""A network with what trains it: optimizer, schedule and moving average; and the step that they take together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from bgfg.train.config.lr_schedule import Schedule
from bgfg.train.config.options import Options
from bgfg.train.engine.ema import Average
from bgfg.train.engine.loader import Batch
from bgfg.train.models.checkpoint import Checkpoint, optimizer_tensors, restore_optimizer
from bgfg.train.models.network import Net
from bgfg.train.targets.objective import Objective
from lightning_fabric import Fabric
from torch import Tensor, nn


class Learner:
    """A network in training, on Fabric's device and at its precision.

    What is random in a step (dropout) is drawn from the seed, the rank and the step, so that a step doesn't depend on
    what ran before it in the process.
    """

    def __init__(self, net: Net, objective: Objective, options: Options, schedule: Schedule, fabric: Fabric) -> None:
        net.to(memory_format=torch.channels_last)
        optimizer = torch.optim.AdamW(_groups(net, options.weight_decay), lr=options.lr, betas=options.betas)
        wrapped: Any = torch.compile(net) if options.compile else net
        self._wrapped, self._optimizer = fabric.setup(wrapped, optimizer)
        self._net, self._bare_optimizer = net, optimizer
        self.objective, self.fabric, self._options, self._schedule = objective, fabric, options, schedule
        self.average = Average(net, options.average)

    def step(self, batches: Sequence[Batch], step: int) -> Tensor:
        """Take step `step`, which counts from 0, over one batch or several whose gradients are added up.

        Returns their losses, (len(batches), 1 + targets) float32 on the device: the weighed sum, then each target's.
        """
        for group in self._bare_optimizer.param_groups:
            group["lr"] = self._schedule.rate(step)
        torch.manual_seed(_mixed(self._options.seed, self.fabric.global_rank, step))
        found = []
        for i, batch in enumerate(batches):
            with self.fabric.no_backward_sync(self._wrapped, enabled=i + 1 < len(batches)):
                losses = self.objective.losses(self._wrapped(*batch.inputs), batch.truths)
                self.fabric.backward(losses[0] / len(batches))
            found.append(losses.detach())
        if self._options.clip is not None:
            self.fabric.clip_gradients(
                self._wrapped, self._optimizer, max_norm=self._options.clip, error_if_nonfinite=False
            )
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.average.update(step)
        return torch.stack(found)

    @property
    def parameters(self) -> int:
        """How many numbers the network learns."""
        return sum(parameter.numel() for parameter in self._net.parameters())

    @property
    def origin(self) -> str:
        """What is to be said of the weights that the network starts from, if anything."""
        return self._net.origin

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        return self._schedule.rate(step)

    def over_ranks(self, figures: Mapping[str, float]) -> dict[str, float]:
        """Return the mean of each figure over all ranks; the same figures where there is but one."""
        if self.fabric.world_size == 1:
            return dict(figures)
        mine = torch.tensor(list(figures.values()), dtype=torch.float64, device=self.fabric.device)
        means: Any = self.fabric.all_reduce(mine, reduce_op="mean")
        return dict(zip(figures, means.tolist(), strict=True))

    def parts(self) -> dict[str, Mapping[str, Tensor]]:
        """Return what a checkpoint keeps of the learner."""
        return {
            "net": self._net.state_dict(),
            "average": self.average.net.state_dict(),
            "optimizer": optimizer_tensors(self._bare_optimizer),
        }

    def describe(self) -> dict[str, Any]:
        """Return what a checkpoint's description says of the learner.

        model: `catalogue.build(name, **options)` builds the network again. scaler: the state of the loss scaler of half
        precision, empty at another one.
        """
        model = {"name": self._net.name, "options": self._net.options}
        return {"model": model, "scaler": dict(self.fabric.strategy.precision.state_dict())}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Bring the learner to where a checkpoint left it."""
        self._net.load_state_dict(checkpoint.parts["net"])
        self.average.net.load_state_dict(checkpoint.parts["average"])
        restore_optimizer(self._bare_optimizer, checkpoint.parts["optimizer"])
        if checkpoint.description["scaler"]:
            self.fabric.strategy.precision.load_state_dict(checkpoint.description["scaler"])


def _groups(net: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Let weights of convolutions decay, biases and normalisations not."""
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _mixed(seed: int, rank: int, step: int) -> int:
    """Return a seed of its own for each rank and step; below 2^63."""
    return ((seed * 1_000_003 + step) * 8_191 + rank) % 2**63
