"""Assets: whatever lies in the folders becomes rows and arrays, or a line that says why not."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.assets import source_pictures
from bgfg.data_manifests.assets.preparation import prepare_assets
from bgfg.data_manifests.assets.prepared_assets import PreparedAssets
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images import image_reading
from bgfg.data_manifests.images.image_writing import save_depth_png, save_jpeg, save_png
from bgfg.data_manifests.images.pixels import LoadedPicture
from bgfg.data_manifests.images.resampling.fit_to_frame import fit_background, fit_cutout, fit_depth, flip
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.project import SHARED
from tests.support.refused_opens import MACHINE_ERRORS, refused_opens
from tests.support.side_by_side import SideBySide

OFFICE = SHARED / "office"
SIZES: dict[str, Any] = {"height_px": 26, "width_px": 34, "cutout_height_px": 13}


def picture(seed: int, height: int = 61, width: int = 83) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def person(seed: int, height: int = 60, width: int = 40) -> NDArray[np.uint8]:
    alpha = np.zeros((height, width, 1), np.uint8)
    alpha[4 + seed % 3 : -2, 5 : -9 - seed % 5] = 255
    return np.concatenate([picture(seed, height, width), alpha], axis=2)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Three backgrounds, three cut-outs and the depth maps of the backgrounds."""
    bg, fg, depth = (tmp_path / name for name in ("bg", "fg", "depth"))
    for folder in (bg, fg, depth):
        folder.mkdir()
    for number, name in enumerate(("img1", "img2", "img10")):
        save_png(picture(number), bg / f"{name}.PNG")
        save_png(person(number, width=30 + 10 * number), fg / f"{name}.png")
        save_depth_png(np.full((61, 83), 1000 + number, np.uint16), depth / f"{name}.png")
    return bg, fg, depth


def test_rows_and_arrays_follow_the_corpus_format(folders: tuple[Path, Path, Path]) -> None:
    bg, fg, depth = folders
    found = prepare_assets(bg, fg, depth, **SIZES)
    backgrounds, cutouts = found.assets[:3], found.assets[3:]
    assert [a.file for a in backgrounds] == ["img1.PNG", "img2.PNG", "img10.PNG"]
    assert [(a.kind, a.id, a.flip_of, a.group) for a in backgrounds] == [("background", b, None, b) for b in range(3)]
    assert [(a.kind, a.id, a.flip_of, a.group) for a in cutouts] == [
        ("cutout", f, f - 1 if f % 2 else None, f - f % 2) for f in range(6)
    ]
    assert [a.file for a in cutouts] == [f"img{n}.png" for n in (1, 1, 2, 2, 10, 10)]
    assert {(a.name, a.split) for a in found.assets} == {("", None)}
    assert (backgrounds[0].width_px, backgrounds[0].height_px) == (83, 61)
    assert backgrounds[2].sha256 == hashlib.sha256((bg / "img10.PNG").read_bytes()).hexdigest()
    assert (backgrounds[2].depth_file, backgrounds[2].depth_sha256) == ("img10.png", file_sha256(depth / "img10.png"))
    assert cutouts[1] == dataclasses.replace(cutouts[0], id=1, flip_of=0)
    assert found.background_depth is not None
    arrays = (found.background, found.cutout, found.cutout_sizes_px, found.background_depth)
    assert [str(array.dtype) for array in arrays] == ["uint8", "uint8", "int32", "uint16"]
    assert not found.left_out
    assert not found.notes


def test_pixels_are_the_fitted_ones_and_flips_turn_within_their_own_width(folders: tuple[Path, Path, Path]) -> None:
    found = prepare_assets(*folders, **SIZES)
    assert found.background_depth is not None
    assert found.cutout.shape == (6, 13, 11, 4)
    assert found.cutout_sizes_px.tolist() == [[13, w] for w in (6, 6, 9, 9, 11, 11)]
    for n in range(3):
        np.testing.assert_array_equal(found.background[n], fit_background(picture(n), 26, 34))
        depth_mm = np.full((61, 83), 1000 + n, np.uint16)
        np.testing.assert_array_equal(found.background_depth[n], fit_depth(depth_mm, (61, 83), 26, 34))
        fitted = fit_cutout(person(n, width=30 + 10 * n), 13, 26, 34)
        w = fitted.shape[1]
        np.testing.assert_array_equal(found.cutout[2 * n, :, :w], fitted)
        np.testing.assert_array_equal(found.cutout[2 * n + 1, :, :w], flip(fitted))
        assert not found.cutout[2 * n : 2 * n + 2, :, w:].any()


def test_the_number_of_workers_changes_nothing(folders: tuple[Path, Path, Path]) -> None:
    one, three = (prepare_assets(*folders, **SIZES, workers=workers) for workers in (1, 3))
    for field in dataclasses.fields(PreparedAssets):
        np.testing.assert_equal(getattr(one, field.name), getattr(three, field.name))


