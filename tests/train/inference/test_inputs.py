"""Every picture finds its background, by name, and of its own size."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.inputs import InputFiles, InputImages, list_inputs, load_input, load_inputs
from tests.support.composites import write_composites
from tests.support.refused_opens import refused_opens
from tests.support.stub_models import stub_card
from tests.train.ops.test_align import room

ONE = stub_card(inputs=("image",))


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels[..., ::-1])
    return path


def test_a_folder_is_matched_by_name_whatever_the_suffix(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 3)
    save(empty / "p1.jpg", read_rgb(empty / "p1.png"))
    (empty / "p1.png").unlink()
    jobs = list_inputs(pictures, empty, stub_card())
    assert [(job.name, job.background) for job in jobs] == [
        ("p0", empty / "p0.png"), ("p1", empty / "p1.jpg"), ("p2", empty / "p2.png")
    ]  # fmt: skip


def test_one_background_serves_all_and_a_picture_may_have_one_of_another_name(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 2)
    assert [job.background for job in list_inputs(pictures, empty / "p1.png", stub_card())] == [empty / "p1.png"] * 2
    assert list_inputs(pictures / "p0.png", empty / "p1.png", stub_card()) == [
        InputFiles("p0", pictures / "p0.png", empty / "p1.png")
    ]
    (empty / "p1.png").unlink()
    assert list_inputs(pictures / "p1.png", empty, stub_card())[0].background == empty / "p0.png"
    assert list_inputs(pictures / "p0.png", None, ONE) == [InputFiles("p0", pictures / "p0.png")]


def test_composites_of_bgfg_find_their_backgrounds_by_name(tmp_path: Path) -> None:
    for folder, names in (("c", ["bg001_fg002_003.jpeg", "bg012_fg002_01_003.png", "own.png"]),
                          ("b", ["bg001.jpeg", "bg012.png", "own.jpg", "bg002.png"])):  # fmt: skip
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_bytes(name.encode())
    jobs = list_inputs(tmp_path / "c", tmp_path / "b", stub_card())
    assert {job.picture.name: job.background.name for job in jobs if job.background} == {
        "bg001_fg002_003.jpeg": "bg001.jpeg", "bg012_fg002_01_003.png": "bg012.png", "own.png": "own.jpg"
    }  # fmt: skip


def test_where_all_backgrounds_are_missing_the_first_ones_are_named(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 9)
    for i in range(9):
        (empty / f"p{i}.png").unlink()
    (empty / "another.png").write_bytes(b"")
    (empty / "one more.png").write_bytes(b"")
    with pytest.raises(Problem) as caught:
        list_inputs(pictures, empty, stub_card())
    assert len(caught.value.lines) == 6
    assert caught.value.lines[0] == f"{pictures / 'p0.png'}: no background p0.* in {empty}: put it there"
    assert caught.value.lines[5] == f"{pictures}: 4 more like these"


def test_a_picture_whose_background_alone_is_missing_says_so_beside_the_others(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 3)
    (empty / "p1.png").unlink()
    first, lonely, third = list_inputs(pictures, empty, stub_card())
    assert (first.background, third.background) == (empty / "p0.png", empty / "p2.png")
    assert lonely == InputFiles(
        "p1", pictures / "p1.png", fault=f"{pictures / 'p1.png'}: no background p1.* in {empty}: put it there"
    )


def test_videos_and_what_else_is_ignored_beside_pictures_are_named(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 2)
    for path in (pictures / "clip.MP4", pictures / "notes.txt", empty / "pan.mov"):
        path.touch()
    (pictures / "more").mkdir()
    notes: list[str] = []
    assert len(list_inputs(pictures, empty, stub_card(), notes.append)) == 2
    assert notes == [
        f"{pictures}: ignored videos (1): clip.MP4",
        f"{pictures}: ignored sub-folders, which are not searched (1): more",
        f"{pictures}: ignored files without the suffix of a picture (1): notes.txt",
    ]


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path)
    save(pictures / "p0.jpg", read_rgb(pictures / "p0.png"))
    with pytest.raises(Problem, match=r"p0\.png: p0\.jpg has the same name, and so would its results: rename one"):
        list_inputs(pictures, empty, stub_card())


@pytest.mark.parametrize("shape", [(61, 82), (122, 166), (83, 61)])
def test_a_background_of_another_size_is_never_stretched(tmp_path: Path, shape: tuple[int, int]) -> None:
    pictures, _ = write_composites(tmp_path, 1)
    other = save(tmp_path / "other.png", np.zeros((*shape, 3), np.uint8))
    with pytest.raises(Problem) as caught:
        load_input(InputFiles("p0", pictures / "p0.png", other), align=False)
    size = f"{other} {shape[1]}×{shape[0]} and {pictures / 'p0.png'} 83×61 px"
    assert (
        str(caught.value) == f"{size}: a background is never stretched: give --align, or a shot of the picture's size"
    )


def test_with_align_it_is_laid_over_or_refused(tmp_path: Path) -> None:
    scene = room()
    picture = save(tmp_path / "picture.png", scene)
    large = save(tmp_path / "large.png", np.asarray(cv2.resize(scene, (480, 360)), np.uint8))
    loaded = load_input(InputFiles("picture", picture, large), align=True)
    assert loaded.background is not None
    assert np.abs(loaded.background.astype(int) - scene)[10:-10, 10:-10].mean() < 8
    grey = save(tmp_path / "grey.png", np.full((240, 320, 3), 90, np.uint8))
    with pytest.raises(
        Problem, match=r"grey\.png: can't be laid over .*picture\.png \(0 features in one of the two\): give"
    ):
        load_input(InputFiles("picture", picture, grey), align=True)


def test_what_cannot_be_loaded_takes_its_place_among_the_rest(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 3)
    (pictures / "p1.png").write_bytes(b"no picture")
    first, second, third = load_inputs(list_inputs(pictures, empty, stub_card()), align=False)
    assert isinstance(second, Problem)
    assert "p1.png" in str(second)
    assert isinstance(first, InputImages)
    assert isinstance(third, InputImages)
    np.testing.assert_array_equal(third.picture, read_rgb(pictures / "p2.png"))


def test_a_background_too_many_or_too_few_is_a_wrong_call(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    with pytest.raises(Problem, match="differs compares two shots: give the one of the empty scene too, --background"):
        list_inputs(pictures, None, stub_card())
    with pytest.raises(Problem, match="differs looks at the picture alone: leave the option out"):
        list_inputs(pictures, empty, ONE)
    with pytest.raises(Problem, match="nowhere: no such file or folder: check the path"):
        list_inputs(tmp_path / "nowhere", None, ONE)


def test_a_picture_is_never_its_own_background(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 3)
    own = r"p0\.png, .*p1\.png, .*p2\.png: would be compared with itself: give --background a shot, or a folder, of the"
    (tmp_path / "link").symlink_to(pictures)
    for folder in (pictures, tmp_path / "link", pictures / ".." / "pictures"):
        with pytest.raises(Problem, match=own) as caught:
            list_inputs(pictures, folder, stub_card())
        assert caught.value.exit_code == 2
    for background in (pictures / "p0.png", pictures):
        with pytest.raises(Problem, match=r"p0\.png: would be compared with itself"):
            list_inputs(pictures / "p0.png", background, stub_card())
    copies = tmp_path / "copies"
    shutil.copytree(pictures, copies)
    with pytest.raises(Problem, match=own):
        list_inputs(pictures, copies, stub_card())
    with pytest.raises(Problem, match=r"p0\.png: would be compared with itself"):
        list_inputs(pictures / "p0.png", copies / "p0.png", stub_card())
    assert len(list_inputs(pictures, empty, stub_card())) == 3


def test_an_empty_scene_among_the_pictures_is_left_out_and_named(tmp_path: Path) -> None:
    pictures, _ = write_composites(tmp_path, 3)
    notes: list[str] = []
    found = list_inputs(pictures, pictures / "p1.png", stub_card(), notes.append)
    assert [files.name for files in found] == ["p0", "p2"]
    assert len(notes) == 1
    assert notes[0].startswith(f"{pictures / 'p1.png'}: left out, taken for the empty scene")
    for name in ("bg001.jpeg", "bg001_fg002_003.jpeg", "bg001_fg003_001.jpeg"):
        (tmp_path / "corpus").mkdir(exist_ok=True)
        (tmp_path / "corpus" / name).write_bytes(name.encode())
    found = list_inputs(tmp_path / "corpus", tmp_path / "corpus", stub_card(), notes.append)
    assert {(f.name, f.background and f.background.name) for f in found} == {
        ("bg001_fg002_003", "bg001.jpeg"), ("bg001_fg003_001", "bg001.jpeg")
    }  # fmt: skip
    assert len(notes) == 2


def test_a_background_that_lies_aside_is_moved_unless_it_is_to_stay(tmp_path: Path) -> None:
    scene = room()
    picture = save(tmp_path / "picture.png", np.roll(scene, 8, axis=1))
    behind = save(tmp_path / "behind.png", scene)
    files = InputFiles("picture", picture, behind)
    stayed, moved, forced = (load_input(files, align) for align in (False, None, True))
    assert stayed.displaced_px == moved.displaced_px == pytest.approx(8, abs=0.5)
    assert forced.displaced_px == 0
    np.testing.assert_array_equal(stayed.background, scene)
    np.testing.assert_array_equal(moved.background, forced.background)
    assert np.abs(np.asarray(moved.background, int) - moved.picture)[:, 8:].mean() < 2
    over = load_input(InputFiles("picture", behind, behind))
    assert over.displaced_px == 0
    np.testing.assert_array_equal(over.background, scene)


def test_pictures_that_are_not_to_be_had_are_named_beside_the_others(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 3)
    (pictures / "p0.png").unlink()
    (pictures / "p0.png").symlink_to("nowhere.png")
    (pictures / "p3.png").symlink_to("p3.png")
    with refused_opens(pictures / "p1.png"):
        found = list(load_inputs(list_inputs(pictures, empty / "p2.png", stub_card())))
    assert [str(each) for each in found if isinstance(each, Problem)] == [
        f"{pictures / 'p0.png'}: a link that leads nowhere. Put the file back.",
        f"{pictures / 'p1.png'}: can't be read (Permission denied). Mend that.",
        f"{pictures / 'p3.png'}: a link that leads nowhere. Put the file back.",
    ]
    assert [each.files.name for each in found if isinstance(each, InputImages)] == ["p2"]
