"""Sets of pictures to test on are made once, and whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ablation.test_sets import TEST_SETS, TestPicture, TestSet, identity_of
from tests.support import references


def _pictures(count: int, with_background: bool) -> list[TestPicture]:
    found = []
    for n in range(count):
        picture, mask = references.picture(13, 17, n), np.zeros((13, 17), np.uint8)
        mask[n:, 4:] = 255
        found.append(TestPicture(f"a-person-{n // 2}", picture, mask, picture[::-1] if with_background else None))
    return found


@pytest.mark.parametrize("with_background", [True, False])
def test_pictures_come_back_as_they_were_made(tmp_path: Path, with_background: bool) -> None:
    made = _pictures(3, with_background)
    test_set = TestSet("a set", "", (), lambda *_: iter(made), is_of_pairs=with_background)
    found = test_set.read(tmp_path, tmp_path / "set")
    assert list(found) == ["a-person-0-000", "a-person-0-001", "a-person-1-002"]
    for name, one, other in zip(found, made, found.values(), strict=True):
        assert identity_of(name) == one.identity == other.identity
        assert (other.picture == one.picture).all()
        assert (other.mask == one.mask).all()
        assert (other.background is None) == (not with_background)
        if one.background is not None and other.background is not None:
            assert (other.background == one.background).all()


def test_a_set_is_made_once_and_what_a_stopped_run_left_is_no_set(tmp_path: Path) -> None:
    asked: list[int] = []

    def make(_: Path, made_of: Path) -> Iterator[TestPicture]:
        asked.append(len(list(made_of.iterdir())))
        (made_of / "corpus").mkdir()
        yield _pictures(1, with_background=False)[0]
        if len(asked) == 1:
            raise KeyboardInterrupt

    test_set = TestSet("a set", "", (), make, is_of_pairs=False)
    with pytest.raises(KeyboardInterrupt):
        test_set.read(tmp_path, tmp_path / "set")
    assert not (tmp_path / "set").exists()
    assert len(test_set.read(tmp_path, tmp_path / "set")) == len(test_set.read(tmp_path, tmp_path / "set")) == 1
    assert asked == [0, 0]
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["mask", "picture"]


def test_a_set_is_there_where_all_its_sources_are(tmp_path: Path) -> None:
    (tmp_path / "photos/open_images").mkdir(parents=True)
    there = [name for name, test_set in TEST_SETS.items() if test_set.is_there(tmp_path)]
    assert there == ["outlined"]
