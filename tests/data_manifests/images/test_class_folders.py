"""Sub-folders of cut-outs: classes where that is plain, else one line asks; options answer."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from bgfg.data_manifests.images.class_folders import ClassFolders
from bgfg.data_manifests.terminal.errors import Problem


def fill(folder: Path, *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def listed(folder: Path, reading: ClassFolders) -> list[tuple[str, str | None]]:
    paths, _ = reading.list_cutouts(folder)
    return [(path.relative_to(folder).as_posix(), reading.label_of(path, folder)) for path in paths]


def test_subfolders_are_classes_in_sorted_order_and_their_pictures_in_natural_order(tmp_path: Path) -> None:
    fill(tmp_path, "dog/img10.png", "dog/img2.png", "dog/small/1.png", "Cat/a.png", "ant/b.webp", "notes.txt")
    assert listed(tmp_path, ClassFolders()) == [
        ("Cat/a.png", "Cat"),
        ("ant/b.webp", "ant"),
        ("dog/img2.png", "dog"),
        ("dog/img10.png", "dog"),
        ("dog/small/1.png", "dog"),
    ]


def test_folders_put_aside_and_empty_ones_are_no_classes(tmp_path: Path) -> None:
    fill(tmp_path, "dog/1.png", "_doubtful/2.png", ".cache/3.png", "__MACOSX/4.png", "dog/_old/5.png", "text/read.me")
    paths, notes = ClassFolders().list_cutouts(tmp_path)
    assert [path.name for path in paths] == ["1.png"]
    assert notes == [
        f"{tmp_path}: ignored hidden or system files (1): .cache",
        f"{tmp_path}: ignored sub-folders that are put aside by a _ (2): __MACOSX, _doubtful",
        f"{tmp_path}/text: ignored files without the suffix of a picture (1): read.me",
        f"{tmp_path}: ignored sub-folders without pictures (1): text",
    ]


def test_a_flat_folder_is_of_one_class(tmp_path: Path) -> None:
    fill(tmp_path, "b.png", "a10.png", "a9.png")
    assert listed(tmp_path, ClassFolders()) == [("a9.png", None), ("a10.png", None), ("b.png", None)]
    assert listed(tmp_path, ClassFolders(label="dog")) == [("a9.png", "dog"), ("a10.png", "dog"), ("b.png", "dog")]


ASKED = {
    "beside": (("1.png", "dog/2.png"), None, "there are sub-folders (dog), and 1 picture (1.png) beside them"),
    "numbers": (("person1/1.png", "person2/1.png"), None, "person1, person2 are told apart by numbers alone"),
    "splits": (("Train/1.png", "val/2.png"), None, "Train, val are named like splits, which bgfg draws itself"),
    "deep": (("animals/dog/1.png", "animals/cat/2.png"), None, "no cut-outs lie in animals itself, but deeper"),
    "label": (("cat/1.png", "dog/2.png"), "pet", "--label pet beside sub-folders cat, dog, which name classes"),
}


@pytest.mark.parametrize(("files", "label", "said"), ASKED.values(), ids=ASKED.keys())
def test_what_is_not_plain_is_asked_in_one_line_and_answered_by_an_option(
    tmp_path: Path, files: tuple[str, ...], label: str | None, said: str
) -> None:
    fill(tmp_path, *files)
    with pytest.raises(Problem) as caught:
        ClassFolders(label=label).list_cutouts(tmp_path)
    [line] = caught.value.lines
    assert line.startswith(f"--fg {tmp_path}: ")
    assert said in line
    assert "--subfolders classes, merge" in line
    loose = [file for file in files if "/" not in file]
    assert listed(tmp_path, ClassFolders("merge", "x")) == [(file, "x") for file in sorted(files)]
    assert [file for file, _ in listed(tmp_path, ClassFolders("ignore"))] == loose
    answered = listed(tmp_path, ClassFolders("classes", "x"))
    assert dict(answered) == {file: file.split("/")[0] if "/" in file else "x" for file in files}


def test_loose_cutouts_beside_classes_need_a_name(tmp_path: Path) -> None:
    fill(tmp_path, "1.png", "dog/2.png")
    with pytest.raises(Problem, match=r"no class for 1 picture \(1.png\) beside the sub-folders \(dog\): name it by"):
        ClassFolders("classes").list_cutouts(tmp_path)


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    fill(tmp_path, "dog/1.png")
    os.symlink(tmp_path, tmp_path / "dog" / "again")
    assert listed(tmp_path, ClassFolders()) == [("dog/1.png", "dog")]
    _, notes = ClassFolders().list_cutouts(tmp_path)
    assert notes == [f"{tmp_path / 'dog'}: ignored links to folders, which are not followed this deep (1): again"]


def test_an_option_that_decides_nothing_is_told(tmp_path: Path) -> None:
    fill(tmp_path, "1.png")
    _, notes = ClassFolders("merge").list_cutouts(tmp_path)
    assert notes == [f"--subfolders merge: {tmp_path} has no sub-folders with pictures"]
    fill(tmp_path, "dog/2.png")
    assert ClassFolders("classes", "cat").list_cutouts(tmp_path)[1] == []
    (tmp_path / "1.png").unlink()
    _, notes = ClassFolders("classes", "cat").list_cutouts(tmp_path)
    assert notes == [f"--label cat: is no cut-out's class, for none lies beside the sub-folders of {tmp_path}"]


def test_a_class_has_one_spelling_and_no_control_character(tmp_path: Path) -> None:
    fill(tmp_path, f"{unicodedata.normalize('NFD', 'Kühe')}/1.png", "a\nb/2.png")
    found = {label for _, label in listed(tmp_path, ClassFolders())}
    assert found == {unicodedata.normalize("NFC", "Kühe"), "a\\nb"}


def test_what_bgfg_notes_beside_its_cut_outs_is_left_out_without_a_word(tmp_path: Path) -> None:
    fill(tmp_path, "1.png", "_cutout/doubtful/border/2.png", "_cutout/cutouts.jpg")
    found, notes = ClassFolders().list_cutouts(tmp_path)
    assert ([path.name for path in found], notes) == (["1.png"], [])
