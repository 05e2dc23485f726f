"""The moving average of a network's weights: what is validated, kept and used in place of the last step's."""

from __future__ import annotations

import copy

import torch
from torch import nn

# With the count of steps it forgets the first, random weights: at step t the decay is at most (1 + t) / (10 + t).
_RISE = 10


class Average:
    """An exponential moving average of all weights and running statistics of a network, which `net` has.

    The network's tensors are kept hold of: they may change their values, not be replaced.

    decay: the share of the old average at each step; 0 keeps the network's own weights. Source: Polyak and Juditsky,
    "Acceleration of stochastic approximation by averaging", 1992; the rising decay is TensorFlow's.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.net = copy.deepcopy(net).requires_grad_(False).eval()
        self._decay = decay
        pairs = list(zip(self.net.state_dict().values(), net.state_dict().values(), strict=True))
        self._floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights that the network has after step `step`, which counts from 0."""
        decay = min(self._decay, (1 + step) / (_RISE + step))
        mine, theirs = map(list, zip(*self._floats, strict=True))
        torch._foreach_lerp_(mine, theirs, 1 - decay)
        for count, counted in self._counts:
            count.copy_(counted)
