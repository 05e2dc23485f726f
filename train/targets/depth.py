"""Depth: what is learnt, its loss, and its scores."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.depth_code import DepthCode, RelativeDepth
from bgfg.train.ops import resize
from bgfg.train.targets.per_sample import mean_where, on_cpu
from bgfg.train.targets.ssim import WINDOW_PX, inner, ssim_map
from bgfg.train.targets.target import Summary
from bgfg.train.viz.sheet import picture_of_depth
from numpy.typing import NDArray
from torch import Tensor

# The weight of the mean absolute error beside those of gradients and SSIM, 1 each.
_L1_WEIGHT = 0.1

_DELTA1 = 1.25

# As in DenseDepth; a code in millimetres could say nearer, and would move the middle of the range there.
_NEAREST_M = 0.1


def nearer(target: tuple[Tensor, Tensor], zoom: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `DepthTarget.encode` gave of pictures taken from `zoom` times nearer, (n,) float32."""
    inverse, known = target
    return inverse * zoom.view(-1, 1, 1, 1), known


class DepthTarget:
    """Learns normalised inverse depth: the geometric middle of the coded range over the depth in metres.

    It is 1 in the middle of the range, and for depths of 0.1 to 10 m it is the inverse depth in 1/m. A network's raw
    output is taken as it is. Code 0 is unknown and counts nowhere.
    values_m: the metres of each code, of 8 or 16 bits. near_m, far_m: the range; depths beyond count as its ends.
    """

    name = "depth"
    reads = ("depth",)
    validated = ("delta1", "rmse")

    def __init__(self, values_m: NDArray, near_m: float, far_m: float) -> None:
        self._values_m = torch.as_tensor(values_m).float()
        self.near_m = near_m
        self.far_m = far_m
        self.middle_m = math.sqrt(near_m * far_m)

    @classmethod
    def of(cls, code: DepthCode) -> DepthTarget:
        """Return the target of a corpus whose depth is coded so; nearer than 0.1 m counts as 0.1 m.

        Raises Problem where the depth has no unit.
        """
        if isinstance(code, RelativeDepth):
            raise Problem(
                "the corpus's depth is relative, without metres: label it by a metric teacher, or train masks"
            )
        return cls(code.values_m(), max(code.near_m, _NEAREST_M), code.far_m)

    def encode(self, codes: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Return depth codes (n, 1, H, W) at the size of a network's output, each pixel the nearest of theirs.

        Returns the normalised inverse depth, (n, 1, h, w) float32, 0 where unknown, and what is known, bool.
        """
        # PyTorch can neither pick from unsigned 16-bit integers nor look up by them.
        codes = resize.nearest(codes if codes.dtype == torch.uint8 else codes.int(), size)
        known = codes > 0
        return torch.where(known, self.middle_m / self._metres(codes).clamp(self.near_m, self.far_m), 0.0), known

    def loss(self, raw: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
        """Return the loss of each sample, (n,) float32; 0 where nothing is known.

        raw: (n, 1, h, w), sides of at least 11 px. target: of `encode`. The loss of Alhashim and Wonka, "High Quality
        Monocular Depth Estimation via Transfer Learning" (DenseDepth, 2018): a tenth of the mean absolute error, the
        mean absolute error of the gradients, and half of 1 - SSIM.
        """
        (true, known), found = target, raw.float()
        _require_window(raw)
        error = found - true
        l1 = mean_where(error.abs(), known, empty=0.0)
        gradients = mean_where(error.diff(dim=-1).abs(), known[..., 1:] & known[..., :-1], empty=0.0)
        gradients = gradients + mean_where(error.diff(dim=-2).abs(), known[..., 1:, :] & known[..., :-1, :], empty=0.0)
        dissimilarity = ((1 - ssim_map(found, true, known)) / 2).clamp(0, 1)
        return _L1_WEIGHT * l1 + gradients + mean_where(dissimilarity, inner(known), empty=0.0)

    def decode(self, raw: Tensor) -> Tensor:
        """Return raw outputs, or encoded targets, as metres within the range, float32."""
        return self.middle_m / raw.float().clamp(self.middle_m / self.far_m, self.middle_m / self.near_m)

    def scores(
        self, depth_m: Tensor, truth_m: Tensor, known: Tensor, regions: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the scores of each sample, (n,) float64 each, on the CPU; NaN where nothing is known.

        depth_m, truth_m: (n, 1, h, w) metres, sides of at least 11 px; known: bool; regions: name -> bool.
        delta1: the share of pixels with max(d/t, t/d) < 1.25; absrel: the mean of |d - t| / t, divided by the truth;
        rmse_m: the root of the mean squared error, in metres; rmse: the same over `far_m`; ssim: the mean structural
        similarity of depth over `far_m`. And each on every region, as in rmse_m_band.
        """
        _require_window(depth_m)
        depth_m, truth_m = depth_m.float(), truth_m.float()
        ratio = torch.maximum(depth_m / truth_m, truth_m / depth_m)
        values = {
            "delta1": ((ratio < _DELTA1).float(), known),
            "absrel": ((depth_m - truth_m).abs() / truth_m, known),
            "rmse_m": ((depth_m - truth_m) ** 2, known),
            "ssim": (ssim_map(depth_m / self.far_m, truth_m / self.far_m, known), inner(known)),
        }
        scores = {}
        for suffix, where in [("", torch.ones_like(known)), *((f"_{name}", where) for name, where in regions.items())]:
            for score, (map_, counts) in values.items():
                scores[score + suffix] = mean_where(map_, counts & (inner(where) if score == "ssim" else where))
            scores[f"rmse_m{suffix}"] = scores[f"rmse_m{suffix}"].sqrt()
            scores[f"rmse{suffix}"] = scores[f"rmse_m{suffix}"] / self.far_m
        return on_cpu(scores)

    def measure(self, raw: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
        """Return the scores that are followed while depth is learnt, (n, 2) float32; NaN where nothing is known."""
        truth, known = target
        found = self.scores(self.decode(raw), self.decode(truth), known, {})
        return torch.stack([found[name] for name in self.validated], dim=1).float()

    def summary(self, measured: Tensor, threshold: float | None) -> Summary:
        """Return the means over the samples of which something is known."""
        delta1, rmse = measured.nanmean(dim=0).tolist()
        return Summary({"delta1": delta1, "rmse": rmse}, (delta1,))

    def panels(self, raw: Tensor, target: tuple[Tensor, Tensor], i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the predicted depth of a sample, on one scale."""
        truth, known = target
        maps = {
            "true depth": torch.where(known[i, 0], self.decode(truth[i, 0]), 0.0),
            "predicted depth": self.decode(raw[i, 0]),
        }
        ends = self.near_m, self.far_m
        return {title: picture_of_depth(metres.cpu().numpy(), *ends) for title, metres in maps.items()}

    def _metres(self, codes: Tensor) -> Tensor:
        if self._values_m.device != codes.device:
            self._values_m = self._values_m.to(codes.device)
        return self._values_m[codes.int()]


def _require_window(maps: Tensor) -> None:
    height_px, width_px = maps.shape[-2:]
    if min(height_px, width_px) < WINDOW_PX:
        takes = f"needs at least {WINDOW_PX} px a side"
        line = f"a depth map of {height_px} by {width_px} px: {takes}: give a larger --size"
        raise Problem(line, exit_code=2)
