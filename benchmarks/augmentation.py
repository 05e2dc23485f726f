"""Measure augmentation: its cost, its effect on thresholding the difference, and sheets of what it looks like.

`python -m benchmarks.augmentation BG FG` on folders of backgrounds and cut-outs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor

from bgfg.data_manifests.images.image_reading import read_depth, read_rgb, read_rgba
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.images.panels import blank_paper, draw_text
from bgfg.data_manifests.images.resampling.fit_to_frame import fit_background, fit_cutout, fit_depth, flip
from bgfg.synth.compose.blend import compose_block
from bgfg.train.augment.config import PAIR_CONFIG, AugmentConfig
from bgfg.train.augment.geometry import resize
from bgfg.train.augment.pairs import AugmentedPair, PairAugmentation
from bgfg.train.augment.scene_depth import SceneDepth
from bgfg.train.augment.stress import DISTURBANCES, stress

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_SIDE_PX, _CUTOUT_PX, _BATCH = 224, 110, 64


def make_composites(bg: Path, fg: Path, count: int, seed: int = 0) -> dict[str, Tensor]:
    """Compose `count` samples of random pairs, in the form of the stream's batches; `others` are all backgrounds."""
    rng = np.random.default_rng(seed)
    rooms = [fit_background(read_rgb(path), _SIDE_PX, _SIDE_PX) for path in sorted(bg.iterdir())]
    people = [fit_cutout(read_rgba(path), _CUTOUT_PX, _SIDE_PX, _SIDE_PX, path) for path in sorted(fg.iterdir())]
    own, images, masks = rng.integers(0, len(rooms), count), [], []
    for b in own:
        person = people[rng.integers(len(people))]
        person = flip(person) if rng.random() < 0.5 else person
        x, y = (rng.integers(0, _SIDE_PX - side + 1, 1) for side in (person.shape[1], person.shape[0]))
        image, mask = compose_block(rooms[b], person, x, y)
        images.append(image)
        masks.append(mask)
    others = torch.from_numpy(np.stack(rooms)).permute(0, 3, 1, 2).contiguous()
    return {
        "bg": others[own],
        "bg_fg": torch.from_numpy(np.concatenate(images)).permute(0, 3, 1, 2),
        "mask": torch.from_numpy(np.concatenate(masks))[:, None],
        "samples": torch.arange(count),
        "others": others,
        "own": torch.from_numpy(own),
    }


def best_threshold_iou(bg: Tensor, bg_fg: Tensor, mask: Tensor) -> float:
    """Return the mean IoU of thresholding |bg_fg − bg|, the mean of three channels, at the best of all thresholds."""
    difference = (bg_fg.int() - bg.int()).abs().sum(dim=1, keepdim=True)
    truth = mask >= 128
    found = []
    for threshold in range(3, 300, 3):
        said = difference >= threshold
        both, either = ((a.flatten(1).sum(1).double()) for a in (said & truth, said | truth))
        found.append((both / either.clamp(min=1)).mean().item())
    return max(found)


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of `work` in ms, after a run that doesn't count."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


def print_costs(given: dict[str, Tensor], repeats: int) -> None:
    """Print the milliseconds of a batch for sizes and threads, and what each disturbance adds."""
    first = {name: values if name == "others" else values[:_BATCH] for name, values in given.items()}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for size_px in (96, 192):
            everything = median_ms(_run(first, size_px, PAIR_CONFIG), repeats)
            nothing = median_ms(_run(first, size_px, AugmentConfig()), repeats)
            click.echo(
                f"{size_px} px, {threads} threads: {everything:.0f} ms a batch of {_BATCH}; off {nothing:.0f} ms"
            )
    torch.set_num_threads(1)
    for field in vars(PAIR_CONFIG):
        if field.endswith("_share"):
            alone = median_ms(
                _run(first, 96, replace(AugmentConfig(), **{field: getattr(PAIR_CONFIG, field)})), repeats
            )
            click.echo(f"  96 px, 1 thread, {field} alone: {alone:.1f} ms")


def read_scene(bg: Path, depth: Path) -> SceneDepth:
    """Read the depth maps of the backgrounds of a folder, which lie in another under the same names."""
    maps = []
    for path in sorted(bg.iterdir()):
        depth_mm = read_depth(depth / f"{path.stem}.png")
        maps.append(fit_depth(depth_mm, depth_mm.shape, _SIDE_PX, _SIDE_PX))
    return SceneDepth.of_maps(np.stack(maps), [None] * len(maps))


