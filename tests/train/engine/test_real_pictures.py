"""The endless sequence of real pictures: its order, its squares, and where it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.depth_code import LogDepth
from bgfg.train.engine.real_pictures import RealPortions, RealStream, cut_square
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.picture_reader import PictureCache, PictureReader
from bgfg.train.stream.to_device import RawBatch
from tests.support.paired_folders import save
from tests.support.real_folder import HEIGHT_PX, WIDTH_PX, depth_mm, inside, make_real
from tests.train.ops.test_align import room
from tests.train.ops.test_displacement import moved, with_person

COUNT = 7
SAMPLES = np.arange(COUNT, dtype=np.int64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ImageMaskFolder:
    return ImageMaskFolder(make_real(tmp_path_factory.mktemp("real"), COUNT, depth=True), {"groups": "none"})


@pytest.fixture(scope="module")
def cache(folder: ImageMaskFolder) -> PictureCache:
    return PictureCache(PictureReader(folder, ["mask"], 24, 16, LogDepth()))


def portions(cache: PictureCache, size: int, rank: int = 0, world_size: int = 1, seed: int = 0) -> RealPortions:
    return RealPortions(cache, SAMPLES, size, seed=seed, rank=rank, world_size=world_size, threads=2)


def slow_sequence(length: int, seed: int = 0) -> list[int]:
    """Shuffle all pictures again and again, and lay the shuffles end to end."""
    pictures: list[int] = []
    while len(pictures) < length:
        turn = len(pictures) // COUNT
        pictures += np.random.Generator(np.random.Philox(key=[seed, turn])).permutation(COUNT).tolist()
    return pictures[:length]


def same(one: RawBatch, other: RawBatch) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def joined(parts: Sequence[RawBatch]) -> RawBatch:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


@pytest.mark.parametrize("size", [1, 6, 7, 18])
def test_every_picture_comes_once_before_any_comes_again(cache: PictureCache, size: int) -> None:
    sequence, taken = portions(cache, size), []
    for _ in range(-(-3 * COUNT // size)):
        taken += [sequence.picture_at(place) for place in sequence.take()["sample"].tolist()]
    assert taken == slow_sequence(len(taken))
    assert sorted(taken[:COUNT]) == sorted(taken[COUNT : 2 * COUNT]) == SAMPLES.tolist()
    assert taken[:COUNT] != taken[COUNT : 2 * COUNT]


@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_the_parts_of_the_ranks_are_the_portion_of_one(cache: PictureCache, world_size: int) -> None:
    whole = portions(cache, 6)
    ranks = [portions(cache, 6, rank, world_size) for rank in range(world_size)]
    for _ in range(4):
        together = [rank.take() for rank in ranks]
        assert {len(part["sample"]) for part in together} == {6 // world_size}
        epochs = {int(part.pop("epoch")) for part in together}
        expected = whole.take()
        assert epochs == {int(expected.pop("epoch"))} == {0}
        assert same(joined(together), expected)


@pytest.mark.parametrize("before", [0, 1, 2, 5])
def test_it_goes_on_from_wherever_it_was(cache: PictureCache, before: int) -> None:
    whole, resumed = portions(cache, 3), portions(cache, 3)
    for _ in range(before):
        whole.take()
    resumed.take()
    resumed.load_state_dict(whole.state_dict())
    for _ in range(4):
        assert same(resumed.take(), whole.take())
    assert resumed.state_dict() == whole.state_dict()


def test_a_position_of_other_pictures_is_refused(cache: PictureCache) -> None:
    state = portions(cache, 3).state_dict()
    with pytest.raises(Problem, match="the position is of size 3, and this folder's is 4: give the folder as it was"):
        portions(cache, 4).load_state_dict(state)
    with pytest.raises(Problem, match="the position is of pictures "):
        RealPortions(cache, SAMPLES[:4], 3).load_state_dict(state)


def test_the_seed_decides_on_order_and_squares(cache: PictureCache) -> None:
    assert not same(portions(cache, 6).take(), portions(cache, 6, seed=1).take())


def test_a_square_is_a_part_of_the_picture_and_the_same_part_of_its_maps(
    cache: PictureCache, folder: ImageMaskFolder
) -> None:
    sequence = portions(cache, 4)
    starts = set()
    for _ in range(6):
        portion = sequence.take()
        for at, place in enumerate(portion["sample"].tolist()):
            parts = cache.get(sequence.picture_at(place))
            assert parts["image"].shape == (24, round(24 * WIDTH_PX / HEIGHT_PX), 3)
            fitting = [
                start
                for start in range(parts["image"].shape[1] - 23)
                if all(torch.equal(square[0], portion[name][at]) for name, square in cut_square(parts, start).items())
            ]
            assert fitting
            starts.add(fitting[0])
    assert len(starts) > 3


def test_at_its_own_size_a_picture_is_what_its_files_hold(folder: ImageMaskFolder) -> None:
    found = PictureReader(folder, ["mask"], HEIGHT_PX, 16, LogDepth()).read(3)
    assert np.array_equal(found["image"], read_rgb(folder.path / "images/003.png"))
    assert np.array_equal(found["bare"], read_rgb(folder.path / "backgrounds/003.png"))
    assert np.array_equal(found["mask"], inside(3).astype(np.uint8) * 255)
    metres = LogDepth().decode(found["depth"])
    known = depth_mm(3) > 0
    assert np.array_equal(metres > 0, known)
    assert metres[known] == pytest.approx(depth_mm(3)[known] / 1000, rel=0.01)


def test_a_second_shot_that_lies_beside_its_picture_is_moved_over_it(tmp_path: Path) -> None:
    scene = room()
    for seed in range(3):
        save(with_person(scene), tmp_path / f"images/{seed}.png")
        save((with_person(np.zeros_like(scene))[..., 0] > 0).astype(np.uint8) * 255, tmp_path / f"masks/{seed}.png")
        save(moved(scene, 0, 1, (9 * seed, 0)), tmp_path / f"backgrounds/{seed}.png")
    reader = PictureReader(ImageMaskFolder(tmp_path, {"groups": "none"}), ["mask"], 240, 16)
    for seed in range(3):
        apart = np.abs(reader.read(seed)["bare"].astype(int) - scene)[:, 30:-30].mean()
        assert apart < 3
        assert np.abs(moved(scene, 0, 1, (9 * seed, 0)).astype(int) - scene).mean() > 20 or not seed


def test_without_a_depth_map_all_depth_is_unknown(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_real(tmp_path, 3))
    assert not PictureReader(folder, ["mask"], 24, None, LogDepth()).read(1)["depth"].any()


def test_what_has_no_room_is_decoded_each_time(folder: ImageMaskFolder) -> None:
    reader = PictureReader(folder, ["mask"], 24)
    size = sum(values.nbytes for values in reader.read(0).values())
    cache = PictureCache(reader, most_bytes=3 * size)
    kept = [cache.get(i) is cache.get(i) for i in range(COUNT)]
    assert kept == [True] * 3 + [False] * (COUNT - 3)


def test_for_validation_each_picture_comes_once_its_middle(cache: PictureCache) -> None:
    stream = RealStream(cache, np.array([1, 4, 6]), 2, torch.device("cpu"))
    batches = list(stream)
    assert [batch["sample"].tolist() for batch in batches] == [[1, 4], [6]]
    assert len(stream) == 2
    middle = cut_square(cache.get(6), (34 - 24) // 2)
    assert torch.equal(batches[1]["image"], middle["image"])


def test_a_picture_that_went_missing_is_named(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_real(tmp_path, 3))
    sequence = RealPortions(PictureCache(PictureReader(folder, ["mask"], 24)), np.arange(3), 3)
    save(np.zeros((2, 2), np.uint8), tmp_path / "images/001.png")
    (tmp_path / "images/001.png").write_bytes(b"no picture")
    with pytest.raises(Problem, match=r"001\.png: .*: move it away; .* finds all such files"):
        sequence.take()
