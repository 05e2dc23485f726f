"""Pictures are read whole, each of them once."""

from __future__ import annotations

import weakref
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.audit import contents
from bgfg.data_manifests.audit.contents import PictureInspector
from bgfg.data_manifests.audit.inspection import Inspection
from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.pixels import LoadedPicture


def test_every_picture_is_read_in_just_one_part(tmp_path: Path) -> None:
    for kind, count in (("bg", 203), ("bg_fg", 405)):
        (tmp_path / kind).mkdir()
        for n in range(count):
            name = f"bg{n + 1:03d}" + ("" if kind == "bg" else "_fg001_001")
            cv2.imwrite(str(tmp_path / kind / f"{name}.jpeg"), np.full((8, 8, 3), n % 256, np.uint8))
    inspector = PictureInspector(read_tree(tmp_path))
    assert inspector.part_count == 5
    whole = Inspection()
    for part in range(inspector.part_count):
        inspection = inspector.inspect(part)
        assert sum(map(len, inspection.modes.values())) == inspector.pictures_in(part)
        whole.add(inspection)
    assert {key: len(paths) for key, paths in whole.modes.items()} == {("bg", "RGB"): 203, ("image", "RGB"): 405}
    assert len(whole.thumbnails) == 203
    assert inspector.picture_count == 608


def save_samples(folder: Path) -> None:
    """Write two images with masks, and two cut-outs with masks; of each the second has twice the pixels."""
    for kind in ("image", "mask", "fg", "fg_mask"):
        (folder / kind).mkdir()
        for n in (1, 2):
            pixels = np.zeros((10 * n, 10, 4 if kind == "fg" else 1 if "mask" in kind else 3), np.uint8)
            pixels[2:5, 2:5] = 255
            cv2.imwrite(str(folder / kind / f"{kind.partition('_')[0] if 'fg' in kind else ''}{n:03d}.png"), pixels)


def test_a_picture_is_let_go_before_the_next_one_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[weakref.ref[np.ndarray]] = []

    def counted(path: Path) -> LoadedPicture:
        assert not any(each() is not None for each in read), path
        seen = read_picture(path)
        read.append(weakref.ref(seen.pixels))
        return seen

    save_samples(tmp_path)
    monkeypatch.setattr(contents, "read_picture", counted)
    inspector = PictureInspector(read_tree(tmp_path))
    for part in range(inspector.part_count):
        inspector.inspect(part)
    assert len(read) == 10  # cut-outs are read again, to be held against their masks


def test_pictures_that_take_more_than_the_share_of_a_process_have_their_turn_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = []

    def turn(folder: Path, is_large: bool) -> AbstractContextManager[None]:
        assert folder == tmp_path
        turns.append(is_large)
        return nullcontext()

    save_samples(tmp_path)
    monkeypatch.setattr(contents, "memory_turn", turn)
    monkeypatch.setattr(contents, "MOST_BYTES", 2 * 100 * 8)  # 100 pixels in colour for each of two
    inspector = PictureInspector(read_tree(tmp_path), processes=2)
    for part in range(inspector.part_count):
        inspector.inspect(part)
    assert turns == [False, True, False, False, False, True]
