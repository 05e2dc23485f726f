"""Which sizes of a batch can be drawn from the lanes of a shuffled stream, and what is said of those that can't."""

from __future__ import annotations

import math

import numpy as np

from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.train.stream.sampler import LANES, BatchSampler


def require_batch_of_lanes(said: str, batch: int, world_size: int = 1) -> None:
    """Check that a batch takes as many samples from each lane.

    Args:
        said: What was given, in the spelling of whoever gave it.
        batch: Samples of a rank's batch.
        world_size: Number of ranks.

    Raises:
        Problem: It doesn't.
    """
    if batch * world_size % LANES:
        multiple = LANES // math.gcd(LANES, world_size)
        raise Problem(
            f"{said}: a batch takes as many samples from each of {LANES} mixed sequences: give a multiple of "
            f"{multiple}",
            exit_code=2,
        )


def describe_too_few(sampler: BatchSampler) -> str:
    """Say why shuffled samples fill no batch, and what does: a batch that they fill, or else more pictures."""
    blocks, at_a_time = len(np.unique(sampler.samples // sampler.placements)), math.lcm(LANES, sampler.world_size)
    if blocks < LANES:
        return (
            f"in {counted(blocks, 'block')} of one background and cut-out each: too few for any batch, which mixes "
            f"{LANES} blocks at least: more pictures are needed"
        )
    most = sampler.lanes(0).size // at_a_time * at_a_time  # over all ranks
    if not most:
        return f"too few for {sampler.world_size} ranks: start fewer, or plan with more pictures"
    smaller = f"--batch {most}{' or less' if most > at_a_time else ''}"
    return (
        f"too few for a batch of {sampler.batch * sampler.world_size}, which is drawn from {LANES} mixed sequences of "
        f"whole blocks ({sampler.placements} samples of one background and cut-out each): give {smaller}, or plan with "
        "more pictures"
    )
