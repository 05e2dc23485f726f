"""Batches of a folder's pairs."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.geometry import resize
from bgfg.train.folders import folder_stream
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.folder_stream import FolderStream, stretch_to_frame
from tests.support.paired_folders import disc, make_pets, make_plain, picture, save


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ImageMaskFolder:
    return ImageMaskFolder(make_plain(tmp_path_factory.mktemp("pairs"), 14), {"val": 2, "test": 2})


def stream(folder: ImageMaskFolder, **given: Any) -> FolderStream:
    return FolderStream(folder, folder.indices("train"), ["mask"], 16, **{"batch": 3, "threads": 2, **given})


def order(given: FolderStream) -> list[list[int]]:
    return [batch["sample"].tolist() for batch in given]


def test_a_batch_holds_pictures_and_masks_stretched_to_one_frame(folder: ImageMaskFolder) -> None:
    for batch in stream(folder):
        for i, image, mask in zip(*(batch[name] for name in ("sample", "image", "mask")), strict=True):
            seed = int(Path(folder.pairs[int(i)].image).stem)
            whole = torch.from_numpy(picture(seed)).permute(2, 0, 1)[None]
            assert torch.equal(image, resize(whole, (16, 16))[0])
            inside = torch.from_numpy(disc(seed).astype(np.uint8) * 255)[None, None]
            assert torch.equal(mask, resize(inside, (16, 16))[0])


def test_an_epoch_has_each_training_pair_once_but_for_what_fills_no_batch(folder: ImageMaskFolder) -> None:
    epoch = order(stream(folder))
    assert [len(batch) for batch in epoch] == [3, 3, 3]
    scan = list(chain.from_iterable(epoch))
    assert len(set(scan)) == 9
    assert set(scan) <= set(folder.indices("train").tolist())
    whole = order(stream(folder, shuffle=False))
    assert list(chain.from_iterable(whole)) == folder.indices("train").tolist()
    assert [len(batch) for batch in whole] == [3, 3, 3, 1]


def test_the_order_is_a_function_of_seed_and_epoch(folder: ImageMaskFolder) -> None:
    one = stream(folder)
    first, second = order(one), order(one)
    assert first != second
    again = stream(folder)
    again.set_epoch(1)
    assert order(again) == second
    assert order(stream(folder, seed=1)) != first


def test_ranks_share_the_batches_of_one(folder: ImageMaskFolder) -> None:
    alone = order(stream(folder, batch=4))
    ranks = [order(stream(folder, batch=2, rank=rank, world_size=2)) for rank in (0, 1)]
    assert [a + b for a, b in zip(*ranks, strict=True)] == alone


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_it_goes_on_where_it_stood(folder: ImageMaskFolder, taken: int) -> None:
    whole = order(stream(folder))
    begun = stream(folder)
    batches = iter(begun)
    list(islice(batches, taken))
    state = begun.state_dict()
    resumed = stream(folder)
    resumed.load_state_dict(state)
    assert order(resumed) == whole[taken:]
    assert resumed.epoch == 1


def test_an_epoch_that_was_left_begins_anew(folder: ImageMaskFolder) -> None:
    left = stream(folder)
    next(iter(left))
    left.set_epoch(0)
    assert order(left) == order(stream(folder))


def test_another_streams_state_is_refused(folder: ImageMaskFolder) -> None:
    state = stream(folder, seed=1).state_dict()
    with pytest.raises(Problem, match="the stream's state is of seed 1, and this stream's is 0"):
        stream(folder).load_state_dict(state)


def test_too_few_pairs_for_a_batch_are_refused(folder: ImageMaskFolder) -> None:
    with pytest.raises(Problem, match="10 pairs to train on: too few for a batch of 11: give a smaller --batch"):
        stream(folder, batch=11)


def test_decoded_pairs_are_kept_where_there_is_room(folder: ImageMaskFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    whole = ImageMaskFolder.image

    def image(self: ImageMaskFolder, i: int) -> NDArray[np.uint8]:
        read.append(i)
        return whole(self, i)

    monkeypatch.setattr(ImageMaskFolder, "image", image)
    kept = stream(folder, shuffle=False)
    assert order(kept) == order(kept)
    assert len(read) == 10
    monkeypatch.setattr(folder_stream, "_KEPT_BYTES", 100)
    read.clear()
    not_kept = stream(folder, shuffle=False)
    assert order(not_kept) == order(not_kept)
    assert len(read) == 20


def test_a_file_that_breaks_on_the_way_stops_it_with_its_name(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_plain(tmp_path, 8), {"split": "100/0/0"})
    (tmp_path / "images/5.png").write_bytes(b"")
    with pytest.raises(Problem, match=r"images/5.png: empty \(0 bytes\): move it away"):
        order(stream(folder, batch=4))


def test_codes_are_never_mixed_and_pictures_follow_the_same_rule(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_pets(tmp_path))
    given = FolderStream(folder, folder.indices("train"), ["classes"], 11, 2, threads=1)
    for batch in given:
        assert batch["classes"].shape == (2, 1, 11, 11)
        assert set(batch["classes"].flatten().tolist()) <= {0, 1, 2}


@pytest.mark.parametrize(("height_px", "width_px"), [(40, 30), (13, 17), (61, 90)])
def test_pictures_and_masks_are_never_resized_by_different_rules(height_px: int, width_px: int) -> None:
    """A picture that is its own mask stays so, also where the mask is twice as large."""
    shape = disc(1, height_px, width_px)
    large = disc(1, 2 * height_px, 2 * width_px)
    image = np.repeat(shape[..., None], 3, axis=2).astype(np.uint8) * 255
    parts = {"mask": shape.astype(np.uint8) * 255, "classes": shape.astype(np.uint8)}
    same = stretch_to_frame(image, parts, 32)
    assert torch.equal(same["image"][:, :1], same["mask"])
    other = stretch_to_frame(image, {"mask": large.astype(np.uint8) * 255, "classes": large.astype(np.uint8)}, 32)
    for name, level in (("mask", 255), ("classes", 1)):
        apart = (other[name].float() / level - same["image"][:, :1].float() / 255).abs()
        assert apart.mean() < 0.08
    centre = [float((torch.arange(32) * maps.float()).sum() / maps.sum()) for maps in (same["image"], other["mask"])]
    assert abs(centre[0] - centre[1]) < 0.5


def test_a_soft_mask_stays_soft(tmp_path: Path) -> None:
    root = make_plain(tmp_path, 3)
    save(np.full((13, 17), 90, np.uint8), root / "masks/0.png")
    folder = ImageMaskFolder(root, {"split": "100/0/0", "masks": "soft"})
    first = next(iter(FolderStream(folder, np.array([0]), ["mask"], 8, 1, threads=1)))
    assert set(first["mask"].flatten().tolist()) == {90}
