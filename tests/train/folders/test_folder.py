"""Folders of images and masks, opened."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders import folder as folder_module
from bgfg.train.folders import scan as scan_module
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.scan import PairScan
from tests.support.mask_folders import stripes, write_folder
from tests.support.paired_folders import disc, make_aisegment, make_pets, make_plain, picture, save, trimap


def test_a_plain_folder_is_a_mask_and_its_matte(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_plain(tmp_path, 10))
    assert folder.targets == ("mask", "matte")
    assert Counter(folder.splits) == {"train": 8, "val": 1, "test": 1}
    assert np.array_equal(folder.image(3), picture(3))
    parts = folder.label_maps(3, ["mask", "known"])
    assert np.array_equal(parts["mask"], disc(3) * 255)
    assert (parts["known"] == 255).all()
    assert folder.describe() == (
        f"{tmp_path}: images and masks matched by name: 8 train, 1 val, 1 test; "
        "masks read as binary: 0 background, 255 mask"
    )


def test_pets_are_three_classes_and_keep_the_split_of_their_authors(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_pets(tmp_path))
    assert folder.targets == ("classes", "mask")
    assert folder.encoding.names == ("pet", "background", "outline")
    assert Counter(folder.splits) == {"train": 7, "val": 1, "test": 3}
    first = folder.pairs[0].mask
    seed = int(Path(first).stem.rpartition("_")[2])
    assert np.array_equal(folder.label_maps(0, ["classes"])["classes"], np.array([0, 0, 1, 2])[trimap(seed)])


@pytest.mark.parametrize(("outline", "counted"), [("pet", (1, 3)), ("background", (1,)), ("ignore", (1,))])
def test_the_outline_of_pets_counts_as_it_is_asked(tmp_path: Path, outline: str, counted: tuple[int, ...]) -> None:
    folder = ImageMaskFolder(make_pets(tmp_path), {"outline": outline})
    seed = int(Path(folder.pairs[0].mask).stem.rpartition("_")[2])
    parts = folder.label_maps(0, ["mask", "known"])
    assert np.array_equal(parts["mask"] == 255, np.isin(trimap(seed), counted))
    assert np.array_equal(parts["known"] == 0, (trimap(seed) == 3) & (outline == "ignore"))


def test_aisegment_is_a_matte_split_by_clip(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_aisegment(tmp_path))
    assert folder.targets == ("matte", "mask")
    assert folder.label_maps(0, ["mask"])["mask"][0, 0] == 77
    by_clip = {pair.group: split for pair, split in zip(folder.pairs, folder.splits, strict=True)}
    assert all(by_clip[pair.group] == split for pair, split in zip(folder.pairs, folder.splits, strict=True))
    assert set(folder.splits) == {"train", "val", "test"}


def test_a_palette_of_colours_gives_its_indices(tmp_path: Path) -> None:
    make_plain(tmp_path, 4)
    for i in range(4):
        (tmp_path / f"masks/{i}.png").unlink()
        indices = Image.frombytes("P", (17, 13), (disc(i) * 15).astype(np.uint8).tobytes())
        indices.putpalette([value for index in range(256) for value in (index, 128, 0)])
        indices.save(tmp_path / f"masks/{i}.png")
    folder = ImageMaskFolder(tmp_path)
    assert folder.encoding.description == "binary: 0 background, 15 mask"


def test_greys_and_colours_mixed_are_read_as_colours(tmp_path: Path) -> None:
    make_plain(tmp_path, 3)
    coloured = np.zeros((13, 17, 3), np.uint8)
    coloured[disc(0)] = (255, 255, 255)
    coloured[0, 0] = (0, 0, 255)
    save(coloured, tmp_path / "masks/0.png")
    folder = ImageMaskFolder(tmp_path)
    assert folder.encoding.names == ("#000000", "#0000ff", "#ffffff")
    assert folder.mask_values(folder.pairs[1]).keys() == {0, 0xFFFFFF}
    assert np.array_equal(folder.label_maps(1, ["classes"])["classes"], disc(1) * 2)


def test_what_is_broken_is_left_out_and_said(tmp_path: Path) -> None:
    make_plain(tmp_path, 10)
    (tmp_path / "images/4.png").write_bytes(b"")
    folder = ImageMaskFolder(tmp_path)
    assert len(folder.pairs) == 9
    assert "images/4.png" not in {pair.image for pair in folder.pairs}
    assert folder.describe().endswith(f"; 1 left out (`bgfg check-data {tmp_path}`)")


def test_of_a_large_folder_a_spread_is_read_and_what_breaks_later_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plain(tmp_path, 10)
    monkeypatch.setattr(folder_module, "MAX_SCANNED_PAIRS", 5)
    (tmp_path / "images/3.png").write_bytes(b"")
    (tmp_path / "masks/7.png").write_bytes(b"")
    folder = ImageMaskFolder(tmp_path)
    assert [file.path for file in folder.left_out] == ["masks/7.png"]
    assert (sum(bool(scan.image_digest) for scan in folder.scans.values()), len(folder.pairs)) == (5, 9)
    save(np.full((13, 17), 7, np.uint8), tmp_path / "masks/5.png")
    with pytest.raises(Problem, match=r"images/3.png: empty \(0 bytes\): move it away; `bgfg check-data .*` finds all"):
        folder.image(3)
    with pytest.raises(Problem, match=r"masks/5.png: holds values 7, where the other masks are binary.*: move it away"):
        folder.label_maps(5, ["mask"])
    save(disc(5).astype(np.uint8) * 255, tmp_path / "masks/5.png")
    assert len(ImageMaskFolder(tmp_path, whole=True).pairs) == 8


def test_every_mask_of_a_large_folder_is_read_so_that_no_class_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path, 12, lambda i: stripes([0, 1, 2], i) if i != 5 else stripes([0, 3], i))
    monkeypatch.setattr(folder_module, "MAX_SCANNED_PAIRS", 3)
    folder = ImageMaskFolder(tmp_path)
    assert folder.encoding.names == ("0", "1", "2", "3")
    assert 3 in folder.label_maps(5, ["classes"])["classes"]


def test_scans_are_kept_and_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, kept = make_plain(tmp_path / "data", 6), tmp_path / "run/scans.json"
    first = ImageMaskFolder(data)
    first.keep_scans(kept)
    read: list[str] = []

    def scan(root: Path, pair: ImageMaskPair, *rest: Any) -> PairScan:
        read.append(pair.mask)
        return scan_pair(root, pair, *rest)

    scan_pair = scan_module.scan_pair
    monkeypatch.setattr(scan_module, "scan_pair", scan)
    again = ImageMaskFolder(data, scans_file=kept)
    assert (read, again.scans, again.digest) == ([], first.scans, first.digest)
    save(disc(2).astype(np.uint8), data / "masks/4.png")
    changed = ImageMaskFolder(data, scans_file=kept)
    assert read == ["masks/4.png"]
    assert changed.encoding.description == "binary: 0 background, 1, 255 mask (on two scales)"
    kept.write_text("cut sho", encoding="utf-8")
    assert len(ImageMaskFolder(data, scans_file=kept).pairs) == len(read) - 1 == 6


def test_masks_are_read_as_a_run_read_them_unless_they_hold_something_else(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data", 6, lambda i: stripes([0, 100, 200], i))
    record = ImageMaskFolder(data).encoding.record()
    fewer = write_folder(tmp_path / "fewer", 6, lambda i: stripes([0, 200], i))
    assert ImageMaskFolder(fewer, read_as=record).encoding.names == ("0", "100", "200")
    assert ImageMaskFolder(fewer).encoding.kind == "mask"
    other = write_folder(tmp_path / "other", 6, lambda i: stripes([0, 100, 150], i))
    assert ImageMaskFolder(other, read_as=record).encoding.names == ("0", "100", "150")


def test_the_digest_is_of_the_files_and_not_of_the_split(tmp_path: Path) -> None:
    make_plain(tmp_path, 6)
    digest = ImageMaskFolder(tmp_path).digest
    assert ImageMaskFolder(tmp_path, {"val": 2, "test": 2}).digest == digest
    save(picture(77), tmp_path / "images/2.png")
    assert ImageMaskFolder(tmp_path).digest != digest


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"outline": "pet"}, "--outline pet: {} has no trimaps of pet, background and outline: leave it out"),
        ({"outline": "cat"}, "--outline cat: give one of pet, background, ignore"),
        ({"masks": "blue"}, "--masks blue: give one of auto, binary, soft, classes"),
        ({"colour": 1}, "settings: no 'colour': give some of split, val, test"),
        ({"split": "1/2/3"}, "--split 1/2/3: give train/val/test in per cent"),
    ],
)
def test_wrong_settings_are_one_line(tmp_path: Path, settings: dict, line: str) -> None:
    make_plain(tmp_path, 3)
    with pytest.raises(Problem) as caught:
        ImageMaskFolder(tmp_path, settings)
    assert caught.value.lines[0].startswith(line.format(tmp_path))
    assert caught.value.exit_code == 2


def test_a_folder_of_broken_files_alone_is_refused_by_name(tmp_path: Path) -> None:
    make_plain(tmp_path, 1)
    (tmp_path / "masks/0.png").write_bytes(b"")
    with pytest.raises(Problem) as caught:
        ImageMaskFolder(tmp_path)
    assert caught.value.lines[0].startswith(f"{tmp_path}/masks/0.png: empty (0 bytes)")
    assert caught.value.lines[-1].startswith(f"{tmp_path}: no pair can be used")
