"""Painted scenes: to the byte what layers over one another make of the same pastes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.cutout_shape import CutoutShape, premultiplied
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.cutout import PlacedCutout
from bgfg.synth.compose.encoded_blocks import BlockEncoder
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.painting import lab_tables, painted_scenes
from bgfg.synth.painting.colour_match import LabColours, Surroundings
from bgfg.synth.painting.drawn_pastes import DrawnPastes
from bgfg.synth.painting.figures import Figure
from bgfg.synth.painting.layers import PremultipliedCutout, Shade
from bgfg.synth.painting.painted_scenes import ScenePainter
from bgfg.synth.painting.shadow import contact_shadow
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support import references
from tests.support.crowd_corpus import crowd_options, crowd_sources
from tests.synth.compose.test_known_matches import cutout_of


def painter_of(background: NDArray[np.uint8], placements: int, cutouts: list[NDArray[np.uint8]]) -> ScenePainter:
    compiled = painted_scenes.library()
    assert compiled is not None, "the tests need a C compiler where bgfg is installed"
    figures = [Figure(rgba, is_recoloured=True) for rgba in cutouts]
    return ScenePainter(compiled, background, placements, figures.__getitem__, with_instances=True)


def drawn(rng: np.random.Generator, placements: int, figures: int, background: NDArray[np.uint8]) -> DrawnPastes:
    """Pastes of all kinds: turned, tiny and huge, as they were, in and outside the frame, unmatched and unshaded."""
    H, W, _ = background.shape
    counts = rng.integers(0, 4, placements)
    n, samples = int(counts.sum()), np.repeat(np.arange(placements), counts)
    labelled = np.concatenate([np.arange(count) >= rng.integers(0, count + 1) for count in counts] or [[]]).astype(bool)
    corners = np.stack([rng.integers(-40, side + 10, n) for side in (W, H)], axis=1)
    boxes = np.concatenate([corners, rng.integers(1, 60, (n, 2))], axis=1)
    scales = rng.choice([100, 250, 499, 500, 501, 1000, 1000, 1370, 4000], n)
    turns = rng.choice([0, 0, 90_000, 180_000, -90_000, 12_345, -777, 1, 45_000], n)
    strengths, shadows = rng.choice([0, 1, 500, 1000], n), rng.choice([0, 1, 300, 1000], n)
    around = Surroundings(background).around_each(boxes)
    cutouts = rng.integers(0, figures, n)
    return DrawnPastes(samples, labelled, cutouts, boxes, scales, turns, strengths, shadows, *around)


def slow_layers(rgba: NDArray[np.uint8], paste: DrawnPastes, i: int) -> tuple[PlacedCutout, list[PlacedCutout]]:
    """A cut-out at its place, and its shadow where it has one."""
    x, y = paste.boxes_px[i, :2].tolist()
    if paste.colour_match_milli[i]:
        strength = int(paste.colour_match_milli[i])
        rgba = LabColours.of(rgba).matched(paste.around_mean[i], paste.around_deviation[i], strength)
    pixels = CutoutShape(int(paste.scales_milli[i]), int(paste.rotations_mdeg[i])).apply(premultiplied(rgba))
    cutout = PremultipliedCutout.of(pixels)
    darkness = int(paste.shadow_milli[i])
    found = contact_shadow(cutout.alpha_u8, darkness) if darkness else None
    shadows = [PlacedCutout(Shade(found[0]), found[0], x + found[1], y + found[2])] if found else []
    return PlacedCutout(cutout, cutout.alpha_u8, x, y), shadows


def compose_slowly(composer: Composer, cutouts: list[NDArray[np.uint8]], pastes: DrawnPastes) -> None:
    layers: list[list[PlacedCutout]] = [[] for _ in composer.masks]
    shadows: list[list[PlacedCutout]] = [[] for _ in composer.masks]
    behind: list[list[PlacedCutout]] = [[] for _ in composer.masks]
    for i, k in enumerate(pastes.samples.tolist()):
        placed, shadow = slow_layers(cutouts[pastes.cutouts[i]], pastes, i)
        (layers if pastes.is_labelled[i] else behind)[k].append(placed)
        shadows[k] += shadow
    composer.compose_layers(layers, [[*each, *others] for each, others in zip(shadows, behind, strict=True)])


def images_of(painter: ScenePainter, background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pictures that patches stand for, (K, H, W, 3) uint8."""
    images = np.repeat(background[None], len(painter.masks), axis=0)
    for image, patch in zip(images, painter.patches, strict=True):
        top, bottom, left, right = patch["box_px"].tolist()
        if bottom > top:
            k = (int(patch["pixels"]) - painter.pixels.ctypes.data) // painter.pixels[0].nbytes
            rows = painter.pixels[k].reshape(-1)[: (bottom - top) * int(patch["stride"])]
            image[top:bottom, left:right] = rows.reshape(bottom - top, right - left, 3)
    return images


