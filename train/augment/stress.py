"""Stress tests: held-out pairs under one disturbance at a time, each with a fixed seed."""

from __future__ import annotations

import torch
from torch import Tensor

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng
from bgfg.train.augment.pairs import require_others, simulate_shots

# Cell E of the evaluation: held-out pairs under each disturbance alone; `all`, the three together that the threshold on
# the difference was measured under (shift, exposure, noise); and `harsh`, everything but the wrong background.
DISTURBANCES: dict[str, AugmentConfig] = {
    "shift": AugmentConfig(shift_share=1.0, shift_px_at_224=2.0),
    "rotate": AugmentConfig(rotate_share=1.0),
    "exposure": AugmentConfig(exposure_share=1.0),
    "colour": AugmentConfig(colour_share=1.0),
    "noise": AugmentConfig(noise_share=1.0, noise_sigma_levels=(5.0, 5.0)),
    "jpeg": AugmentConfig(jpeg_share=1.0, composite_jpeg_share=1.0, jpeg_quality=(85, 85)),
    "shadow": AugmentConfig(shadow_share=1.0),
    "wrong background": AugmentConfig(wrong_share=1.0),
    "all": AugmentConfig(
        shift_share=1.0,
        shift_px_at_224=2.0,
        exposure_share=1.0,
        noise_share=1.0,
        noise_sigma_levels=(5.0, 5.0),
    ),
    "harsh": AugmentConfig(
        shift_share=1.0,
        shift_px_at_224=2.0,
        rotate_share=1.0,
        exposure_share=1.0,
        colour_share=1.0,
        noise_share=1.0,
        composite_noise_share=1.0,
        noise_sigma_levels=(5.0, 5.0),
        jpeg_share=1.0,
        composite_jpeg_share=1.0,
        jpeg_quality=(85, 85),
        shadow_share=1.0,
    ),
}

# The disturbance that is reported beside the clean figures and that validation uses.
COMBINED_DISTURBANCE = "all"

_STRESS_SEED = 20_240_607


@torch.no_grad()
def stress(
    name: str,
    bg: Tensor,
    bg_fg: Tensor,
    mask: Tensor,
    samples: Tensor,
    others: Tensor | None = None,
    own: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return pairs under a disturbance of DISTURBANCES, the same ones every time.

    Args:
        name: The disturbance.
        bg: Bare backgrounds, (n, 3, H, W) uint8.
        bg_fg: Composites, (n, 3, H, W) uint8.
        mask: (n, 1, H, W) uint8; it still holds afterwards, since the composite's frame stays.
        samples: (n,) int64 indices.
        others: (m, 3, H, W) uint8, as for PairAugmentation; "wrong background" needs them.
        own: (n,) int64, as for PairAugmentation.

    Returns:
        (bg, bg_fg), uint8, of the size given.

    Raises:
        Problem: The disturbance needs other backgrounds and there are fewer than two.
    """
    config = DISTURBANCES[name]
    require_others(config, others)
    rng = CounterRng(_STRESS_SEED, 0, samples.cpu().numpy())
    bare = bg.clone(memory_format=torch.contiguous_format)
    second, first = simulate_shots(bare, bg_fg.contiguous(), mask, rng, config, others, own)
    return second.to(torch.uint8), first.to(torch.uint8)
