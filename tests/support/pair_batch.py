"""A batch of pairs as the stream hands them over, for tests of their augmentation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from bgfg.synth.compose.blend import compose_block
from tests.support import references

N, H, W = 24, 61, 89


def make_pair_batch() -> dict[str, Any]:
    """N samples of 5 backgrounds, as the stream hands them over: images channels-last, depth in a size of its own."""
    rng = np.random.default_rng(0)
    own = rng.integers(0, 5, N)
    images, masks = zip(
        *(
            compose_block(
                references.picture(H, W, b), references.cutout(40, 22, i), *rng.integers(0, (60, 20), (1, 2)).T
            )
            for i, b in enumerate(own)
        ),
        strict=True,
    )
    rooms = torch.from_numpy(np.stack([references.picture(H, W, b) for b in range(5)])).permute(0, 3, 1, 2).contiguous()
    return {
        "bg": rooms[own],
        "bg_fg": torch.from_numpy(np.concatenate(images)).permute(0, 3, 1, 2),
        "mask": torch.from_numpy(np.concatenate(masks))[:, None],
        "depth": torch.from_numpy(rng.integers(1, 256, (N, 1, 30, 44)).astype(np.uint8)),
        "samples": torch.arange(1_000, 1_000 + N) * 7_919,
        "own": torch.from_numpy(own),
        "others": rooms,
    }