@given(st.integers(8, 40), st.integers(8, 60), st.integers(1, 5), st.integers(0, 2**32 - 1))
@example(8, 8, 1, 0)
def test_scenes_are_painted_as_layers_over_one_another(
    height_px: int, width_px: int, placements: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    background = references.picture(height_px, width_px, seed % 97)
    cutouts = [cutout_of(int(rng.integers(1, 30)), int(rng.integers(1, 30)), rng) for _ in range(3)]
    painter, composer = painter_of(background, placements, cutouts), Composer(background, placements, True)
    for first in (0, 7):  # what was there before is gone
        pastes = drawn(rng, placements, len(cutouts), background)
        painter.paint(dataclasses.replace(pastes, samples=pastes.samples + first), first)
        compose_slowly(composer, cutouts, pastes)
        assert np.array_equal(images_of(painter, background), composer.images)
        assert np.array_equal(painter.masks, composer.masks)
        assert np.array_equal(painter.instances, composer.instances)


def test_a_figure_is_the_cutout_and_its_colours_and_leaves_out_gaps_alone() -> None:
    rng = np.random.default_rng(8)
    for density in (0.0, 0.1, 0.5, 1.0):
        rgba = references.cutout(23, 31, 6)
        rgba[rng.random(rgba.shape[:2]) >= density] = 0
        figure, colours = Figure(rgba, is_recoloured=True), LabColours.of(rgba)
        struct, stride = figure._struct[0], rgba.shape[1] + 2
        seen = (1 + colours.seen // (stride - 2)) * stride + 1 + colours.seen % (stride - 2)
        for kept, expected in (
            (figure._pixels, premultiplied(rgba)[rgba[..., 3] > 0]),
            (figure._lab, colours.lab_u8[0]),
        ):
            assert np.array_equal(kept.reshape(-1, 4)[seen, : expected.shape[1]], expected)
        assert np.array_equal(struct["mean"], colours.mean)
        assert np.array_equal(struct["deviation"], colours.deviation)
        within = np.array([i for run in figure._runs.tolist() for i in range(*run)], int)
        assert np.isin(seen, within).all()
        assert figure._lab.reshape(-1, 4)[within, 3].astype(bool).sum() == len(seen)
        gaps = figure._runs[1:, 0] - figure._runs[:-1, 1]
        assert (gaps >= 8).all()
        assert set(figure._runs[:, 0]) | set(figure._runs[:, 1] - 1) <= set(seen)


def test_all_of_a_large_figure_is_turned_and_coloured_alike() -> None:
    rng = np.random.default_rng(4)
    background = references.picture(150, 190, 3)
    cutouts = [references.cutout(131, 97, 5), np.zeros((5, 7, 4), np.uint8)]
    painter, composer = painter_of(background, 12, cutouts), Composer(background, 12, True)
    turns = rng.integers(-180_000, 180_000, 12)
    boxes = np.stack([rng.integers(-50, 90, 12), rng.integers(-50, 90, 12), *rng.integers(50, 150, (2, 12))], axis=1)
    pastes = DrawnPastes(
        np.arange(12), np.ones(12, bool), np.arange(12) // 11, boxes, rng.integers(300, 1500, 12), turns,
        rng.integers(0, 1001, 12), rng.integers(0, 1001, 12), *Surroundings(background).around_each(boxes),
    )  # fmt: skip
    painter.paint(pastes)
    compose_slowly(composer, cutouts, pastes)
    assert np.array_equal(images_of(painter, background), composer.images)
    assert np.array_equal(painter.masks, composer.masks)


def test_colours_go_to_all_ends_of_cielab_as_opencv_s_do() -> None:
    probes = np.arange(0, 256, 51, dtype=np.uint8)
    rgb = np.stack(np.meshgrid(probes, probes, probes), axis=-1).reshape(12, 18, 3)
    cutouts = [np.dstack([rgb, np.full((12, 18), alpha, np.uint8)]) for alpha in (255, 200)]
    background, ends = references.picture(20, 20, 1), np.array([0.0, 128.0, 255.0])
    around = np.stack(np.meshgrid(ends, ends, ends), axis=-1).reshape(-1, 3)
    n, unturned = len(around), np.zeros(len(around), np.int64)
    painter, composer = painter_of(background, n, cutouts), Composer(background, n, True)
    pastes = DrawnPastes(
        np.arange(n), np.ones(n, bool), np.arange(n) % 2, np.zeros((n, 4), np.int64), unturned + 1000, unturned,
        unturned + 1000, unturned, around, around[::-1] + 1,
    )  # fmt: skip
    painter.paint(pastes)
    compose_slowly(composer, cutouts, pastes)
    assert np.array_equal(images_of(painter, background), composer.images)


VARIED = Variety((0.4, 1.5), 25.0, 40, (0, 2), colour_match=(0, 1), shadow=(0, 0.7))


@pytest.mark.parametrize("crowd", [None, CutoutsPerSample(1, 3)])
def test_a_corpus_has_the_same_pixels_and_sums_with_and_without_what_is_compiled(
    crowd: CutoutsPerSample | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = crowd_options(crowd_sources(tmp_path / "sources"), crowd)
    plan_corpus(tmp_path / "corpus", dataclasses.replace(plain, variety=VARIED), replace=False, workers=1)
    corpus = Corpus(tmp_path / "corpus")
    recipe = ShardRecipe(corpus, 1)
    ways = [BlockEncoder(recipe, corpus.composed_arrays) for _ in range(2)]
    for block in recipe.blocks():
        painted = ways[0].encode(block)
        with monkeypatch.context() as patched:
            patched.setattr(painted_scenes, "library", lambda: None)
            layered = ways[1].encode(block)
        for array in corpus.composed_arrays:
            assert painted[array].chunk == layered[array].chunk
            assert painted[array].sums.tolist() == layered[array].sums.tolist()


def test_where_opencv_converts_colours_otherwise_they_are_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = crowd_options(crowd_sources(tmp_path / "sources"), None)
    plan_corpus(tmp_path / "corpus", dataclasses.replace(plain, variety=VARIED), replace=False, workers=1)
    recipe = ShardRecipe(Corpus(tmp_path / "corpus"), 0)
    compiled = painted_scenes.library()
    assert compiled is not None
    painter = recipe.painter(compiled)
    assert next(recipe.blocks()).paint(painter)  # type: ignore[union-attr]
    monkeypatch.setattr("bgfg.synth.compose.varied_block.lab_tables", lambda: None)
    assert not next(recipe.blocks()).paint(painter)  # type: ignore[union-attr]
    tables = lab_tables.lab_tables()
    assert tables is not None
    monkeypatch.setattr(lab_tables, "_tables", lambda: np.zeros_like(tables))
    lab_tables.lab_tables.cache_clear()
    assert lab_tables.lab_tables() is None
    lab_tables.lab_tables.cache_clear()
