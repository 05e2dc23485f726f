"""Known matches: what they say is what a composer paints, whatever is pasted where; others read it."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st
from numcodecs.zstd import Zstd
from numpy.typing import NDArray

from bgfg.synth.compose import known_matches
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.cutout import Cutout
from bgfg.synth.compose.known_matches import KnownMatches, are_within_reach
from bgfg.synth.store import zstd_sequences
from bgfg.synth.store.shard import ChunkEncoder
from bgfg.synth.store.zstd_sequences import SPARE_LITERALS, SequenceEncoder
from tests.support import references

KINDS = ("noise", "flat", "tiles", "picture")


def libraries() -> tuple[ctypes.CDLL, ctypes.CDLL]:
    """The tests need a C compiler where bgfg is installed, and a wheel of zstandard."""
    compiled, zstd = known_matches.library(), zstd_sequences.library()
    assert compiled is not None
    assert zstd is not None
    return compiled, zstd


def background_of(kind: str, height_px: int, width_px: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    noise = rng.integers(0, 256, (height_px, width_px, 3), np.uint8)
    if kind == "flat":
        return np.full_like(noise, noise[0, 0])
    if kind == "tiles":
        return np.ascontiguousarray(np.tile(noise[:5, :7], (height_px, width_px, 1))[:height_px, :width_px])
    return noise if kind == "noise" else references.picture(height_px, width_px, int(rng.integers(99)))


def cutout_of(height_px: int, width_px: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """RGBA with stretches of every length that are opaque, transparent, or in between, and nearly so."""
    rgba = rng.integers(0, 256, (height_px, width_px, 4), np.uint8)
    levels = rng.choice(np.array([0, 0, 0, 255, 255, 255, 254, 1, 128, 77], np.uint8), height_px * width_px)
    stretched = np.repeat(levels, rng.integers(1, rng.integers(2, 20), len(levels)))
    rgba[..., 3] = stretched[: height_px * width_px].reshape(height_px, width_px)
    return rgba


def frame_bytes(composer: Composer, array: str, written: Any, encoder: SequenceEncoder) -> int | None:
    """Hold what was written of a block to what was painted, decoded by two libraries; return the size of its chunk.

    None where nothing was written, or no frame is made of it.
    """
    if written is None:
        return None
    painted = composer.block(array)
    assert written.sums.tolist() == np.reshape(composer.sums(array), written.sums.shape).tolist()
    assert int(written.sequences["literals"].sum() + written.sequences["length"].sum()) == painted.nbytes
    if (chunk := encoder.encode(written.sequences, written.literals, painted.nbytes)) is None:
        return None
    assert zstandard.ZstdDecompressor().decompress(chunk[:-4]) == painted.tobytes()
    assert bytes(Zstd().decode(chunk[:-4])) == painted.tobytes()
    return len(chunk)


def hold_to_composer(
    background: NDArray[np.uint8], rgba: NDArray[np.uint8], x: NDArray[np.int32], y: NDArray[np.int32]
) -> dict[str, int | None]:
    """Hold images and masks of a block to the composer's; return the sizes of their chunks."""
    compiled, zstd = libraries()
    composer, cutout = Composer(background, len(x)), Cutout.prepare(rgba)
    composer.compose(cutout, x, y)
    matches, encoder = KnownMatches(compiled, background, len(x)), SequenceEncoder(zstd, composer.stored.nbytes)
    sizes: dict[str, int | None] = {}
    for _ in range(2):  # buffers are used again
        for array, write in (("image", matches.images), ("mask", matches.masks)):
            sizes[array] = frame_bytes(composer, array, write(cutout, x, y), encoder)
    return sizes


