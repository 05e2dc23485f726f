"""Near-duplicates: copies of a picture share a group however they were treated, and other pictures do not."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.assets import duplicates
from bgfg.data_manifests.assets.duplicates import added_groups, duplicate_groups
from bgfg.data_manifests.images.image_reading import read_rgb, read_rgba
from bgfg.data_manifests.images.resampling.fit_to_frame import flip
from tests.support.project import SHARED

OFFICE = SHARED / "office"


def room(seed: int, size: int = 128) -> NDArray[np.uint8]:
    """A picture of its own: forty boxes of random colour, soft at the edges."""
    rng = np.random.default_rng(seed)
    picture = np.full((size, size, 3), rng.integers(40, 200, 3), np.uint8)
    for _ in range(40):
        y, x = rng.integers(0, size - 10, 2)
        h, w = rng.integers(10, 60, 2)
        picture[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    return cv2.GaussianBlur(picture, (0, 0), 1.5).astype(np.uint8)


def person(seed: int) -> NDArray[np.uint8]:
    alpha = np.zeros((128, 128, 1), np.uint8)
    alpha[10 + seed % 5 : 120, 40 - seed % 7 : 90] = 255
    return np.concatenate([room(seed), alpha], axis=2)


def numbers(pictures: list[NDArray[np.uint8]]) -> list[str]:
    return [str(number) for number in range(len(pictures))]


def recompressed(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=30)
    return np.array(Image.open(stream))


def turned(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    matrix = cv2.getRotationMatrix2D((64, 64), 3, 1.05)
    return cv2.warpAffine(rgb, matrix, (128, 128)).astype(np.uint8)


TREATMENTS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "the same": lambda a: a.copy(),
    "mirrored": flip,
    "compressed": recompressed,
    "brighter": lambda a: np.minimum(a.astype(int) + 30, 255).astype(np.uint8),
    "smaller": lambda a: cv2.resize(a, (61, 61), interpolation=cv2.INTER_AREA).astype(np.uint8),
    "cropped a little": lambda a: np.ascontiguousarray(a[3:124, 4:]),
    "turned a little": turned,
}


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_treated_copy_shares_the_group_of_its_original(treatment: str) -> None:
    rooms = [room(seed) for seed in range(12)]
    copies = [TREATMENTS[treatment](picture) for picture in rooms]
    assert duplicate_groups(rooms + copies, numbers(rooms + copies)) == list(range(12)) * 2


def test_pictures_of_their_own_stay_apart() -> None:
    rooms = [room(seed) for seed in range(100)]
    assert duplicate_groups(rooms, numbers(rooms)) == list(range(100))


def test_margins_around_a_cutout_do_not_matter() -> None:
    people = [person(seed) for seed in range(6)]
    moved = [np.pad(picture, ((20, 0), (0, 31), (0, 0))) for picture in people]
    assert duplicate_groups(people + moved, numbers(people + moved)) == list(range(6)) * 2


def test_equal_files_and_equal_pixels_always_share_a_group() -> None:
    flat = np.full((20, 20, 3), 90, np.uint8)
    other_flat = np.full((20, 20, 3), 91, np.uint8)
    assert duplicate_groups([flat, other_flat, flat], ["a", "b", "c"]) == [0, 1, 0]
    assert duplicate_groups([room(1), room(2), room(3)], ["a", "b", "a"]) == [0, 1, 0]


def test_a_chain_is_one_group_named_by_its_smallest_member_on_any_number_of_workers() -> None:
    rooms = [room(1), room(2), flip(room(3)), room(3), flip(room(2)), turned(room(3))]
    for workers in (1, 3):
        assert duplicate_groups(rooms, numbers(rooms), workers) == [0, 1, 2, 2, 1, 2]


def test_the_office_pictures_fall_into_the_groups_that_eyes_see() -> None:
    if not OFFICE.is_dir():
        pytest.skip("the office pictures are not here")
    backgrounds = [read_rgb(path) for path in sorted((OFFICE / "bg").glob("*.jpg"))]
    groups = duplicate_groups(backgrounds, numbers(backgrounds))
    assert {i + 1: g + 1 for i, g in enumerate(groups) if i != g} == {58: 45}
    cutouts = [read_rgba(path) for path in sorted((OFFICE / "fg").glob("*.png"))]
    groups = duplicate_groups(cutouts, numbers(cutouts))
    assert {i + 1: g + 1 for i, g in enumerate(groups) if i != g} == {40: 10, 98: 9}


def test_of_many_frames_that_look_alike_few_pairs_are_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each frame of a film joins the first, after which no pair of two others needs a look."""
    aligned, looks = duplicates._aligned, 0

    def counted(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
        nonlocal looks
        looks += 1
        return aligned(one, other)

    monkeypatch.setattr(duplicates, "_aligned", counted)
    monkeypatch.setattr(duplicates, "_BLOCK", 16)
    film = room(1).astype(int)
    frames = [np.minimum(film + n, 255).astype(np.uint8) for n in range(60)]
    assert duplicate_groups([room(2), *frames], numbers([room(2), *frames])) == [0] + [1] * 60
    assert looks < 2 * 60 < 60 * 59 / 2


def test_pictures_that_are_added_are_compared_with_all_and_those_there_not_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = [room(0), room(1), room(2), flip(room(2))]
    new = [room(5), recompressed(room(1)), flip(room(5)), room(2), room(6)]
    aligned, align = [], duplicates._aligned

    def counted(*pair: NDArray[np.float32]) -> bool:
        aligned.append(pair)
        return align(*pair)

    monkeypatch.setattr(duplicates, "_aligned", counted)
    groups, joined = added_groups(new, [f"new{i}" for i in range(5)], there, numbers(there), [0, 1, 2, 2])
    assert (groups, joined) == ([0, 1, 0, 3, 4], [(), (1,), (), (2,), ()])
    assert len(aligned) < len(new) * (len(there) + len(new))
    # The same, all at once.
    at_once = duplicate_groups([*there, *new], [*numbers(there), *(f"new{i}" for i in range(5))])
    assert at_once == [0, 1, 2, 2, 4, 1, 4, 2, 8]
    assert added_groups([], [], there, numbers(there), [0, 1, 2, 2]) == ([], [])


def test_a_picture_that_looks_like_several_groups_says_so() -> None:
    there = [room(0), room(1)]
    groups, joined = added_groups([room(0), room(1)], ["same", "same"], there, ["a", "b"], [0, 1])
    assert (groups, joined) == ([0, 0], [(0, 1), (0, 1)])
