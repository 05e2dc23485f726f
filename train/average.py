"""The moving average of a network's weights: what is validated, kept and used in place of the last step's."""

from __future__ import annotations

import copy

import torch
from torch import nn

# With the count of steps it forgets the first, random weights: at step t the decay is at most (1 + t) / (10 + t).
_RISE = 10


class Average:
    """An exponential moving average of all weights and running statistics of a network, kept in `net`.

    decay: the share of the old average at each step; 0 keeps the network's own weights. Source: Polyak and Juditsky,
    "Acceleration of stochastic approximation by averaging", 1992; the rising decay is TensorFlow's.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.net = copy.deepcopy(net).requires_grad_(False).eval()
        self._decay = decay

    @torch.no_grad()
    def update(self, net: nn.Module, step: int) -> None:
        """Take in the weights that `net` has after step `step`, which counts from 0."""
        decay = min(self._decay, (1 + step) / (_RISE + step))
        mine, theirs = self.net.state_dict(), net.state_dict()
        floating = [name for name, value in mine.items() if value.is_floating_point()]
        torch._foreach_lerp_([mine[n] for n in floating], [theirs[n] for n in floating], 1 - decay)
        for name in mine.keys() - floating:
            mine[name].copy_(theirs[name])
