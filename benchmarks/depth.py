"""Measure the speed of DenseDepth: the network alone, a plain loop, `bgfg label`, and the device's matrix peak.

Run as `python -m benchmarks.depth`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.timing import MedianRange, timed_bgfg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.device import describe_device, select_device
from bgfg.depth_teacher.teachers.densedepth import OFFICIAL, DenseDepth
from bgfg.depth_teacher.teachers.densedepth_teacher import DenseDepthTeacher
from bgfg.depth_teacher.teachers.densedepth_weights import TRAINED_RANGES_M, DenseDepthWeights, save_safetensors

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path, resolve_path=True)
SIZES_PX = (224, 448)


def time_repeats(work: Callable[[], object], device: torch.device, repeats: int) -> MedianRange:
    """Return the seconds that `work` takes, after a run that doesn't count."""
    found = []
    for turn in range(repeats + 1):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if turn:
            found.append(time.perf_counter() - start)
    return MedianRange.of(found)


def matrix_peak(device: torch.device, repeats: int) -> float:
    """Return the floating-point operations a second of the best of some multiplications of large square matrices."""
    side, dtype = (8192, torch.float16) if device.type == "cuda" else (2048, torch.float32)
    a, b = (torch.randn(side, side, dtype=dtype, device=device) for _ in range(2))
    return 2 * side**3 / time_repeats(lambda: a @ b, device, repeats).least


def flops_per_image(net: DenseDepth, side_px: int) -> int:
    """Return the floating-point operations of one image, a multiplication with its addition counted as two."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        net(torch.zeros(1, 3, side_px, side_px))
    return int(counter.get_total_flops())


def measure_network(weights: DenseDepthWeights, device: torch.device, side_px: int, batch: int, repeats: int) -> float:
    """Return images a second of the teacher, on batches in memory."""
    teacher = DenseDepthTeacher(weights, device, (side_px, side_px), batch)
    pictures = np.random.default_rng(0).integers(0, 256, (batch, 224, 224, 3), dtype=np.uint8)
    count = 8 if device.type == "cuda" else 1
    seconds = time_repeats(lambda: list(teacher.predict_batches([pictures] * count)), device, repeats)
    return count * batch / seconds.median


def measure_plain_loop(net: DenseDepth, device: torch.device, side_px: int, repeats: int) -> float:
    """Return images a second of a plain loop: batch 1, default memory layout, full precision."""
    moved = net.to(device)
    rgb = torch.rand(1, 3, side_px, side_px, device=device)
    with torch.inference_mode():
        return 1 / time_repeats(lambda: moved(rgb), device, repeats).median


def measure_label_command(
    weights: Path, device: torch.device, side_px: int, backgrounds: int, workers: int, work: Path
) -> float:
    """Return images a second of `bgfg label`, a whole process, start and disk included, on a corpus of the kit."""
    corpus, kit = work / f"corpus{side_px}", work / "kit"
    if not kit.exists():
        timed_bgfg("kit", kit, "--backgrounds", backgrounds, "--cutouts", 10 if device.type == "cpu" else 100)
    placements = 2 if device.type == "cpu" else 20
    timed_bgfg("plan", corpus, "--bg", kit / "bg", "--fg", kit / "fg", "--placements", placements)
    timed_bgfg("compose", corpus, "--workers", workers)
    options = ("--teacher", "densedepth", "--weights", weights, "--input-size", side_px, "--workers", workers)
    seconds = timed_bgfg("label", corpus, *options, "--device", device)
    cutouts = 2 * len(list((kit / "fg").iterdir()))
    return backgrounds * cutouts * placements / seconds


@click.command()
@click.option("--device", default="auto", show_default=True, help="Device of the network: cuda, mps, cpu or auto.")
@click.option("--batch", type=click.IntRange(min=1), help="Pictures at a time.  [default: 64 on a GPU, 4 else]")
@click.option(
    "--backgrounds", type=click.IntRange(min=1), help="Backgrounds of the corpus that is labelled.  [default: 10, or 1]"
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(min=1), help="Cores of `bgfg label`.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(min=1), help="Turns of each measurement.")
@click.option("--work", type=FOLDER, help="Folder on the disk to measure on.  [default: the system's temporary folder]")
def depth(
    device: str, batch: int | None, backgrounds: int | None, workers: int, repeats: int, work: Path | None
) -> None:
    """Measure DenseDepth of the official width, its weights drawn at random, and print a table in Markdown.

    Example: python -m benchmarks.depth --device cuda
    """
    where = select_device(device)
    on_gpu = where.type == "cuda"
    batch = batch or (64 if on_gpu else 4)
    torch.manual_seed(0)
    net = DenseDepth(OFFICIAL).eval().requires_grad_(False)
    weights = DenseDepthWeights(net, "0" * 64, TRAINED_RANGES_M["nyu"])
    peak = matrix_peak(where, repeats)
    click.echo(f"{describe_device(where)}, PyTorch {torch.__version__}, matrix peak {peak / 1e9:,.0f} GFLOP/s\n")
    click.echo("| input | network alone, images/s | share of the peak | plain loop | `bgfg label`, all included |")
    click.echo("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="bgfg-depth-", dir=work) as folder:
        file = Path(folder) / "official.safetensors"
        save_safetensors(weights, file)
        for side_px in SIZES_PX:
            alone = measure_network(weights, where, side_px, batch, repeats)
            share = alone * flops_per_image(net.to("cpu"), side_px) / peak
            plain = measure_plain_loop(net, where, side_px, repeats)
            whole = measure_label_command(
                file, where, side_px, backgrounds or (10 if on_gpu else 1), workers, Path(folder)
            )
            click.echo(f"| {side_px} | {alone:,.1f} | {share:.0%} | {plain:,.1f} | {whole:,.1f} |")


if __name__ == "__main__":
    try:
        depth()
    except Problem as problem:
        sys.exit(f"Error: {problem}")