def test_a_later_file_at_the_end_changes_no_earlier_row(folders: tuple[Path, Path, Path]) -> None:
    bg, fg, _ = folders
    before = prepare_assets(bg, fg, **SIZES)
    save_jpeg(picture(9), bg / "img11.jpeg")
    save_png(person(9), fg / "img11.webp.png")
    after = prepare_assets(bg, fg, **SIZES)
    assert after.assets[:3] == before.assets[:3]
    assert after.assets[4:10] == before.assets[3:]
    np.testing.assert_array_equal(after.background[:3], before.background)


def test_real_folders_are_messy_and_work(tmp_path: Path) -> None:
    bg, fg = tmp_path / "b g", tmp_path / "f'g"
    bg.mkdir()
    fg.mkdir()
    for n, (name, kind) in enumerate(
        {
            "a.jpg": "PNG",
            "a.png": "JPEG",
            "b #1.WEBP": "WEBP",
            "ü.tif": "TIFF",
            '"q".gif': "GIF",
            "x\ny.bmp": "BMP",
        }.items()
    ):
        Image.fromarray(picture(n, 40 + 9 * n, 90 - 8 * n)).save(bg / name, kind)
    Image.fromarray(picture(7)).convert("CMYK").save(bg / "cmyk.jpeg")
    Image.fromarray(picture(8)[..., 0].astype(np.uint16) * 257).save(bg / "deep.png")
    Image.fromarray(picture(9)).quantize(32).save(bg / "palette.png")
    Image.fromarray(person(1)).save(os.path.join(os.fsencode(fg), b"caf\xe9.png").decode("utf-8", "surrogateescape"))
    Image.fromarray(person(2, 300, 600)).save(fg / "larger than the frame.webp", lossless=True)
    for name in (".DS_Store", "._a.png", "Thumbs.db", "notes.txt"):
        (bg / name).write_text("nothing")
    (bg / "__MACOSX").mkdir()
    found = prepare_assets(bg, fg, **SIZES, workers=2)
    assert len(found.background) == 9
    assert [a.file for a in found.assets if a.kind == "cutout"][::2] == ["caf\\udce9.png", "larger than the frame.webp"]
    assert found.cutout_sizes_px[2].tolist() == [13, 26]
    assert len(found.notes) == 3
    for text in (*found.notes, *(a.file for a in found.assets)):
        assert text.isprintable()
        text.encode("utf-8")


def spoil(bg: Path, fg: Path, depth: Path) -> list[str]:
    """Add something useless to each folder and return how the lines about it must begin, in order."""
    (bg / "img3.jpg").touch()
    os.mkfifo(bg / "img4.png")
    (bg / "img5.png").symlink_to("gone.png")
    save_png(picture(5), bg / "img6.png")
    save_png(picture(6), bg / "img7.png")
    save_depth_png(np.ones((61, 61), np.uint16), depth / "img7.png")
    save_png(picture(7), bg / "img8.png")
    save_png(picture(7), depth / "img8.png")
    save_png(picture(8), bg / "img9.png")
    save_depth_png(np.ones((61, 83), np.uint16), depth / "img9.png")
    save_depth_png(np.ones((61, 83), np.uint16), depth / "img9.pgm")
    Image.fromarray(picture(1)).quantize(8).save(fg / "img043.png")
    (fg / "img044.heic").write_bytes(b"\0\0\0\x18ftypheic")
    shapes = "the shapes differ by more than 1 %. Give the depth map of this very picture"
    bits = "a depth map has one channel of 16 bits. Save it as 16-bit PNG in millimetres"
    formats = "JPEG, PNG, WebP, TIFF, BMP, GIF, PPM"
    return [
        f"{bg}/img3.jpg: empty (0 bytes). Replace it with a whole copy",
        f"{bg}/img4.png: not a regular file. Put a picture in its place",
        f"{bg}/img5.png: a link that leads nowhere. Put the file back",
        f"{bg}/img6.png: no depth map under its name (16-bit PNG). Give it one in --bg-depth",
        f"{bg}/img7.png: its depth map {depth}/img7.png: the depth map is 61×61 and its background 83×61: {shapes}",
        f"{bg}/img8.png: its depth map {depth}/img8.png: a picture of 8 bits a channel (mode RGB); {bits}",
        f"{bg}/img9.png: several depth maps under its name (img9.pgm, img9.png). Give it one in --bg-depth",
        f"{fg}/img043.png: palette image without transparency; a cut-out needs an alpha channel. Save it as RGBA",
        f"{fg}/img044.heic: not a picture in a format that is read here ({formats}). Save it as PNG or JPEG",
    ]


def test_every_unusable_file_is_named_at_once(folders: tuple[Path, Path, Path]) -> None:
    expected = spoil(*folders)
    with pytest.raises(Problem) as caught:
        prepare_assets(*folders, **SIZES, workers=2)
    assert list(caught.value.lines) == [f"{line}, or move it away, or pass --skip-bad." for line in expected]
    assert caught.value.exit_code == 1


def test_skip_bad_leaves_out_exactly_what_cannot_be_used(folders: tuple[Path, Path, Path]) -> None:
    clean = prepare_assets(*folders, **SIZES)
    expected = spoil(*folders)
    found = prepare_assets(*folders, **SIZES, skip_bad=True)
    assert found.assets == clean.assets
    np.testing.assert_array_equal(found.background, clean.background)
    np.testing.assert_array_equal(found.cutout, clean.cutout)
    assert len(found.left_out) == len(expected)
    for (file, reason), line in zip(found.left_out, expected, strict=True):
        assert line.startswith(f"{file}: {reason}. ")


