"""Listings: pictures by suffix in natural order, a note for all that is ignored, a line for every useless folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bgfg.data_manifests.images.listing import depth_maps_by_stem, list_folders, list_pictures, natural_key
from bgfg.data_manifests.terminal.errors import Problem


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_names_sort_as_people_count() -> None:
    names = ["img10.png", "img2.png", "IMG3.png", "a.png", "img02.png", "9.png", "10.png", "img2.jpg"]
    assert sorted(names, key=natural_key) == [
        "9.png", "10.png", "a.png", "img2.jpg", "img02.png", "img2.png", "IMG3.png", "img10.png",
    ]  # fmt: skip


def test_pictures_are_found_by_suffix_in_any_case(tmp_path: Path) -> None:
    names = ["1.jpg", "2.JPG", "3.jpeg", "4.Png", "5.webp", "6.tif", "7.heic", "8 #'ü.png"]
    found, notes = list_pictures(fill(tmp_path / "bg", *names))
    assert [path.name for path in found] == names
    assert notes == []


def test_everything_else_is_ignored_with_a_line(tmp_path: Path) -> None:
    folder = fill(
        tmp_path / "bg", "1.png", ".DS_Store", "._1.png", "Thumbs.db", "notes.txt", "README", "a.csv", "b.csv"
    )
    fill(folder / "__MACOSX")
    fill(folder / "more.png")
    (folder / "link").symlink_to(folder / "nowhere")
    found, notes = list_pictures(folder)
    assert [path.name for path in found] == ["1.png"]
    assert sorted(notes) == [
        f"{folder}: ignored files without the suffix of a picture (5): a.csv, b.csv, link and 2 more",
        f"{folder}: ignored hidden or system files (3): ._1.png, .DS_Store, Thumbs.db",
        f"{folder}: ignored sub-folders, which are not searched (2): __MACOSX, more.png",
    ]


def test_every_useless_folder_is_named_at_once(tmp_path: Path) -> None:
    empty, file = fill(tmp_path / "empty", "notes.txt"), tmp_path / "file"
    file.touch()
    with pytest.raises(Problem) as caught:
        list_folders([("--bg", tmp_path / "missing"), ("--fg", empty), ("--bg-depth", file)])
    assert caught.value.exit_code == 2
    without = "ignored files without the suffix of a picture (1)"
    assert caught.value.lines == (
        f"--bg {tmp_path}/missing: can't be listed (No such file or directory). Give a folder of pictures.",
        f"--fg {empty}: holds no pictures ({without}: notes.txt). Put some there, or give another folder.",
        f"--bg-depth {file}: can't be listed (Not a directory). Give a folder of pictures.",
    )


def test_odd_bytes_in_a_name_are_printable_in_notes(tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"no\xff\n.txt"), "wb"):
        pass
    _, notes = list_pictures(tmp_path)
    assert notes == [f"{tmp_path}: ignored files without the suffix of a picture (1): no\\udcff\\n.txt"]
    notes[0].encode("utf-8")


def test_depth_maps_are_found_by_stem(tmp_path: Path) -> None:
    found, _ = list_pictures(fill(tmp_path / "depth", "a.png", "b.TIFF", "b.pgm", "c.jpg"))
    stems = depth_maps_by_stem(found)
    assert {stem: [path.name for path in paths] for stem, paths in stems.items()} == {
        "a": ["a.png"],
        "b": ["b.pgm", "b.TIFF"],
    }
