"""Statistics of the pixels of a corpus, over a spread of its samples: colours, depth, and where people are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.overview.histogram import Histogram
from bgfg.synth.overview.sample_depths import measure_depths
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.preview import spread_samples

# Blocks that are looked into, and samples of each.
_BLOCKS, _OF_A_BLOCK = 120, 5

# Prepared pictures of a kind that are looked at.
_PICTURES = 200

_LEVELS = 32


@dataclass(frozen=True)
class PixelStatistics:
    """Statistics of pixels.

    Attributes:
        samples: How many samples were looked at.
        colours: "backgrounds", "cut-outs" and "composites", those that there are -> (3, 32) float64: which share of
            the red, green and blue values lies in each of 32 steps from dark to bright.
        mask: (H, W) float64, mean alpha from 0 to 1: where people are seen.
        depth: Depth of all pixels, in metres where it has a unit; None where nothing that was looked at is labelled.
        person_depth: Depth of the persons of the samples, likewise.
    """

    samples: int
    colours: dict[str, NDArray[np.float64]]
    mask: NDArray[np.float64]
    depth: Histogram | None = None
    person_depth: Histogram | None = None

    @classmethod
    def of(cls, reader: SampleReader, advance: Callable[[int], None] = lambda _n: None) -> PixelStatistics:
        """Look at samples from all over a corpus, the same ones every time.

        Args:
            reader: Reads the samples.
            advance: Is told how many samples were looked at since, of those of `planned_count`.

        Raises:
            Problem: Nothing is composed yet, or what is read is damaged.
        """
        samples = _chosen_samples(reader)
        levels, mask = np.zeros((3, 256), np.int64), np.zeros(reader.corpus.geometry.frame_px)
        for some in np.array_split(samples, max(1, len(samples) // 50)):
            pixels = reader.read(["image", "mask"], some)
            levels += _levels(pixels["image"].reshape(-1, 3))
            mask += pixels["mask"].sum(axis=0, dtype=np.float64)
            advance(len(some))
        colours = {**_prepared_colours(reader), "composites": _shares(levels)}
        labelled = samples[reader.is_made("depth", samples)]
        depth = _depth(reader, labelled) if len(labelled) else (None, None)
        return cls(len(samples), colours, mask / (255 * len(samples)), *depth)


def planned_count(reader: SampleReader) -> int:
    """Return how many samples are looked at."""
    return len(_chosen_samples(reader))


def _chosen_samples(reader: SampleReader) -> NDArray[np.int64]:
    K = reader.corpus.geometry.placements
    blocks = np.unique(np.array(spread_samples(reader.corpus, _BLOCKS), np.int64) // K)
    placements = np.unique(np.linspace(0, K - 1, min(K, _OF_A_BLOCK)).round().astype(np.int64))
    return np.asarray((blocks[:, None] * K + placements).ravel())


def _prepared_colours(reader: SampleReader) -> dict[str, NDArray[np.float64]]:
    corpus, g = reader.corpus, reader.corpus.geometry
    found = {}
    kinds = ("background", g.backgrounds, "backgrounds"), ("cutout", g.cutout_pictures, "cut-outs")
    for array, count, title in kinds:
        if array in corpus.manifest.prepared:
            levels = np.zeros((3, 256), np.int64)
            for number in np.unique(np.linspace(0, count - 1, min(count, _PICTURES)).astype(int)).tolist():
                picture = corpus.read(array, number)
                levels += _levels(picture[..., :3][picture[..., 3] >= OPAQUE_U8] if array == "cutout" else picture)
            found[title] = _shares(levels)
    return found


def _levels(rgb: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count each level of each channel of (..., 3) pixels, (3, 256)."""
    return np.stack([np.bincount(channel, minlength=256) for channel in rgb.reshape(-1, 3).T])


def _shares(levels: NDArray[np.int64]) -> NDArray[np.float64]:
    steps = levels.reshape(3, _LEVELS, -1).sum(axis=2)
    return np.asarray(steps / np.maximum(1, steps.sum(axis=1, keepdims=True)))


def _depth(reader: SampleReader, samples: NDArray[np.int64]) -> tuple[Histogram, Histogram]:
    values_m = reader.corpus.depth_code().values_m()
    counts = np.zeros(len(values_m), np.int64)
    for some in np.array_split(samples, max(1, len(samples) // 50)):
        counts += np.bincount(reader.read(["depth"], some)["depth"].ravel(), minlength=len(counts))
    measured = measure_depths(reader, samples)
    return Histogram.of(values_m[1:], counts[1:]), Histogram.of(measured["person_m"])
