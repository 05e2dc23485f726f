"""What is trained on is listed by hash, and isn't what is tested on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.terminal.errors import Problem
from examples.photographs import measured_depth, outlined_people, seen
from tests.support import references
from tests.support.project import SHARED

PHOTOS = SHARED / "photos"
TESTS = [SHARED / name for name in ("office", "rgbd", "portraits")]
LISTED = json.loads(seen.LIST.read_text(encoding="utf-8"))
needs_photos = pytest.mark.skipif(not PHOTOS.is_dir(), reason="no ../shared/photos beside the repository")


def saved(pixels: NDArray[np.uint8], file: Path, quality: int = 90) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file, quality=quality)
    return file


def test_the_list_has_hashes_of_different_photographs() -> None:
    assert all(re.fullmatch(r"[0-9a-f]{16}", digits) for digits in LISTED.values())
    assert len(set(LISTED.values())) == len(LISTED)


@needs_photos
def test_the_list_is_what_the_scripts_take() -> None:
    assert {file.relative_to(PHOTOS).as_posix(): seen.short_hash(file) for file in seen.trained_on(PHOTOS)} == LISTED


@needs_photos
def test_every_photograph_with_depth_is_listed(tmp_path: Path) -> None:
    measured_depth.main(str(PHOTOS), str(tmp_path))
    assert {seen.short_hash(file) for file in (tmp_path / "bg").iterdir()} <= set(LISTED.values())


@needs_photos
def test_everybody_who_is_outlined_and_not_held_out_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlined_people, "matte", lambda picture, outline: np.ones(picture.shape[:2], np.float32))
    monkeypatch.setattr(outlined_people, "cut_out", lambda picture, alpha: np.zeros((1, 1, 4), np.uint8))
    outlined_people.main(str(PHOTOS / "open_images"), str(tmp_path))
    names = {file.stem.removeprefix("open_images_").rpartition("_")[0] for file in tmp_path.iterdir()}
    assert len(names) > 10
    assert {f"open_images/{name}.jpg" for name in names} <= set(LISTED)


@pytest.mark.skipif(not all(folder.is_dir() for folder in TESTS), reason="no pictures to test on in ../shared")
def test_no_picture_that_is_tested_on_is_listed() -> None:
    tests = [file for folder in TESTS for file in folder.rglob("*") if file.is_file()]
    assert len(tests) > 200
    assert not {seen.short_hash(file) for file in tests} & set(LISTED.values())


@pytest.mark.slow  # all are decoded; those that are the same byte for byte are looked for above
@needs_photos
@pytest.mark.skipif(not all(folder.is_dir() for folder in TESTS), reason="no pictures to test on in ../shared")
def test_no_picture_that_is_tested_on_is_nearly_one_that_is_trained_on() -> None:
    tests = [file for folder in TESTS for file in seen.photographs(folder)]
    assert len(tests) > 200
    assert seen.overlaps(sorted(seen.trained_on(PHOTOS)), tests) == []


def test_a_copy_is_found_as_it_is_and_encoded_anew(tmp_path: Path) -> None:
    pictures = [references.picture(90, 120, number) for number in range(4)]
    trained = [saved(picture, tmp_path / f"train/{number}.jpg") for number, picture in enumerate(pictures[:3])]
    other = saved(pictures[3], tmp_path / "test/other.jpg")
    same = tmp_path / "test/same.jpg"
    same.write_bytes(trained[1].read_bytes())
    anew = saved(np.ascontiguousarray(pictures[2][:, ::-1]), tmp_path / "test/anew.jpg", quality=60)
    assert seen.overlaps(trained, [other]) == []
    assert seen.overlaps(trained, [other, same, anew]) == [f"{trained[1]} = {same}", f"{trained[2]} = {anew}"]


def test_the_command_refuses_what_is_tested_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = saved(references.picture(60, 80, 5), tmp_path / "photos/a.jpg")
    saved(references.picture(60, 80, 5), tmp_path / "tests/rgb/b.jpg", quality=70)
    saved(references.picture(60, 80, 5), tmp_path / "clean/depth/c.jpg")
    monkeypatch.setattr(seen, "LIST", tmp_path / "seen.json")
    monkeypatch.setattr(seen, "trained_on", lambda photos: [file])
    seen.main(str(tmp_path / "photos"), str(tmp_path / "clean"))
    assert json.loads((tmp_path / "seen.json").read_text()) == {"a.jpg": seen.short_hash(file)}
    with pytest.raises(Problem, match=r"a\.jpg = .*b\.jpg"):
        seen.main(str(tmp_path / "photos"), str(tmp_path / "tests"))
