"""The depth target: encoding, loss, decoding and scores."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.depth_code import DepthCode, RelativeDepth
from bgfg.train.ops import tensor_resize
from bgfg.train.targets.free_depth import free_depth_loss
from bgfg.train.targets.per_sample import masked_mean, scores_to_cpu
from bgfg.train.targets.ssim import WINDOW_PX, crop_to_windows, ssim_map
from bgfg.train.targets.target import MetricSummary
from bgfg.train.viz.sheet import picture_of_depth

# Weight of the mean absolute error; gradients and SSIM have 1.
_L1_WEIGHT = 0.1

_DELTA1 = 1.25

# Least near end, as in DenseDepth: a code in millimetres reaches nearer, which would move the middle of the range.
_NEAREST_M = 0.1


def scale_by_zoom(target: tuple[Tensor, Tensor], zoom: Tensor) -> tuple[Tensor, Tensor]:
    """Return the encoded truth of pictures that are enlarged as if taken from nearer.

    Args:
        target: Inverse depth and what is known, of `DepthTarget.encode`.
        zoom: (n,) float32, by how much nearer each picture looks.
    """
    inverse, known = target
    return inverse * zoom.view(-1, 1, 1, 1), known


class DepthTarget:
    """Normalised inverse depth: the geometric middle of the coded range over the depth in metres.

    It is 1 in the middle of the range, and for depths of 0.1 to 10 m it is the inverse depth in 1/m. A network's raw
    output is taken as it is. Code 0 is unknown and counts nowhere.

    Args:
        values_m: Metres of each code, of 8 or 16 bits.
        near_m: Near end of the range; depths beyond count as this.
        far_m: Far end of the range; depths beyond count as this.
    """

    name = "depth"
    reads = ("depth",)
    metric_names = ("delta1", "rmse")

    def __init__(self, values_m: NDArray, near_m: float, far_m: float) -> None:
        self._values_m = torch.as_tensor(values_m).float()
        self.near_m = near_m
        self.far_m = far_m
        self.middle_m = math.sqrt(near_m * far_m)

    @classmethod
    def up_to_scale_and_shift(cls, code: DepthCode) -> DepthTarget:
        """Return the target of a corpus whose inverse depth counts but for a scale and a shift; it may have no unit."""
        if not isinstance(code, RelativeDepth):
            return cls.from_depth_code(code)
        nearness = np.linspace(1.1, 0.1, 2**code.bits - 1)  # as even as the codes are, and above 0
        return cls(np.concatenate([[0.0], 1 / nearness]), 1 / nearness[0], 1 / nearness[-1])

    @classmethod
    def from_depth_code(cls, code: DepthCode) -> DepthTarget:
        """Return the target of a corpus whose depth is coded so; nearer than 0.1 m counts as 0.1 m.

        Raises:
            Problem: The depth has no unit.
        """
        if isinstance(code, RelativeDepth):
            raise Problem(
                "the corpus's depth is relative, without metres: label it by a metric teacher, or train masks"
            )
        return cls(code.values_m(), max(code.near_m, _NEAREST_M), code.far_m)

    def encode(self, codes: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Encode depth codes at the size of a network's output, each pixel the nearest of theirs.

        Args:
            codes: (n, 1, H, W) uint8 or uint16.
            size: Height and width of the output.

        Returns:
            The normalised inverse depth, (n, 1, h, w) float32, 0 where unknown, and what is known, bool.
        """
        # PyTorch can neither index uint16 tensors nor index by them.
        codes = tensor_resize.nearest(codes if codes.dtype == torch.uint8 else codes.int(), size)
        known = codes > 0
        return torch.where(known, self.middle_m / self._metres(codes).clamp(self.near_m, self.far_m), 0.0), known

    def loss(self, raw: Tensor, target: tuple[Tensor, ...]) -> Tensor:
        """Return the loss of each sample, (n,) float32; 0 where nothing is known.

        The loss of Alhashim and Wonka, "High Quality Monocular Depth Estimation via Transfer Learning" (DenseDepth,
        2018): a tenth of the mean absolute error, the mean absolute error of the gradients, and half of 1 - SSIM. Of
        samples that are free, `free_depth_loss`.

        Args:
            raw: (n, 1, h, w), sides of at least 11 px.
            target: Of `encode`; a third part, (n,) bool, says of which samples inverse depth is free, that is known
                but for a scale and a shift.
        """
        require_window(*raw.shape[-2:])
        true, known, *rest = target
        if not rest:
            return self._metric_loss(raw.float(), true, known)
        (free,) = rest
        losses = torch.zeros(len(raw), device=raw.device)
        for loss, which in ((self._metric_loss, ~free), (free_depth_loss, free)):
            losses[which] = loss(raw[which].float(), true[which], known[which])
        return losses

    def _metric_loss(self, predicted: Tensor, true: Tensor, known: Tensor) -> Tensor:
        error = predicted - true
        l1 = masked_mean(error.abs(), known, empty=0.0)
        # A gradient is known where both of its pixels are.
        gradients = masked_mean(error.diff(dim=-1).abs(), known[..., 1:] & known[..., :-1], empty=0.0)
        gradients = gradients + masked_mean(error.diff(dim=-2).abs(), known[..., 1:, :] & known[..., :-1, :], empty=0.0)
        dissimilarity = ((1 - ssim_map(predicted, true, known)) / 2).clamp(0, 1)
        return _L1_WEIGHT * l1 + gradients + masked_mean(dissimilarity, crop_to_windows(known), empty=0.0)

    def decode(self, raw: Tensor) -> Tensor:
        """Return raw outputs, or encoded targets, as metres within the range, float32."""
        return self.middle_m / raw.float().clamp(self.middle_m / self.far_m, self.middle_m / self.near_m)

    def scores(
        self, depth_m: Tensor, truth_m: Tensor, known: Tensor, regions: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the scores of each sample by name, (n,) float64 each, on the CPU; NaN where nothing is known.

        delta1: the share of pixels with max(d/t, t/d) < 1.25; absrel: the mean of |d - t| / t; rmse_m: the root of the
        mean squared error, in metres; rmse: the same over `far_m`; ssim: the mean structural similarity of depth over
        `far_m`. And each on every region, as in rmse_m_band.

        Args:
            depth_m: Predicted metres d, (n, 1, h, w), sides of at least 11 px.
            truth_m: True metres t, (n, 1, h, w).
            known: Where the truth is known, (n, 1, h, w) bool.
            regions: Masks (n, 1, h, w) bool by the name of the region.
        """
        require_window(*depth_m.shape[-2:])
        depth_m, truth_m = depth_m.float(), truth_m.float()
        ratio = torch.maximum(depth_m / truth_m, truth_m / depth_m)
        values = {
            "delta1": ((ratio < _DELTA1).float(), known),
            "absrel": ((depth_m - truth_m).abs() / truth_m, known),
            "rmse_m": ((depth_m - truth_m) ** 2, known),
            "ssim": (ssim_map(depth_m / self.far_m, truth_m / self.far_m, known), crop_to_windows(known)),
        }
        scores = {}
        for suffix, where in [("", torch.ones_like(known)), *((f"_{name}", where) for name, where in regions.items())]:
            for score, (map_, counts) in values.items():  # the map of SSIM is smaller by its window
                scores[score + suffix] = masked_mean(
                    map_, counts & (crop_to_windows(where) if score == "ssim" else where)
                )
            scores[f"rmse_m{suffix}"] = scores[f"rmse_m{suffix}"].sqrt()
            scores[f"rmse{suffix}"] = scores[f"rmse_m{suffix}"] / self.far_m
        return scores_to_cpu(scores)

    def measure(self, raw: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
        """Return the scores that are followed while depth is learnt, (n, 2) float32; NaN where nothing is known."""
        truth, known = target
        predicted = self.scores(self.decode(raw), self.decode(truth), known, {})
        return torch.stack([predicted[name] for name in self.metric_names], dim=1).float()

    def summary(self, measured: Tensor, threshold: float | None) -> MetricSummary:
        """Return the means over the samples of which something is known."""
        delta1, rmse = measured.nanmean(dim=0).tolist()
        return MetricSummary({"delta1": delta1, "rmse": rmse}, (delta1,))

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


def require_window(height_px: int, width_px: int) -> None:
    """Raise Problem (exit code 2) where maps are smaller than the window of SSIM."""
    if min(height_px, width_px) < WINDOW_PX:
        takes = f"needs at least {WINDOW_PX} px a side"
        line = f"a depth map of {height_px} by {width_px} px: {takes}: give a larger --size"
        raise Problem(line, exit_code=2)
