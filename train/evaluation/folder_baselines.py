"""Who takes part in the test on a folder: a trained network, and two guesses that need no training."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from bgfg.train.evaluation.methods import alpha_of
from bgfg.train.folders.loader import fitted
from bgfg.train.models.network import Net
from numpy.typing import NDArray
from torch import Tensor


class Guess(Protocol):
    """Who says what pictures show: probabilities of classes, the first of a mask being the background."""

    @property
    def name(self) -> str:
        """What it is called."""

    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Return the probability of each class at each pixel of a picture (H, W, 3): (classes, h, w) in 0..1."""


class Trained:
    """A trained network of single pictures, on its device."""

    def __init__(self, net: Net, device: torch.device) -> None:
        self.name = net.name
        self._net, self._device = net, device

    @torch.no_grad()
    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Run the network on the picture, stretched to its frame, and stretch what it says back."""
        picture = fitted(image, {}, self._net.input_px)["image"].to(self._device).float() / 255
        found = enlarged(self._probabilities(self._net(picture)), size_px)[0].cpu().numpy()
        return np.asarray(found, np.float32)

    def _probabilities(self, outputs: dict[str, Tensor]) -> Tensor:
        if "classes" in outputs:
            return outputs["classes"].float().softmax(dim=1)
        alpha = alpha_of(outputs)
        return torch.cat([1 - alpha, alpha], dim=1)


class AllBackground:
    """The guess that there is nothing but background."""

    name = "all background"

    def __init__(self, classes: int, background: int) -> None:
        self._classes, self._background = classes, background

    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Say background everywhere."""
        said = np.zeros((self._classes, *size_px), np.float32)
        said[self._background] = 1
        return said


class CentreEllipse:
    """The guess that an ellipse in the middle, of the picture's proportions, is what is looked for.

    share: of the picture's area, 0..1; up to 0.785 the ellipse lies in the picture. inside: the class that it is.
    """

    name = "centre ellipse"

    def __init__(self, classes: int, background: int, inside: int, share: float) -> None:
        self._nothing = AllBackground(classes, background)
        self._background, self._inside = background, inside
        self._axis = math.sqrt(4 * share / math.pi)  # as a share of the picture's side

    def probabilities(self, image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.float32]:
        """Say the class inside the ellipse, background outside."""
        y, x = (np.abs((np.arange(side) + 0.5) / side - 0.5) * 2 for side in size_px)
        within = y[:, None] ** 2 + x**2 <= self._axis**2
        said = self._nothing.probabilities(image, size_px)
        said[self._background][within], said[self._inside][within] = 0, 1
        return said


def enlarged(maps: Tensor, size_px: tuple[int, int]) -> Tensor:
    """Return maps (n, C, h, w) at another size, bilinear, antialiased where it is smaller."""
    with torch.autocast(maps.device.type, enabled=False):
        return F.interpolate(maps.float(), size=size_px, mode="bilinear", antialias=True)
