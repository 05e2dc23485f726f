"""Groups of pairs by names and pictures, as `check-data` and training see them; what a message advises works."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.check import FolderCheck, check_folder
from tests.support.paired_folders import disc, save

Picture = NDArray[np.uint8]


def scene(seed: int) -> Picture:
    """Return a soft picture of random colours, (48, 64, 3)."""
    colours = np.random.default_rng(seed).integers(0, 255, (7, 9, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(colours, (64, 48)))


def write(root: Path, names: Sequence[str], picture: Callable[[int], Picture] = scene) -> Path:
    """Write FOLDER/images/NAME.png and FOLDER/masks/NAME.png for each name FOLDER/NAME or NAME."""
    for i, name in enumerate(names):
        folder, _, stem = name.rpartition("/")
        made = picture(i)
        save(made, root / folder / f"images/{stem}.png")
        save(disc(i, *made.shape[:2]).astype(np.uint8) * 255, root / folder / f"masks/{stem}.png")
    return root


def checks(check: FolderCheck) -> set[str]:
    return {finding.check for finding in check.findings}


def in_several_splits(check: FolderCheck, of: Callable[[str], str]) -> set[str]:
    """Return those of the wholes, named by `of` from the path of an image, that lie in several splits."""
    splits = defaultdict[str, set[str]](set)
    for pair, split in zip(check.folder.pairs, check.folder.splits, strict=True):
        splits[of(pair.image)].add(split)
    return {whole for whole, found in splits.items() if len(found) > 1}


def test_copies_without_a_word_in_their_names_stay_with_their_picture(tmp_path: Path) -> None:
    positions = (lambda p: p, lambda p: p[:, ::-1], lambda p: p[::-1, ::-1])
    names = [f"{position}{i:02d}x" for i in range(12) for position in "aqz"]
    check = check_folder(write(tmp_path, names, lambda i: positions[i % 3](scene(i // 3))), {})
    assert check.content()["groups"] == 12
    assert in_several_splits(check, lambda image: image[-7:-5]) == set()
    [note] = [finding for finding in check.findings if finding.check == "copies"]
    assert (note.severity, note.message[:29]) == ("note", "24 pictures are copies of oth")


def test_classes_in_folders_of_numbered_pictures_are_no_clips_and_frames_are(tmp_path: Path) -> None:
    names = [f"{kind}/{i:04d}" for kind in ("cats", "dogs", "owls") for i in range(10)]
    classes = check_folder(write(tmp_path / "classes", names), {})
    assert classes.content()["groups"] == 30
    assert classes.content()["split"] == {"train": 24, "val": 3, "test": 3}
    assert "groups" in checks(classes)
    assert check_folder(tmp_path / "classes", {"groups": "names"}).content()["groups"] == 3
    moved = lambda i: np.roll(scene(i // 10), 2 * (i % 10), axis=1)  # noqa: E731
    clips = check_folder(write(tmp_path / "clips", names, moved), {})
    assert clips.content()["groups"] == 3
    assert in_several_splits(clips, lambda image: image[:4]) == set()


def test_one_name_before_all_numbers_is_a_clip_only_if_the_pictures_are_alike(tmp_path: Path) -> None:
    names = [f"set2_{i:04d}" for i in range(20)]
    assert check_folder(write(tmp_path / "set", names), {}).content()["groups"] == 20
    clip = check_folder(write(tmp_path / "clip", names, lambda i: np.roll(scene(0), i, axis=1)), {})
    assert clip.content()["groups"] == 1
    [advice] = {finding.message for finding in clip.findings if finding.check == "empty-split"}
    assert "--groups none splits them one by one" in advice
    followed = check_folder(tmp_path / "clip", {"groups": "none"})
    assert followed.content()["split"] == {"train": 16, "val": 2, "test": 2}
    assert "empty-split" not in checks(followed)


def test_folders_called_after_splits_are_the_other_advice_and_it_works(tmp_path: Path) -> None:
    names = [f"{split}/set2_{i:04d}" for split in ("train2017", "val2017", "test") for i in range(4)]
    check = check_folder(write(tmp_path, names, lambda i: np.roll(scene(0), 3 * i, axis=1)), {})
    assert check.content()["split"] == {"train": 4, "val": 4, "test": 4}
    assert "empty-split" not in checks(check)


def test_too_few_pairs_for_shares_are_enough_for_counts_as_it_is_said(tmp_path: Path) -> None:
    check = check_folder(write(tmp_path, ["a", "b", "c"]), {})
    assert {f.message for f in check.findings if f.check == "empty-split"} == {"have no pair: give --val and --test"}
    followed = check_folder(tmp_path, {"val": 1, "test": 1})
    assert followed.content()["split"] == {"train": 1, "val": 1, "test": 1}
    assert "empty-split" not in checks(followed)
    assert "empty-split" not in checks(check_folder(tmp_path, {"val": 0, "test": 1}))
    only_val = check_folder(tmp_path, {"val": 1})  # what is left is for training, and no test was asked for
    assert only_val.content()["split"] == {"train": 2, "val": 1, "test": 0}
    assert "empty-split" not in checks(only_val)


def test_counts_are_obeyed_or_it_is_said_why_not(tmp_path: Path) -> None:
    write(
        tmp_path, [f"clip{c}_{f:04d}" for c in range(6) for f in range(3)], lambda i: np.roll(scene(i // 3), i % 3, 1)
    )
    exact = check_folder(tmp_path, {"val": 3, "test": 6})
    assert exact.content()["split"] == {"train": 9, "val": 3, "test": 6}
    assert "split-count" not in checks(exact)
    near = check_folder(tmp_path, {"val": 3, "test": 4})
    assert near.content()["split"]["test"] == 3
    assert "split-count" in checks(near)
    assert check_folder(tmp_path, {"val": 3, "test": 4, "groups": "none"}).content()["split"]["test"] == 4
    with pytest.raises(Problem, match="--val 9 --test 9: of 18 pairs none is left to train on: give fewer"):
        check_folder(tmp_path, {"val": 9, "test": 9})


def test_a_count_against_the_folders_own_split_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [f"{split}/{i}x" for split, n in (("train", 8), ("test", 2)) for i in range(n)])
    assert check_folder(tmp_path, {"val": 2, "test": 2}).content()["split"] == {"train": 6, "val": 2, "test": 2}
    with pytest.raises(Problem, match="--test 3: the data themselves name 2 pairs for test, by folder or by list"):
        check_folder(tmp_path, {"test": 3})


@pytest.mark.parametrize("setting", [{"split": "60/20/20"}, {"split_seed": 3}])
def test_shares_and_seeds_are_refused_where_the_data_name_all_splits(tmp_path: Path, setting: dict[str, Any]) -> None:
    counts = {"train": 4, "val": 2, "test": 2}
    write(tmp_path, [f"{split}/{i}x" for split, n in counts.items() for i in range(n)])
    (value,) = setting.values()
    with pytest.raises(Problem, match=rf"--split.* {value}: the data themselves name pairs for val and for test"):
        check_folder(tmp_path, setting)
    assert check_folder(tmp_path, {}).content()["split"] == counts


def test_copies_on_both_sides_of_a_given_split_are_warned_of(tmp_path: Path) -> None:
    names = [f"{split}/{i}x" for split in ("train", "test") for i in range(6)]
    check = check_folder(write(tmp_path, names, lambda i: scene(i) if i < 6 else scene(i - (i < 8) * 6)[:, ::-1]), {})
    [found] = [finding for finding in check.findings if finding.check == "copies-across-splits"]
    assert (found.severity, found.message[:35]) == ("warning", "2 images are copies of images in an")


def test_pictures_that_are_all_alike_are_told_by_names(tmp_path: Path) -> None:
    check = check_folder(write(tmp_path, [f"p{i}x" for i in range(10)], lambda i: scene(0)), {})
    assert Counter(check.folder.splits) == {"train": 8, "val": 1, "test": 1}
    assert "copies" in checks(check)


def test_tiles_stay_together_though_they_are_not_alike_and_it_is_said(tmp_path: Path) -> None:
    names = [f"tile{p}_{r}_{c}" for p in range(4) for r in range(2) for c in range(3)]
    check = check_folder(write(tmp_path, names), {"split": "50/25/25"})
    assert in_several_splits(check, lambda image: Path(image).name[:5]) == set()
    assert check.content()["groups"] == 4
    [note] = [finding for finding in check.findings if finding.check == "groups"]
    assert note.message.startswith("24 pictures are tiles of 4 by their names, as tile0_0_0 is of tile0")
    assert any(
        line.endswith("the largest tile0 with 6 pairs (--groups names|none for others)") for line in check.lines()
    )


def test_numbered_pictures_that_are_not_alike_are_not_called_frames(tmp_path: Path) -> None:
    check = check_folder(write(tmp_path, [f"subj{s}/image_{i}" for s in range(3) for i in range(4)]), {})
    [note] = [finding for finding in check.findings if finding.check == "groups"]
    assert "frames" not in note.message
    assert "(subj0, subj1, subj2) aren't alike, and so no clips" in note.message


def test_copies_of_given_pictures_are_never_drawn_into_another_split(tmp_path: Path) -> None:
    names = [*(f"train/{i}x" for i in range(8)), *(f"val/{i}y" for i in range(4))]
    write(tmp_path, names, lambda i: scene(i) if i < 8 else scene(i - 8)[:, ::-1])
    for seed in range(4):
        check = check_folder(tmp_path, {"split_seed": seed, "test": 3})
        drawn = {check.folder.pairs[i].image for i in check.folder.indices("test")}
        assert drawn <= {f"train/images/{i}x.png" for i in range(4, 8)}
        assert len(drawn) == 3
        assert [finding.check for finding in check.findings if "cop" in finding.check] == ["copies-across-splits"]
