"""Building blocks of networks: normalisation of pictures, and convolution with batch norm and ReLU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bgfg.depth_teacher.ops.encoder_origin import IMAGENET_MEAN, IMAGENET_STD


class Normalisation(nn.Module):
    """Normalises RGB pictures in [0, 1]: each channel has mean 0 and standard deviation 1 afterwards.

    Args:
        mean: The channels' mean, over ImageNet where not given.
        std: Their standard deviation, likewise.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return pictures (n, 3, h, w) normalised."""
        return (pictures - self.mean) / self.std


def conv_bn_relu(inputs: int, outputs: int, kernel_px: int = 3, *, padding: int | None = None, bias: bool = False,
                 stride: int = 1) -> nn.Sequential:  # fmt: skip
    """Return a convolution, batch normalisation and ReLU, as one module.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        kernel_px: Side of the kernel.
        padding: Zeros around the input; None for as many as keep its size at stride 1.
        bias: Whether the convolution has a bias, which the batch normalisation makes superfluous.
        stride: Step of the convolution.
    """
    padding = kernel_px // 2 if padding is None else padding
    conv = nn.Conv2d(inputs, outputs, kernel_px, stride, padding, bias=bias)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
