"""A network with its optimizer, learning rate schedule and moving average; and the training step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from bgfg.depth_teacher.ops.started_from import StartedFrom
from bgfg.train.config.lr_schedule import LRSchedule
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.encoder_schedule import EncoderSchedule
from bgfg.train.models.checkpoint import Checkpoint, optimizer_tensors, restore_optimizer
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.ema import EMA
from bgfg.train.targets.objective import Objective


class Learner:
    """A network in training, on Fabric's device and at its precision.

    What is random in a step (dropout) is drawn from the seed, the rank and the step, so that a step doesn't depend on
    what ran before it in the process.

    Attributes:
        objective: The targets and their losses.
        fabric: Device, precision and ranks.
        ema: The moving average of the weights, which is validated and kept.
    """

    def __init__(
        self, net: BaseNetwork, objective: Objective, options: TrainOptions, schedule: LRSchedule, fabric: Fabric
    ) -> None:
        net.to(memory_format=torch.channels_last)
        self._encoder = EncoderSchedule(net, options, fabric.world_size)
        groups = self._encoder.parameter_groups(net, options)
        optimizer = torch.optim.AdamW(groups, lr=options.lr, betas=options.betas)
        wrapped: Any = torch.compile(net) if options.compile else net
        self._wrapped, self._optimizer = fabric.setup(wrapped, optimizer)
        self._net, self._bare_optimizer = net, optimizer
        self.objective, self.fabric, self._options, self._schedule = objective, fabric, options, schedule
        self.ema = EMA(net, options.average)

    def step(self, batches: Sequence[Batch], step: int) -> Tensor:
        """Take an optimizer step.

        Args:
            batches: One batch, or several whose gradients are added up.
            step: The number of the step, from 0.

        Returns:
            The losses of each batch, (len(batches), 1 + targets) float32 on the device: their sum, then each target's.
        """
        for group in self._bare_optimizer.param_groups:
            group["lr"] = self._schedule.rate(step) * group["lr_scale"]
        self._encoder.begin_step(step)
        torch.manual_seed(_step_seed(self._options.seed, self.fabric.global_rank, step))
        found = []
        for i, batch in enumerate(batches):
            # of several batches only the last exchanges gradients between ranks
            with self.fabric.no_backward_sync(self._wrapped, enabled=i + 1 < len(batches)):
                losses = self.objective.losses(self._wrapped(*batch.inputs), batch.truths)
                self.fabric.backward(losses[0] / len(batches))
            found.append(losses.detach())
        self._encoder.drop_gradients()
        if self._options.clip is not None:
            self.fabric.clip_gradients(
                self._wrapped, self._optimizer, max_norm=self._options.clip, error_if_nonfinite=False
            )
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.ema.update(step)
        return torch.stack(found)

    @property
    def parameters(self) -> int:
        """How many parameters the network has."""
        return sum(parameter.numel() for parameter in self._net.parameters())

    @property
    def origin(self) -> str:
        """A line on where the network's first weights are from; empty where there is nothing to say."""
        return self._net.weights_origin

    @property
    def started_from(self) -> StartedFrom:
        """Record of the trained networks that its weights were taken from."""
        return self._net.started_from

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        return self._schedule.rate(step)

    def mean_over_ranks(self, figures: Mapping[str, float]) -> dict[str, float]:
        """Return the mean of each figure over all ranks."""
        if self.fabric.world_size == 1:
            return dict(figures)
        mine = torch.tensor(list(figures.values()), dtype=torch.float64, device=self.fabric.device)
        means: Any = self.fabric.all_reduce(mine, reduce_op="mean")
        return dict(zip(figures, means.tolist(), strict=True))

    def parts(self) -> dict[str, Mapping[str, Tensor]]:
        """Return the tensors that a checkpoint keeps of the learner."""
        return {
            "net": self._net.state_dict(),
            "average": self.ema.net.state_dict(),
            "optimizer": optimizer_tensors(self._bare_optimizer),
        }

    def describe(self) -> dict[str, Any]:
        """Return what a checkpoint's description says of the learner.

        Returns:
            `model`, the name and options by which the registry builds the network again, and `scaler`, the state of the
            loss scaler of half precision, empty at another precision.
        """
        model = {"name": self._net.name, "options": self._net.options}
        return {"model": model, "scaler": dict(self.fabric.strategy.precision.state_dict())}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Restore weights, moving average, optimizer and loss scaler from a checkpoint."""
        self._net.load_state_dict(checkpoint.parts["net"])
        self.ema.net.load_state_dict(checkpoint.parts["average"])
        restore_optimizer(self._bare_optimizer, checkpoint.parts["optimizer"])
        if checkpoint.description["scaler"]:
            self.fabric.strategy.precision.load_state_dict(checkpoint.description["scaler"])


def _step_seed(seed: int, rank: int, step: int) -> int:
    """Return a seed below 2^63, different for each rank and step."""
    return ((seed * 1_000_003 + step) * 8_191 + rank) % 2**63
