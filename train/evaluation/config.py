"""How an evaluation is run."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bgfg.data_manifests.terminal.progress import Progress, no_progress

DEFAULT_SAMPLES = 2_000
DEFAULT_BATCH = 64


@dataclass(frozen=True)
class EvalConfig:
    """How an evaluation is run. But for float noise no figure depends on device and batch.

    Attributes:
        device: Where the network runs.
        max_samples: At most so many samples of a cell, None for all.
        batch: Samples at a time.
        progress: Shows progress.
    """

    device: torch.device
    max_samples: int | None = DEFAULT_SAMPLES
    batch: int = DEFAULT_BATCH
    progress: Progress = no_progress
