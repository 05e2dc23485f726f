"""Places of cut-outs: refused before any work where something is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cutouts.places import CutoutFolder, require_cutouts
from tests.support.red_photos import write_red_photo


def test_a_label_is_a_folder_of_its_own() -> None:
    assert CutoutFolder.of(Path("out"), "red fox").file("a", 1) == Path("out/red fox/a.png")
    assert CutoutFolder.of(Path("out"), None).file("a", 2, "border") == Path("out/_cutout/doubtful/border/a.2.png")


@pytest.mark.parametrize("label", ["../x", "a/b", ".", "_cutout", " dog", "a:b", "dog\n"])
def test_a_label_that_names_no_folder_is_refused(tmp_path: Path, label: str) -> None:
    photo = write_red_photo(tmp_path / "a.png", [])
    with pytest.raises(Problem, match=r"--label .*: names a folder: give letters") as caught:
        require_cutouts(photo, None, tmp_path / "out", label)
    assert caught.value.exit_code == 2


def test_two_objects_never_have_one_name(tmp_path: Path) -> None:
    for name in ("a.png", "a.2.png"):
        write_red_photo(tmp_path / "photos" / name, [])
    with pytest.raises(Problem, match=r"a.2.png: may have the name of another object of a.png: rename one"):
        require_cutouts(tmp_path / "photos", None, tmp_path / "out", None)


@pytest.mark.parametrize(
    ("photos", "out", "line"),
    [
        ("photos", "photos", "OUT .*photos: is PHOTOS"),
        ("gone", "out", "PHOTOS .*gone: no such file or folder: check the path"),
        ("photos", "photos/a.png", "OUT .*a.png: is a file: give the name of a folder"),
        ("corpus", "corpus/out", "PHOTOS .*holds no pictures"),
        ("photos", "corpus/out", "OUT .*lies in .*corpus, which is a corpus"),
        ("walk.mp4", "out", "PHOTOS .*walk.mp4: is a video: give a photograph"),
    ],
)
def test_a_wrong_place_is_refused(tmp_path: Path, photos: str, out: str, line: str) -> None:
    write_red_photo(tmp_path / "photos/a.png", [])
    (tmp_path / "corpus/manifest").mkdir(parents=True)
    (tmp_path / "corpus/manifest/corpus.json").write_text("{}")
    (tmp_path / "walk.mp4").write_bytes(b"")
    with pytest.raises(Problem, match=line) as caught:
        require_cutouts(tmp_path / photos, None, tmp_path / out, None)
    assert caught.value.exit_code == 2
