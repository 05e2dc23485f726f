"""Methods that the evaluation on a folder compares: a trained network, and two baselines that need no training."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.train.evaluation.methods import alpha_of_outputs
from bgfg.train.folders.folder_stream import stretch_to_frame
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops import tensor_resize


class PixelClassifier(Protocol):
    """A method that classifies the pixels of a picture; of a mask, class 0 is the background and 1 the mask."""

    @property
    def name(self) -> str:
        """Its name in reports."""

    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Return the probability of each class at each pixel of a picture.

        Args:
            image: (H, W, 3) uint8 RGB.
            size_px: Height and width of the result.

        Returns:
            (classes, h, w) float32 in 0..1.
        """


class NetworkClassifier:
    """A trained network of single pictures, on its device."""

    def __init__(self, net: BaseNetwork, device: torch.device) -> None:
        self.name = net.name
        self._net, self._device = net, device

    @torch.no_grad()
    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Run the network on the picture, stretched to its input size, and stretch the result to `size_px`."""
        picture = stretch_to_frame(image, {}, self._net.input_px)["image"].to(self._device).float() / 255
        found = (
            tensor_resize.bilinear(self._probabilities(self._net(picture)), size_px, antialias=True)[0].cpu().numpy()
        )
        return np.asarray(found, np.float32)

    def _probabilities(self, outputs: dict[str, Tensor]) -> Tensor:
        if "classes" in outputs:
            return outputs["classes"].float().softmax(dim=1)
        alpha = alpha_of_outputs(outputs)
        return torch.cat([1 - alpha, alpha], dim=1)


class AllBackgroundBaseline:
    """The baseline that says background everywhere."""

    name = "all background"

    def __init__(self, classes: int, background: int) -> None:
        self._classes, self._background = classes, background

    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Return probability 1 for the background everywhere."""
        said = np.zeros((self._classes, *size_px), np.float32)
        said[self._background] = 1
        return said


class CentreEllipseBaseline:
    """The baseline that says one class in an ellipse in the middle, of the picture's proportions, else background."""

    name = "centre ellipse"

    def __init__(self, classes: int, background: int, inside: int, share: float) -> None:
        """Make the ellipse.

        Args:
            classes: How many classes there are.
            background: Index of the background.
            inside: Index of the class inside the ellipse.
            share: Area of the ellipse as a share of the picture, 0..1; up to 0.785 it lies within the picture.
        """
        self._nothing = AllBackgroundBaseline(classes, background)
        self._background, self._inside = background, inside
        self._axis = math.sqrt(4 * share / math.pi)  # as a share of the picture's side

    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Return probability 1 for the class inside the ellipse, and for background outside."""
        y, x = (np.abs((np.arange(side) + 0.5) / side - 0.5) * 2 for side in size_px)
        within = y[:, None] ** 2 + x**2 <= self._axis**2
        said = self._nothing.probabilities(image, size_px)
        said[self._background][within], said[self._inside][within] = 0, 1
        return said