@given(
    kind=st.sampled_from(KINDS),
    height_px=st.integers(8, 45),
    width_px=st.integers(8, 60),
    cutout_px=st.tuples(st.integers(1, 30), st.integers(1, 40)),
    placements=st.integers(2, 9),
    overhang_px=st.integers(0, 60),
    seed=st.integers(0, 2**32 - 1),
)
@example("noise", 8, 8, (1, 1), 2, 0, 0)
@example("flat", 8, 60, (30, 40), 9, 60, 1)
def test_sequences_say_what_a_composer_paints(
    kind: str, height_px: int, width_px: int, cutout_px: tuple[int, int], placements: int, overhang_px: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    background, rgba = background_of(kind, height_px, width_px, rng), cutout_of(*cutout_px, rng)
    x = rng.integers(-overhang_px, width_px + overhang_px, placements).astype(np.int32)
    y = rng.integers(-overhang_px, height_px + overhang_px, placements).astype(np.int32)
    hold_to_composer(background, rgba, x, y)


@pytest.mark.parametrize(("kind", "factor"), [("noise", 1.02), ("picture", 1.02), ("tiles", 1.1), ("flat", 1.4)])
def test_blocks_beyond_zstd_s_block_and_window_are_as_painted_and_hardly_larger_than_searched(
    kind: str, factor: float
) -> None:
    """Blends with a background that has few colours are alike in more placements than the one that is looked at."""
    rng = np.random.default_rng(5)
    H, W, K = 211, 149, 20
    background, rgba = background_of(kind, H, W, rng), references.cutout(97, 61, 3)
    x, y = rng.integers(0, W - 60, K).astype(np.int32), rng.integers(0, H - 96, K).astype(np.int32)
    composer = Composer(background, K)
    composer.compose(Cutout.prepare(rgba), x, y)
    assert composer.stored.nbytes > zstd_sequences.WINDOW_BYTES
    sizes = hold_to_composer(background, rgba, x, y)
    searched = {array: len(ChunkEncoder().encode(composer.block(array))) for array in sizes}
    assert sum(size or 0 for size in sizes.values()) <= factor * sum(searched.values())


def test_a_part_of_a_cutout_s_box_is_taken_as_it_lies_in_memory() -> None:
    rng = np.random.default_rng(2)
    background, rgba = background_of("picture", 50, 40, rng), cutout_of(30, 25, rng)
    compiled, _ = libraries()
    whole = Cutout.prepare(rgba)
    part = Cutout(whole.premultiplied[:20, :11], whole.transparency[:20, :11], whole.alpha_u8[:20, :11])
    x, y = np.array([3, 25, 8], np.int64), np.array([1, 30, 1], np.int64)
    alone = Cutout.prepare(rgba[:20, :11])
    for written in ("images", "masks"):
        one, other = (getattr(KnownMatches(compiled, background, 3), written)(cutout, x, y) for cutout in (part, alone))
        assert np.array_equal(one.sequences, other.sequences)
        assert np.array_equal(one.literals[:-SPARE_LITERALS], other.literals[:-SPARE_LITERALS])


def test_what_matches_nothing_is_handed_back() -> None:
    """Nothing but mixed noise: a block of zstd would be larger than its bytes."""
    rng = np.random.default_rng(0)
    rgba = rng.integers(0, 256, (20, 50, 4), np.uint8)
    rgba[..., 3] = 128
    sizes = hold_to_composer(rng.integers(0, 256, (20, 50, 3), np.uint8), rgba, np.zeros(2, "i4"), np.zeros(2, "i4"))
    assert sizes["image"] is not None, "the second placement is the first again"
    x = np.array([0, 25], np.int32)
    background = rng.integers(0, 256, (20, 25, 3), np.uint8)
    assert hold_to_composer(background, rgba, -x, np.zeros(2, "i4"))["image"] is None


def test_images_with_more_sequences_than_there_is_room_for_are_handed_back() -> None:
    """Every other two pixels are a hole; the first placement shows all of the background, the others are alike."""
    rgba = np.random.default_rng(0).integers(0, 256, (40, 60, 4), np.uint8)
    rgba[..., 3] = np.where(np.arange(60) % 4 < 2, 255, 0)
    background = background_of("noise", 40, 62, np.random.default_rng(1))
    x = np.array([-99] + 24 * [1], np.int32)
    sizes = hold_to_composer(background, rgba, x, np.zeros(25, np.int32))
    assert sizes["image"] is None
    assert sizes["mask"] is not None


def test_blocks_without_matches_to_know_are_out_of_reach() -> None:
    assert are_within_reach(20, 224, 224)
    assert are_within_reach(2, 8, 2**17 // 3)
    assert not any(
        are_within_reach(*shape)
        for shape in [(1, 224, 224), (2, 16, 2**17 // 3 + 1), (200, 99, 2_000), (40_000, 8, 8), (2, 7, 8), (2, 8, 7)]
    )
    compiled, _ = libraries()
    cutout = Cutout.prepare(np.zeros((3, 3, 4), np.uint8))
    with pytest.raises(ValueError, match="3 left and 3 top edges for 2 placements"):
        KnownMatches(compiled, np.zeros((9, 9, 3), np.uint8), 2).images(cutout, np.arange(3), np.arange(3))


def test_a_library_of_another_interface_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_matches, "_INTERFACE_VERSION", 0)
    known_matches.library.cache_clear()
    assert known_matches.library() is None
    monkeypatch.undo()
    known_matches.library.cache_clear()
    assert known_matches.library() is not None
