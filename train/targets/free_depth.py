"""The loss of depth that is known but for a scale and a shift of its inverse: of stereo, or of other cameras' metres.

That of Ranftl et al., "Towards robust monocular depth estimation: mixing datasets for zero-shot cross-dataset transfer"
(MiDaS, 2020): both maps are brought to median 0 and mean absolute deviation 1, the largest errors are left out, and the
gradients of the error count at several scales.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bgfg.train.targets.per_sample import masked_mean

# Share of a picture's pixels, those with the largest errors, that don't count: a sensor's edges are where they are not.
_TRIMMED = 0.2

_GRADIENT_WEIGHT = 0.5
_GRADIENT_SCALES = 4

# Added to the deviation, in the unit of normalised inverse depth: a map that is flat stays so, not all noise.
_LEAST_DEVIATION = 1e-2


def free_depth_loss(raw: Tensor, inverse: Tensor, known: Tensor) -> Tensor:
    """Return the loss of each sample, (n,) float32; 0 where nothing is known.

    Args:
        raw: Predicted inverse depth, (n, 1, h, w) float32.
        inverse: True inverse depth up to a scale above 0 and a shift, each sample its own, (n, 1, h, w) float32.
        known: Where that is known, (n, 1, h, w) bool.
    """
    error = _normalised(raw, known) - _normalised(inverse, known)
    gradients = [_gradient(error[..., ::step, ::step], known[..., ::step, ::step]) for step in _STEPS]
    return _trimmed_mean(error.abs(), known) / 2 + _GRADIENT_WEIGHT * torch.stack(gradients).sum(dim=0)


_STEPS = [2**scale for scale in range(_GRADIENT_SCALES)]


def _normalised(values: Tensor, known: Tensor) -> Tensor:
    """Bring each map's known pixels to median 0 and mean absolute deviation 1; the others are 0."""
    flat = torch.where(known, values, torch.nan).flatten(1)
    medians = flat.nanmedian(dim=1).values.nan_to_num().view(-1, 1, 1, 1)
    centred = torch.where(known, values - medians, 0.0)
    deviations = masked_mean(centred.abs(), known, empty=0.0).view(-1, 1, 1, 1)
    return centred / (deviations + _LEAST_DEVIATION)


def _trimmed_mean(errors: Tensor, known: Tensor) -> Tensor:
    """Return the sum of each map's errors but the largest fifth, over the number of all, (n,)."""
    flat, counts = torch.where(known, errors, torch.inf).flatten(1), known.flatten(1).sum(dim=1)
    ascending = flat.sort(dim=1).values
    kept = torch.arange(flat.shape[1], device=flat.device) < ((1 - _TRIMMED) * counts).long()[:, None]
    return torch.where(kept, ascending, 0.0).sum(dim=1) / counts.clamp(min=1)


def _gradient(error: Tensor, known: Tensor) -> Tensor:
    """Return the mean absolute gradient of each map where both of its pixels are known, across and down, (n,)."""
    across = masked_mean(error.diff(dim=-1).abs(), known[..., 1:] & known[..., :-1], empty=0.0)
    return across + masked_mean(error.diff(dim=-2).abs(), known[..., 1:, :] & known[..., :-1, :], empty=0.0)
