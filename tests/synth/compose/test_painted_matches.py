"""Known matches of painted blocks: what they say is what was painted, whatever it is; others read it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.cutout import PlacedCutout
from bgfg.synth.compose.known_matches import KnownMatches, patches_of
from bgfg.synth.painting.layers import PremultipliedCutout, Shade
from bgfg.synth.store import zstd_sequences
from bgfg.synth.store.shard import ChunkEncoder
from bgfg.synth.store.zstd_sequences import SequenceEncoder
from tests.support import references
from tests.synth.compose.test_known_matches import KINDS, background_of, cutout_of, frame_bytes, libraries


def hold_to_painted(composer: Composer, background: NDArray[np.uint8]) -> dict[str, int | None]:
    """Hold what is written of each array to the array; return the sizes of their chunks."""
    compiled, zstd = libraries()
    matches = KnownMatches(compiled, background, len(composer.masks))
    encoder = SequenceEncoder(zstd, composer.stored.nbytes)
    sizes: dict[str, int | None] = {}
    for array in ("image", "mask", *(["instance"] if len(composer.instances) else [])):
        painted, patches = composer.block(array), patches_of(composer)
        is_image = array == "image"
        written = matches.painted_images(patches) if is_image else matches.painted_masks(painted, patches)
        sizes[array] = frame_bytes(composer, array, written, encoder)
    return sizes


def layer_of(rng: np.random.Generator, most_px: tuple[int, int], frame: tuple[int, ...], overhang: int) -> PlacedCutout:
    rgba = cutout_of(int(rng.integers(1, most_px[0] + 1)), int(rng.integers(1, most_px[1] + 1)), rng)
    rgba[..., :3] = np.minimum(rgba[..., :3], rgba[..., 3:])
    cutout = Shade(np.ascontiguousarray(rgba[..., 3])) if rng.integers(4) == 0 else PremultipliedCutout.of(rgba)
    y, x = (int(rng.integers(-overhang, side + overhang)) for side in frame[:2])
    return PlacedCutout(cutout, rgba[..., 3], x, y)


@given(
    kind=st.sampled_from(KINDS),
    height_px=st.integers(8, 45),
    width_px=st.integers(8, 60),
    most_px=st.tuples(st.integers(1, 30), st.integers(1, 40)),
    placements=st.integers(2, 9),
    overhang_px=st.integers(0, 60),
    seed=st.integers(0, 2**32 - 1),
)
@example("noise", 8, 8, (1, 1), 2, 0, 0)
@example("flat", 8, 60, (30, 40), 9, 60, 1)
def test_sequences_say_what_was_painted(
    kind: str, height_px: int, width_px: int, most_px: tuple[int, int], placements: int, overhang_px: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    background = background_of(kind, height_px, width_px, rng)
    composer = Composer(background, placements, with_instances=True)
    few = [layer_of(rng, most_px, background.shape, overhang_px) for _ in range(3)]  # so that some repeat
    layers = [[few[i] for i in rng.integers(0, 3, rng.integers(0, 4))] for _ in range(placements)]
    composer.compose_layers(layers[::-1])
    composer.compose_layers(layers, [each[:1] for each in layers[::-1]])
    hold_to_painted(composer, background)


@pytest.mark.parametrize(("kind", "factor"), [("noise", 1.02), ("picture", 1.03), ("tiles", 1.1)])
def test_blocks_beyond_zstd_s_block_and_window_are_as_painted_and_hardly_larger_than_searched(
    kind: str, factor: float
) -> None:
    rng = np.random.default_rng(5)
    H, W, K = 211, 149, 20
    background, rgba = background_of(kind, H, W, rng), references.cutout(97, 61, 3)
    composer = Composer(background, K, with_instances=True)
    person, shadow = PremultipliedCutout.of(np.minimum(rgba, rgba[..., 3:])), Shade(rgba[..., 3] // 2)
    places = [(int(rng.integers(-20, W - 30)), int(rng.integers(0, H - 60))) for _ in range(K)]
    people = [[PlacedCutout(person, person.alpha_u8, x, y)] for x, y in places]
    composer.compose_layers(people, [[PlacedCutout(shadow, shadow.alpha_u8, x + 9, y + 30)] for x, y in places])
    assert composer.stored.nbytes > zstd_sequences.WINDOW_BYTES
    sizes = hold_to_painted(composer, background)
    searched = {array: len(ChunkEncoder().encode(composer.block(array))) for array in sizes}
    assert sum(size or 0 for size in sizes.values()) <= factor * sum(searched.values())


def test_what_matches_nothing_is_handed_back() -> None:
    rng = np.random.default_rng(0)
    background = rng.integers(0, 256, (20, 25, 3), np.uint8)
    composer = Composer(background, 2)
    layers = []
    for _ in range(2):
        rgba = rng.integers(0, 256, (20, 25, 4), np.uint8)
        rgba[..., 3] = 255
        layers.append([PlacedCutout(PremultipliedCutout.of(rgba), rgba[..., 3], 0, 0)])
    composer.compose_layers(layers)
    assert hold_to_painted(composer, background)["image"] is None