def print_parallax_costs(given: dict[str, Tensor], scene: SceneDepth, repeats: int) -> None:
    """Print the processor's milliseconds of a batch with drawn parallax and with that by depth, taken in turns."""
    first = {name: values if name == "others" else values[:_BATCH] for name, values in given.items()}
    torch.set_num_threads(1)
    for size_px in (96, 192):
        ways = [_run(first, size_px, PAIR_CONFIG, way) for way in (None, scene)]
        spent = np.zeros((repeats + 1, 2))
        for turn in range(repeats + 1):  # the first doesn't count
            for column, work in enumerate(ways):
                start = time.process_time()
                work()
                spent[turn, column] = 1000 * (time.process_time() - start)
        drawn, by_depth = np.median(spent[1:], axis=0)
        click.echo(
            f"{size_px} px, 1 thread: parallax drawn {drawn:.0f} ms a batch of {_BATCH}, by depth {by_depth:.0f}"
        )


def _run(
    given: dict[str, Tensor], size_px: int, config: AugmentConfig, scene: SceneDepth | None = None
) -> Callable[[], AugmentedPair]:
    augment = PairAugmentation(size_px, config, 0, given["others"], scene)
    return lambda: augment(given["bg"], given["bg_fg"], given["mask"], None, given["samples"], 0, given["own"])


def print_baseline(given: dict[str, Tensor]) -> None:
    """Print the IoU of thresholding under each disturbance, at the corpus's size and at 96 px."""
    bg, bg_fg, mask = given["bg"], given["bg_fg"], given["mask"]
    for name in ("none", *DISTURBANCES):
        pair = (bg, bg_fg) if name == "none" else stress(name, bg, bg_fg, mask, *(given[k] for k in _REST))
        small = best_threshold_iou(*(resize(pictures, (96, 96)) for pictures in (*pair, mask)))
        click.echo(f"{name}: IoU {best_threshold_iou(*pair, mask):.3f} at {_SIDE_PX} px, {small:.3f} at 96 px")


_REST = ("samples", "others", "own")


def stress_sheet(given: dict[str, Tensor], rows: int) -> Tensor:
    """Draw, for each disturbance, its second shot, its composite, and their difference: (3, height, width) uint8."""
    few = {name: values if name == "others" else values[:rows] for name, values in given.items()}
    bg, bg_fg, mask = few["bg"], few["bg_fg"], few["mask"]
    columns = [_captioned([bg, bg_fg, _difference(bg, bg_fg)], "as composed")]
    for name in DISTURBANCES:
        pair = stress(name, bg, bg_fg, mask, *(few[k] for k in _REST))
        columns.append(_captioned([*pair, _difference(*pair)], name))
    return torch.cat(columns, dim=2)


def training_sheet(given: dict[str, Tensor], size_px: int, count: int) -> Tensor:
    """Draw `count` training pairs: second shot, composite, mask, a row each; (3, height, width) uint8."""
    few = {name: values if name == "others" else values[:count] for name, values in given.items()}
    pair = _run(few, size_px, PAIR_CONFIG)()
    shots = [(shot * 255).round().to(torch.uint8) for shot in (pair.bg, pair.bg_fg)]
    rows = torch.cat([*shots, pair.mask.expand(-1, 3, -1, -1)], dim=3)
    columns = rows.chunk(4)
    return torch.cat([torch.cat(list(column), dim=1) for column in columns], dim=2)


def _difference(bg: Tensor, bg_fg: Tensor) -> Tensor:
    return ((bg_fg.int() - bg.int()).abs() * 3).clamp(max=255).to(torch.uint8)


def _captioned(shots: list[Tensor], caption: str) -> Tensor:
    paper = blank_paper(20, shots[0].shape[3])
    draw_text(paper, caption, 4, 14, 0.45, (0, 0, 0))
    rows = [torch.cat([shot[i] for shot in shots], dim=1) for i in range(len(shots[0]))]
    return torch.cat([torch.from_numpy(paper).permute(2, 0, 1), *rows], dim=1)


@click.command()
@click.argument("bg", type=FOLDER)
@click.argument("fg", type=FOLDER)
@click.option("--samples", default=300, show_default=True, type=click.IntRange(min=_BATCH), help="Composites.")
@click.option("--repeats", default=5, show_default=True, type=click.IntRange(min=1), help="Batches that are timed.")
@click.option("--depth", type=FOLDER, help="Folder of the backgrounds' depth maps: parallax by depth is timed too.")
@click.option("--sheets", type=FOLDER, help="Folder to put two contact sheets into.")
def augmentation(bg: Path, fg: Path, samples: int, repeats: int, depth: Path | None, sheets: Path | None) -> None:
    """Measure augmentation on this machine, and draw what it does.

    Example: python -m benchmarks.augmentation photos people --sheets .
    """
    given = make_composites(bg, fg, samples)
    print_costs(given, repeats)
    if depth is not None:
        print_parallax_costs(given, read_scene(bg, depth), repeats)
    print_baseline(given)
    if sheets is not None:
        for name, sheet in (("stress", stress_sheet(given, 3)), ("training", training_sheet(given, 192, 24))):
            save_png(sheet.permute(1, 2, 0).contiguous().numpy(), sheets / f"augmentation-{name}.png")


if __name__ == "__main__":
    augmentation()
