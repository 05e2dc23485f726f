"""Measure estimates of the person's own colours at soft edges, against the estimators of pymatting.

Run as `python -m benchmarks.foreground`.

Cut-outs are laid on backgrounds; from the picture and alpha the colours are estimated again. Alpha is the true one, or
softened and hardened as a network's is; the background is known exactly, known as a second shot shows it (moved by a
pixel, 6 % brighter, noisy), or not at all.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_picture, read_rgb
from bgfg.data_manifests.images.listing import list_pictures
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.foreground import estimate_foreground
from bgfg.train.targets.matting_scores import AlphaMatte

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

RgbPixels = NDArray[np.uint8]
# From a picture, its alpha and the background, to the foreground's colours (H, W, 3) in levels.
Estimator = Callable[[RgbPixels, AlphaMatte, RgbPixels], NDArray]

# What counts as the edge, by the alpha that the estimators are given.
_EDGE = (0.02, 0.98)


@dataclass(frozen=True)
class MattingCase:
    """A picture whose true colours and alpha are known.

    Attributes:
        picture: The composite, (H, W, 3).
        colours: The foreground's true colours, (H, W, 3) in levels.
        true_alpha: Its true alpha, (H, W) in 0..1.
        alpha: The alpha that estimators are given.
        background: The background that they are given.
        other: Another background, to lay the foreground on.
    """

    picture: RgbPixels
    colours: NDArray[np.float32]
    true_alpha: AlphaMatte
    alpha: AlphaMatte
    background: RgbPixels
    other: RgbPixels


def make_estimators() -> dict[str, Estimator]:
    """Return the estimators by name."""
    pymatting = importlib.import_module("pymatting")

    def by(estimate: Callable[..., Any]) -> Estimator:
        return lambda picture, alpha, _: estimate(picture / 255.0, alpha.astype(np.float64)) * 255

    return {
        "the picture's own": lambda picture, _, __: picture,
        "bgfg, background known": estimate_foreground,
        "bgfg, background not known": lambda picture, alpha, _: estimate_foreground(picture, alpha),
        "the equation solved for F": _solved,
        "pymatting, multi-level": by(pymatting.estimate_foreground_ml),
        "pymatting, closed-form": by(pymatting.estimate_foreground_cf),
    }


def make_cases(
    cutouts: Sequence[Path], backgrounds: Sequence[Path], count: int, scale: float, edge: str
) -> Iterator[MattingCase]:
    """Yield pictures, always the same ones.

    Args:
        cutouts: Files of cut-outs.
        backgrounds: Files of backgrounds.
        count: How many pictures.
        scale: By which all is enlarged.
        edge: A key of EDGES: which alpha and background the estimators are given.
    """
    draw = np.random.default_rng(0)
    for i in range(count):
        premultiplied = _enlarged(_premultiplied(read_picture(cutouts[i * 7 % len(cutouts)]).pixels), scale)
        behind, other = (_enlarged(read_rgb(backgrounds[(i * step + 1) % len(backgrounds)]), scale) for step in (3, 7))
        alpha = np.zeros(behind.shape[:2], np.float32)
        colours = np.zeros(behind.shape, np.float32)
        (frame_height_px, frame_width_px), (height_px, width_px) = behind.shape[:2], premultiplied.shape[:2]
        height_px, width_px = min(height_px, frame_height_px), min(width_px, frame_width_px)
        top = int(draw.integers(0, frame_height_px - height_px + 1))
        left = int(draw.integers(0, frame_width_px - width_px + 1))
        part = (slice(top, top + height_px), slice(left, left + width_px))
        inside = premultiplied[:height_px, :width_px]
        alpha[part] = inside[..., 3] / 255
        colours[part] = np.clip(inside[..., :3] / np.maximum(inside[..., 3:] / 255, 1e-5), 0, 255)
        yield EDGES[edge](MattingCase(_over(colours, alpha, behind).round().astype(np.uint8), colours, alpha, alpha,
                               behind.astype(np.uint8), other.astype(np.uint8)), draw)  # fmt: skip


def measure(given: Sequence[MattingCase], estimators: Mapping[str, Estimator]) -> dict[str, tuple[float, float, float]]:
    """Measure estimators on pictures.

    Returns:
        Name -> over the edge, the mean error of colour in levels, weighed by alpha; the mean error over another
        background, in levels; and the median seconds a picture.
    """
    found = {}
    for name, estimate in estimators.items():
        first = given[0]
        estimate(first.picture[:32, :32], first.alpha[:32, :32], first.background[:32, :32])  # so that it is compiled
        colour, over, seconds = [], [], []
        for case in given:
            start = time.perf_counter()
            estimated = estimate(case.picture, case.alpha, case.background)
            seconds.append(time.perf_counter() - start)
            edge = (case.alpha > _EDGE[0]) & (case.alpha < _EDGE[1])
            apart = np.abs(estimated - case.colours).mean(axis=-1) * case.true_alpha
            colour.append(float(apart[edge].sum() / case.true_alpha[edge].sum()))
            new, wanted = _over(estimated, case.alpha, case.other), _over(case.colours, case.true_alpha, case.other)
            over.append(float(np.abs(new - wanted).mean(axis=-1)[edge].mean()))
        found[name] = float(np.mean(colour)), float(np.mean(over)), float(np.median(seconds))
    return found


def _exact(case: MattingCase, draw: np.random.Generator) -> MattingCase:
    return case


def _networks(case: MattingCase, draw: np.random.Generator) -> MattingCase:
    """Soften alpha and harden it again, as the mask of a network is."""
    soft = cv2.GaussianBlur(case.true_alpha, (0, 0), max(case.true_alpha.shape) / 224)
    alpha = np.clip((soft - 0.1) / 0.8, 0, 1).astype(np.float32)
    return MattingCase(case.picture, case.colours, case.true_alpha, alpha, case.background, case.other)


def _second_shot(case: MattingCase, draw: np.random.Generator) -> MattingCase:
    """Show the background as a second shot does, with the alpha of a network."""
    moved = np.roll(case.background, max(1, round(case.background.shape[1] / 224)), axis=1) * 1.06
    noisy = np.clip(moved + draw.normal(0, 2, moved.shape), 0, 255).astype(np.uint8)
    found = _networks(case, draw)
    return MattingCase(found.picture, found.colours, found.true_alpha, found.alpha, noisy, found.other)


EDGES: dict[str, Callable[[MattingCase, np.random.Generator], MattingCase]] = {
    "true alpha": _exact, "alpha of a network": _networks, "and a second shot": _second_shot
}  # fmt: skip


def _solved(picture: RgbPixels, alpha: AlphaMatte, background: RgbPixels) -> NDArray:
    share = np.maximum(alpha, 1e-3)[..., None]
    solved = (picture - (1 - share) * background.astype(np.float32)) / share
    return np.asarray(np.clip(solved, 0, 255), np.float32)


def _over(colours: NDArray, alpha: AlphaMatte, background: NDArray) -> NDArray:
    return np.asarray(colours * alpha[..., None] + background * (1 - alpha[..., None]))


def _premultiplied(rgba: RgbPixels) -> NDArray[np.float32]:
    if rgba.shape[2] != 4:
        raise Problem("--fg: a picture without transparency: give a folder of cut-outs", exit_code=2)
    return np.dstack([rgba[..., :3] * (rgba[..., 3:] / np.float32(255)), rgba[..., 3:]]).astype(np.float32)


def _enlarged(pixels: NDArray, scale: float) -> NDArray[np.float32]:
    wide = pixels.astype(np.float32)
    if scale == 1:
        return wide
    found = cv2.resize(wide, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(found, 0, 255), np.float32)


@click.command()
@click.option("--fg", type=FOLDER, required=True, help="Cut-outs, RGBA.")
@click.option("--bg", type=FOLDER, required=True, help="Backgrounds, larger than they.")
@click.option("--pictures", default=40, show_default=True, type=click.IntRange(min=1))
@click.option("--scale", default=1.0, show_default=True, type=click.FloatRange(min=1), help="By which all is enlarged.")
def foreground(fg: Path, bg: Path, pictures: int, scale: float) -> None:
    """Measure estimators of the foreground's colours and print a table in Markdown.

    Example: python -m benchmarks.foreground --fg data/kit/fg --bg data/kit/bg --pictures 10
    """
    click.echo("| alpha | contestant | colour, levels | over another background, levels | s a picture |")
    click.echo("|---|---|---|---|---|")
    (cutouts, _), (backgrounds, _) = list_pictures(fg), list_pictures(bg)
    for edge in EDGES:
        given = list(make_cases(cutouts, backgrounds, pictures, scale, edge))
        for name, (colour, over, seconds) in measure(given, make_estimators()).items():
            click.echo(f"| {edge} | {name} | {colour:.2f} | {over:.2f} | {seconds:.3f} |")


if __name__ == "__main__":
    try:
        foreground()
    except Problem as problem:
        sys.exit(f"Error: {problem}")
