"""The matte target: the person as red, green, blue and alpha."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.ops import tensor_resize
from bgfg.train.targets.target import MetricSummary
from bgfg.train.viz.sheet import picture_of_input, picture_of_mask

REDUCTIONS = ("sum", "mean")


class MatteTarget:
    """RGBA in [-1, 1], learnt by the squared error.

    Its truth is what a cut-out holds: the picture's colours where alpha is above 0, black elsewhere, and alpha.

    Args:
        reduction: Whether the loss of a sample is the sum over its values, as the original's, or their mean.
    """

    name = "matte"
    reads = ("mask", "picture")
    metric_names = ("alpha_mae", "alpha_mse")

    def __init__(self, reduction: str = "sum") -> None:
        if reduction not in REDUCTIONS:
            raise Problem(f"--matte-loss {reduction}: give one of {', '.join(REDUCTIONS)}", exit_code=2)
        self._reduction = reduction

    def encode(self, mask_u8: Tensor, picture: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the truth at the size of a network's output, (n, 4, h, w) float32 in [-1, 1].

        Args:
            mask_u8: (n, 1, H, W) uint8.
            picture: (n, 3, H', W') float32 in 0..1, as the network sees it.
            size: Height and width of the output.
        """
        alpha = tensor_resize.area(mask_u8, size) / 255
        colours = tensor_resize.area(picture, size) * (alpha > 0)
        return 2 * torch.cat([colours, alpha], dim=1) - 1

    def loss(self, raw: Tensor, target: Tensor) -> Tensor:
        """Return the squared error of each sample, summed up or its mean, (n,) float32; both (n, 4, h, w)."""
        error = (raw.float() - target) ** 2
        return error.sum((1, 2, 3)) if self._reduction == "sum" else error.mean((1, 2, 3))

    def decode(self, raw: Tensor) -> Tensor:
        """Return raw outputs, or encoded targets, as RGBA in 0..1, (n, 4, h, w) float32, not premultiplied."""
        return ((raw.float() + 1) / 2).clamp(0, 1)

    def measure(self, raw: Tensor, target: Tensor) -> Tensor:
        """Return the mean absolute and the mean squared error of alpha, (n, 2) float32."""
        error = self.decode(raw)[:, 3] - self.decode(target)[:, 3]
        return torch.stack([error.abs().mean((1, 2)), (error**2).mean((1, 2))], dim=1)

    def summary(self, measured: Tensor, threshold: float | None) -> MetricSummary:
        """Return the means over samples; networks are ranked by 1 less the absolute error."""
        mae, mse = measured.double().mean(0).tolist()
        return MetricSummary({"alpha_mae": mae, "alpha_mse": mse}, (1 - mae,))

    def panels(self, raw: Tensor, target: Tensor, i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the predicted cut-out of a sample, on black, and the predicted alpha."""
        (true, predicted) = (self.decode(maps[i : i + 1])[0].cpu().numpy() for maps in (target, raw))
        cutouts = {"true matte": true, "predicted matte": predicted}
        drawn = {title: picture_of_input(rgba[:3] * rgba[3:]) for title, rgba in cutouts.items()}
        return drawn | {"predicted alpha": picture_of_mask(predicted[3])}
