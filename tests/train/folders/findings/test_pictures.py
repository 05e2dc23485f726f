"""Findings about pictures: photos turned beside masks that aren't, profiles, bits, blackness; right ones silent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.terminal.findings import Finding
from bgfg.train.engine.folder_source import FolderSource
from bgfg.train.folders.check import FolderCheck, check_folder
from bgfg.train.folders.findings.pictures import decided_about_pictures
from bgfg.train.folders.folder import ImageMaskFolder
from tests.support.icc_profiles import DISPLAY_P3, rgb_profile
from tests.support.mask_folders import disc, soft, write_folder

# By EXIF orientation, how a viewer turns what is stored back; and so what must be stored to stand upright in the end.
STORED: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    6: lambda p: np.rot90(p),
    8: lambda p: np.rot90(p, -1),
}


def scene(seed: int, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """An upright photo of a thing off its middle, and its mask."""
    h, w = size
    rng = np.random.default_rng(seed)
    wall = cv2.resize(rng.integers(40, 130, (6, 6, 3)).astype(np.uint8), (w, h), interpolation=cv2.INTER_LINEAR)
    y, x = np.mgrid[:h, :w]
    thing = (x - w * 0.3 - seed % 5) ** 2 + (y - h * 0.35) ** 2 < (min(h, w) * 0.22) ** 2
    photo = np.where(thing[..., None], (210, 120, 60), wall) + rng.integers(-10, 11, (h, w, 3))
    return np.clip(photo, 0, 255).astype(np.uint8), thing.astype(np.uint8) * 255


def folder(
    root: Path, orientations: tuple[int, ...], *, masks_as_stored: bool, size: tuple[int, int] = (64, 64)
) -> Path:
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    for i in range(9):
        orientation = orientations[i % len(orientations)]
        photo, mask = scene(i, size)
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(STORED[orientation](photo)).save(root / f"images/p{i}x.jpg", exif=exif, quality=95)
        Image.fromarray(STORED[orientation](mask) if masks_as_stored else mask).save(root / f"masks/p{i}x.png")
    return root


def mask_of(check: FolderCheck, i: int) -> NDArray[np.uint8]:
    return check.folder.label_maps(i, ["mask"])["mask"]


def of_check(check: FolderCheck, *names: str) -> list[Finding]:
    return [finding for finding in check.findings if finding.check in names]


@pytest.mark.parametrize(
    ("orientations", "size"), [((1, 3, 6), (64, 64)), ((3, 2), (48, 80)), ((8,), (64, 64)), ((1, 1, 3), (90, 60))]
)
def test_masks_on_the_unturned_pixels_are_turned_with_their_photos(
    tmp_path: Path, orientations: tuple[int, ...], size: tuple[int, int]
) -> None:
    wrong = check_folder(folder(tmp_path / "wrong", orientations, masks_as_stored=True, size=size), {})
    turned = {f"images/p{i}x.jpg" for i in range(9) if orientations[i % len(orientations)] != 1}
    assert {finding.path for finding in of_check(wrong, "exif-turned")} == turned
    assert all(f.severity == "note" and "EXIF orientation" in f.message for f in of_check(wrong, "exif-turned"))
    assert all(np.array_equal(mask_of(wrong, i), scene(i, size)[1]) for i in range(9))
    assert FolderSource(wrong.folder).masks["turned"] == len(turned)
    right = check_folder(folder(tmp_path / "right", orientations, masks_as_stored=False, size=size), {})
    assert of_check(right, "exif-turned") == []
    assert all(np.array_equal(mask_of(right, i), scene(i, size)[1]) for i in range(9))


def test_sizes_tell_where_photos_lie_on_their_side(tmp_path: Path) -> None:
    wrong = check_folder(folder(tmp_path / "wrong", (1, 6), masks_as_stored=True, size=(64, 40)), {})
    assert {f.path for f in of_check(wrong, "exif-turned")} == {f"images/p{i}x.jpg" for i in (1, 3, 5, 7)}
    assert of_check(wrong, "other-shape") == []
    assert all(np.array_equal(mask_of(wrong, i), scene(i, (64, 40))[1]) for i in range(9))
    right = check_folder(folder(tmp_path / "right", (1, 6), masks_as_stored=False, size=(64, 40)), {})
    assert of_check(right, "exif-turned", "other-shape") == []


def test_pairs_whose_sizes_decide_differ_from_others(tmp_path: Path) -> None:
    """Half of the masks on their side were exported turned: each lies as its own size says."""
    root = folder(tmp_path / "a", (6,), masks_as_stored=True, size=(64, 40))
    for i in range(0, 9, 2):
        Image.fromarray(scene(i, (64, 40))[1]).save(root / f"masks/p{i}x.png")
    found = check_folder(root, {})
    assert {f.path for f in of_check(found, "exif-turned")} == {f"images/p{i}x.jpg" for i in (1, 3, 5, 7)}
    assert all(np.array_equal(mask_of(found, i), scene(i, (64, 40))[1]) for i in range(9))


def test_masks_with_the_same_tag_are_turned_too(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", (3,), masks_as_stored=True)
    exif = Image.Exif()
    exif[0x0112] = 3
    for path in (root / "masks").iterdir():
        Image.open(path).save(path, exif=exif)
    assert of_check(check_folder(root, {}), "exif-turned") == []


def test_where_edges_dont_tell_it_is_warned_of_once(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", (3,), masks_as_stored=True)
    for path in (root / "masks").iterdir():  # a frame looks the same whichever way it is turned
        frame = np.zeros((64, 64), np.uint8)
        frame[8:-8, 8:-8] = 255
        Image.fromarray(frame).save(path)
    (warning,) = of_check(check_folder(root, {}), "exif-turned")
    assert warning.severity == "warning"
    named = "photos that EXIF turns, 9 in all (images/p0x.jpg, images/p1x.jpg, images/p2x.jpg and 6 more)"
    assert warning.message.startswith(named)
    assert "give --turn-masks yes" in warning.message
    told = check_folder(root, {"turn_masks": "yes"})
    assert {f.path for f in of_check(told, "exif-turned")} == {f"images/p{i}x.jpg" for i in range(9)}
    assert of_check(check_folder(root, {"turn_masks": "no"}), "exif-turned") == []


def test_empty_masks_are_the_same_whichever_way_they_are_turned(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", (3,), masks_as_stored=True)
    masks = sorted((root / "masks").iterdir())
    for path in masks:
        Image.fromarray(np.zeros((64, 64), np.uint8)).save(path)
    assert of_check(check_folder(root, {}), "exif-turned") == []
    right = folder(tmp_path / "b", (3,), masks_as_stored=True)
    for path in sorted((right / "masks").iterdir())[1:]:
        Image.fromarray(np.zeros((64, 64), np.uint8)).save(path)
    assert [finding.severity for finding in of_check(check_folder(right, {}), "exif-turned")] == ["note"]


def test_of_large_folders_every_mask_is_turned_though_some_photos_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bgfg.train.folders.folder.MAX_SCANNED_PAIRS", 3)
    data = ImageMaskFolder(folder(tmp_path, (6, 3), masks_as_stored=True, size=(64, 40)))
    assert [bool(scan.image_digest) for scan in data.scans.values()] == [True, False, False] * 3
    assert all(np.array_equal(data.label_maps(i, ["mask"])["mask"], scene(i, (64, 40))[1]) for i in range(9))


def test_pictures_without_fault_give_no_finding(tmp_path: Path) -> None:
    assert check_folder(folder(tmp_path / "a", (1,), masks_as_stored=True), {}).findings == []


def test_profiles_are_noted_once_and_black_pictures_named(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", (1,), masks_as_stored=True)
    for i in range(3):
        path = root / f"images/p{i}x.jpg"
        Image.open(path).save(path, icc_profile=rgb_profile("Display P3", *DISPLAY_P3), quality=95)
    path = root / "images/p7x.jpg"
    Image.fromarray(np.asarray(Image.open(path)) // 20).save(path)
    found = check_folder(root, {})
    assert [f.path for f in of_check(found, "colour-profile")] == [f"images/p{i}x.jpg" for i in range(3)]
    (note,) = (f for f in found.folded_findings() if f.check == "colour-profile")
    assert note.severity == "note"
    assert note.message == ("Display P3: converted to sRGB (3 such: images/p0x.jpg, images/p1x.jpg, images/p2x.jpg)")
    assert [f.path for f in of_check(found, "nearly-black")] == ["images/p7x.jpg"]


def test_pictures_of_12_bits_are_brightened_and_it_is_said(tmp_path: Path) -> None:
    root = folder(tmp_path / "a", (1,), masks_as_stored=True)
    for path in sorted((root / "images").iterdir()):
        levels = np.asarray(Image.open(path).convert("L")).astype(np.uint16)
        Image.fromarray(levels * 16 + 15).save(path.with_suffix(".png"))
        path.unlink()
    data = ImageMaskFolder(root)
    assert 180 > data.image(0).mean() > 60
    (note,) = of_check(check_folder(root, {}), "bits")
    assert "9 16-bit pictures hold values up to" in note.message
    assert "read as 12 bits" in note.message
    assert of_check(check_folder(root, {}), "nearly-black") == []


def written(root: Path, count: int, mask: Callable[[int], NDArray[np.uint8]], **settings: str) -> list[Finding]:
    return ImageMaskFolder(write_folder(root, count, mask), settings).findings


def test_masks_that_are_all_empty_or_all_full_are_one_warning_and_a_training_says_it(tmp_path: Path) -> None:
    for name, level, word in (("empty", 0, "no pixel is the mask"), ("full", 255, "every pixel is the mask")):
        made = written(tmp_path / name, 6, lambda i: np.full((48, 48), level, np.uint8))  # noqa: B023
        assert [(finding.severity, finding.check, finding.path) for finding in made] == [
            ("warning", "all-alike", "masks/0.png")
        ]
        assert word in made[0].message
        assert decided_about_pictures(made) == [f"masks/0.png: {made[0].message}"]


@pytest.mark.parametrize(("empty", "severities"), [(3, ["warning"] * 3), (5, ["warning"]), (0, [])])
def test_empty_masks_are_named_or_counted(tmp_path: Path, empty: int, severities: list[str]) -> None:
    found = written(tmp_path, 12, lambda i: (disc(i) & (i >= empty)) * np.uint8(255))
    assert [finding.severity for finding in found] == severities
    assert empty < 4 or "5 of 12 such: masks/0.png, masks/1.png, masks/2.png and 2 more" in found[0].message


def test_few_empty_masks_of_many_are_a_note(tmp_path: Path) -> None:
    found = written(tmp_path, 40, lambda i: (disc(i) & (i >= 4)) * np.uint8(255))
    assert [(finding.severity, finding.check) for finding in found] == [("note", "one-value")]


@pytest.mark.parametrize("made", [lambda i: disc(i) * np.uint8(255), soft], ids=["hard", "soft"])
def test_masks_of_which_half_are_inverted_are_warned_of(
    tmp_path: Path, made: Callable[[int], NDArray[np.uint8]]
) -> None:
    found = written(tmp_path / "half", 12, lambda i: 255 - made(i) if i % 2 else made(i))
    assert [(finding.severity, finding.check, finding.path) for finding in found] == [
        ("warning", "inverted", "masks/1.png")
    ]
    assert "in 6 files (masks/1.png, masks/3.png, masks/5.png and 3 more)" in found[0].message
    assert written(tmp_path / "all", 12, lambda i: 255 - made(i)) == []


def test_regions_that_fill_part_of_the_edge_are_no_inverted_masks(tmp_path: Path) -> None:
    # Skies, and fields that run through the frame: the edge is full in some places of each.
    assert written(tmp_path, 12, lambda i: (np.mgrid[:48, :48][i % 2] < 4 * i) * np.uint8(255))[1:] == []