def test_a_folder_left_without_a_usable_picture_is_a_problem_in_any_case(folders: tuple[Path, Path, Path]) -> None:
    bg, fg, _ = folders
    for path in fg.iterdir():
        path.write_bytes(b"")
    with pytest.raises(Problem) as caught:
        prepare_assets(bg, fg, **SIZES, skip_bad=True)
    assert len(caught.value.lines) == 2
    assert caught.value.lines[0].startswith(f"3 pictures ({fg}/img1.png, ")
    assert caught.value.lines[-1].startswith(f"--fg {fg}: no usable picture is left")


def test_depth_maps_nobody_asked_for_are_noted(folders: tuple[Path, Path, Path]) -> None:
    bg, fg, depth = folders
    (bg / "img2.PNG").unlink()
    assert prepare_assets(bg, fg, depth, **SIZES).notes == (
        f"{depth}: ignored depth maps without a background (1): img2",
    )


def test_copies_share_a_group_and_flips_their_originals(folders: tuple[Path, Path, Path]) -> None:
    bg, fg, _ = folders
    (bg / "img20.png").write_bytes((bg / "img2.PNG").read_bytes())
    save_png(flip(person(0, width=30)), fg / "img21.png")
    found = prepare_assets(bg, fg, **SIZES)
    assert [a.group for a in found.assets] == [0, 1, 2, 1, 0, 0, 2, 2, 4, 4, 0, 0]


def test_the_office_pictures_are_prepared_in_a_moment() -> None:
    if not OFFICE.is_dir():
        pytest.skip("the office pictures are not here")
    started = time.perf_counter()
    found = prepare_assets(OFFICE / "bg", OFFICE / "fg", workers=2)
    assert time.perf_counter() - started < 10  # about 0.6 s on two cores; the rest is for a busy machine
    assert found.background.shape == (100, 224, 224, 3)
    assert found.cutout.shape == (200, 110, 110, 4)
    assert len(found.assets) == 300
    assert not found.left_out
    assert not found.notes


@pytest.mark.parametrize("number", MACHINE_ERRORS)
def test_a_picture_that_the_system_does_not_hand_over_is_neither_damaged_nor_left_out(
    folders: tuple[Path, Path, Path], number: int
) -> None:
    bg, fg, depth = folders
    (bg / "img1.PNG").write_bytes(b"")
    with refused_opens(bg / "img2.PNG", number=number), pytest.raises(Problem) as caught:
        prepare_assets(*folders, **SIZES, skip_bad=True)
    (line,) = caught.value.lines
    assert line.startswith(f"{bg / 'img2.PNG'}: can't be read ({os.strerror(number)}")
    assert line.endswith(". Mend that.")
    with refused_opens(depth / "img2.png", number=number), pytest.raises(Problem) as caught:
        prepare_assets(*folders, **SIZES, skip_bad=True)
    (line,) = caught.value.lines
    assert f"img2.PNG: its depth map {depth / 'img2.png'}: can't be read ({os.strerror(number)}" in line
    with refused_opens(fg / "img1.png", number=number), pytest.raises(Problem) as caught:
        prepare_assets(*folders, **SIZES)
    assert [line.endswith("or pass --skip-bad.") for line in caught.value.lines] == [True, False]


@pytest.mark.parametrize(("size_bytes", "side_by_side"), [(10**8, True), (6 * 10**8, False)])
def test_large_pictures_are_prepared_one_at_a_time(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch, size_bytes: int, side_by_side: bool
) -> None:
    counts = {name: SideBySide() for name in ("read_background", "read_cutout")}
    for name, count in counts.items():
        monkeypatch.setattr(image_reading, name, count.counted(getattr(image_reading, name)))
    monkeypatch.setattr(source_pictures, "reading_bytes", lambda path: size_bytes)
    monkeypatch.setattr(image_reading, "cutout_bytes", lambda path: size_bytes)
    found = prepare_assets(*folders, **SIZES, workers=3)
    assert len(found.assets) == 9
    assert [count.most > 1 for count in counts.values()] == [side_by_side] * 2


def test_a_background_is_let_go_before_its_depth_map_is_read(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels: list[weakref.ref[NDArray[np.uint8]]] = []
    held = []

    def read_background(path: Path, bits: int) -> LoadedPicture:
        seen = read(path, bits)
        pixels.append(weakref.ref(seen.pixels))
        return seen

    def read_depth(path: Path, scale_m: float) -> NDArray[np.uint16]:
        held.append(pixels[-1]() is not None)
        return depth(path, scale_m)

    read, depth = image_reading.read_background, image_reading.read_depth
    monkeypatch.setattr(image_reading, "read_background", read_background)
    monkeypatch.setattr(image_reading, "read_depth", read_depth)
    prepare_assets(*folders, **SIZES)
    assert held == [False] * 3
