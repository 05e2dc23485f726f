"""Contact sheets: background, cut-out, composite, mask, instances and depth of a spread of samples."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.images.panels import blank_paper, captioned, on_checkerboard, panel_grid
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted
from bgfg.synth.compose.scene_kinds import kinds_of_sample
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.sample import Sample


def _instance_colours() -> NDArray[np.uint8]:
    """Return a colour for each number of an instance, (256, 3) uint8 RGB; none is black, neighbours differ in hue."""
    hues = (np.arange(256) * 0.6180339887 % 1 * 180).astype(np.uint8)
    hsv = np.stack([hues, np.full(256, 190, np.uint8), np.full(256, 240, np.uint8)], axis=-1)[None]
    colours = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0], np.uint8)
    colours[0] = 0
    return colours


# RGB of each number of an instance, (256, 3) uint8.
INSTANCE_COLOURS = _instance_colours()


def contact_sheet(corpus: Corpus, samples: Sequence[int], beside: Corpus | None = None) -> NDArray[np.uint8]:
    """Draw a row per sample; depth only where the corpus is labelled.

    Args:
        corpus: The corpus.
        samples: Numbers of samples of finished shards.
        beside: Another corpus of the same pictures, whose sample of the same number is drawn in the same row.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        Problem: The pictures of `beside` are others.
    """
    if beside is not None:
        _require_same_pictures(corpus, beside)
    rows = [_row(corpus, corpus[i], beside) for i in samples]
    return panel_grid(rows)


def kinds_sheet(corpus: Corpus, samples: Sequence[int]) -> NDArray[np.uint8]:
    """Draw a row per sample: the same cut-outs at the same places, under each kind of variety of the corpus alone.

    Args:
        corpus: The corpus.
        samples: Numbers of samples.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        Problem: Nothing varies in the corpus.
    """
    if corpus.manifest.variety is None:
        raise Problem(f"--kinds: nothing varies in {corpus.path}: plan one with --shadow, say", exit_code=2)
    rows = (kinds_of_sample(corpus, sample) for sample in samples)
    return panel_grid([np.hstack([captioned(image, kind) for kind, image in row.items()]) for row in rows])


def spread_samples(corpus: Corpus, count: int) -> list[int]:
    """Choose samples of finished shards whose backgrounds, cut-outs and placements all differ, evenly spread.

    Returns:
        At most `count` numbers of samples.

    Raises:
        Problem: Nothing is composed yet.
    """
    K = corpus.geometry.placements
    done = sorted(corpus.done_shards("image") & corpus.done_shards("mask"))
    if not done:
        raise Problem(f"{corpus.path}: nothing is composed yet: run {bgfg_command('compose', corpus.path)}")
    # The golden ratio's multiples fall evenly whatever the count; other ratios do the same for cut-out and placement.
    chosen = []
    for j in range(min(count, sum(len(corpus.samples_of(shard)) for shard in done))):
        shard = corpus.samples_of(done[j * len(done) // count if count <= len(done) else j % len(done)])
        block = int((j * 0.6180339887 + 0.1) % 1 * (len(shard) // K))
        chosen.append(shard.start + block * K + int((j * 0.7548776662) % 1 * K))
    return list(dict.fromkeys(chosen))


def depth_range_m(corpus: Corpus) -> tuple[float, float]:
    """Return the metres from near to far, by which the depth of all samples of a labelled corpus is coloured."""
    code = corpus.depth_code()
    near_m, far_m = (corpus.manifest.teacher or {}).get("range_m") or (code.near_m, code.far_m)
    return near_m, far_m


def _require_same_pictures(corpus: Corpus, beside: Corpus) -> None:
    """Raise Problem where the samples of two corpora don't stand for the same pictures."""
    both = (corpus.manifest.parts, beside.manifest.parts)
    pictures, others = ([{**part.prepared, "background_depth": ""} for part in parts] for parts in both)
    if pictures != others or corpus.geometry != beside.geometry:
        raise Problem(
            f"--beside {beside.path}: its pictures, sizes or placements aren't those of {corpus.path}: give a corpus "
            "planned from the same folders with the same options, but for --placement",
            exit_code=2,
        )


def sample_panels(corpus: Corpus, sample: Sample) -> list[tuple[NDArray[np.uint8], str]]:
    """Return what belongs to a sample as pictures, each (H, W, 3) uint8 RGB, with their captions.

    They are background and cut-out, white where an imported corpus doesn't know them, composite, mask, and where there
    are any instances and depth.
    """
    return [*_shown_pictures(corpus, sample), *_panels(corpus, sample, str(sample.row["image_name"]))]


def _row(corpus: Corpus, sample: Sample, beside: Corpus | None) -> NDArray[np.uint8]:
    if beside is None:
        panels = sample_panels(corpus, sample)
    else:
        panels = _shown_pictures(corpus, sample)
        for each in (corpus, beside):
            panels += _panels(each, each[sample.row["sample"]], f"{each.path.name}: {each.manifest.placement_rule}")
    return np.hstack([captioned(pixels, caption) for pixels, caption in panels])


def _shown_pictures(corpus: Corpus, sample: Sample) -> list[tuple[NDArray[np.uint8], str]]:
    label = f": {sample.label}" if corpus.manifest.classes else ""
    panels = []
    if "background" in corpus.manifest.prepared:
        shown = sample.background
        panels.append((shown, "background") if shown is not None else (_nothing(sample), "background unknown"))
    if "cutout" in corpus.manifest.prepared:
        shown = sample.cutout
        cutout = None if shown is None else on_checkerboard(shown, *sample.mask.shape)
        panels.append((cutout, f"cut-out{label}") if cutout is not None else (_nothing(sample), "cut-out unknown"))
    return panels


def _nothing(sample: Sample) -> NDArray[np.uint8]:
    return blank_paper(*sample.mask.shape)


def _panels(corpus: Corpus, sample: Sample, caption: str) -> list[tuple[NDArray[np.uint8], str]]:
    """Return image and mask of a sample, instances and depth where there are any, with their captions."""
    panels = [(sample.image, caption), (np.repeat(sample.mask[..., None], 3, axis=2), "mask")]
    if sample.instance is not None:
        labels = f": {', '.join(str(paste['label']) for paste in sample.pastes)}" if corpus.manifest.classes else ""
        caption = f"{counted(len(sample.pastes), 'instance')}{labels}"
        panels.append((INSTANCE_COLOURS[sample.instance], caption))
    if sample.depth_m is not None:
        code = corpus.depth_code()
        known = sample.depth_m[sample.depth_m > 0]
        unit = "" if code.attributes()["kind"] == "relative" else " m"
        caption = f"depth {known.min():.1f} to {known.max():.1f}{unit}" if known.size else "depth unknown"
        shown = _resized_to_frame(sample.mask, sample.depth_m)
        panels.append((colour_depth(shown, *depth_range_m(corpus)), caption))
    return panels


def _resized_to_frame(frame: NDArray, depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return depth at the size of a frame, by nearest neighbours."""
    height_px, width_px = frame.shape
    return np.asarray(cv2.resize(depth_m, (width_px, height_px), interpolation=cv2.INTER_NEAREST), np.float32)
