"""Exponential moving average of weights, which is validated, kept and used in place of the last step's weights."""

from __future__ import annotations

import copy

import torch
from torch import nn

# The decay rises with the steps, so that the random weights of the start are soon forgotten: at step t it is at most
# (1 + t) / (10 + t).
_RISE = 10


class EMA:
    """An exponential moving average of all weights and running statistics of a network.

    Sources: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the rising decay is
    TensorFlow's. PyTorch's AveragedModel copies the weights at its first update and averages counts too, and so gives
    other numbers.

    Attributes:
        net: A copy of the network with the averaged weights, set to evaluate.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        """Start with the weights of a network.

        Args:
            net: The network. Its tensors are referred to: they may change their values, but not be replaced.
            decay: The share of the old average at each step; 0 keeps the network's own weights.
        """
        self.net = copy.deepcopy(net).requires_grad_(False).eval()
        self._decay = decay
        pairs = list(zip(self.net.state_dict().values(), net.state_dict().values(), strict=True))
        self._floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Add the weights that the network has after step `step`, which counts from 0, to the average."""
        decay = min(self._decay, (1 + step) / (_RISE + step))
        averaged, latest = map(list, zip(*self._floats, strict=True))
        torch._foreach_lerp_(averaged, latest, 1 - decay)  # one kernel for all of them
        for count, latest_count in self._counts:  # such as the batches that a normalisation has seen
            count.copy_(latest_count)
