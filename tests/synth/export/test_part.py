"""Parts hold every sample once, in order, and come back from their files as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.zips import MEMBERS
from bgfg.synth.export.part import ExportPart, read_left, split_into_parts


def test_parts_hold_every_sample_once_in_order() -> None:
    groups = {"train": np.arange(3, 25, 2), "val": np.array([2]), "test": np.arange(26, 30)}
    parts = split_into_parts(groups, 4)
    assert [part.number for part in parts] == list(range(len(parts)))
    assert [(part.group, part.index, part.siblings, len(part.samples)) for part in parts] == [
        ("train", 0, 3, 4), ("train", 1, 3, 4), ("train", 2, 3, 3), ("val", 0, 1, 1), ("test", 0, 1, 4)
    ]  # fmt: skip
    for group, samples in groups.items():
        np.testing.assert_array_equal(np.concatenate([p.sample_indices for p in parts if p.group == group]), samples)


@pytest.mark.parametrize("text", ["", "[", "{}", '{"number": -1}', "[]"])
def test_a_part_that_is_damaged_is_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "out/.partial/parts"
    folder.mkdir(parents=True)
    (folder / "0.json").write_text(text)
    with pytest.raises(
        Problem, match=r"parts/0\.json: damaged \(.*: remove .*\.partial, and run the same export again"
    ):
        ExportPart.load(folder, 0)


@pytest.mark.parametrize("text", ["{}", "[1]", '[["a.png", -1, 2]]', '[["a.png", 1, 2, 3]]', '[["ü.png", 1, 2]]'])
def test_a_list_of_members_that_is_damaged_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "0.json").write_text(text)
    with pytest.raises(Problem, match=r"0\.json: damaged"):
        read_left(tmp_path / "0.json", MEMBERS)


def test_a_part_comes_back_from_its_file(tmp_path: Path) -> None:
    part = split_into_parts({"train": np.arange(7)}, 5)[1]
    part.save(tmp_path)
    assert ExportPart.load(tmp_path, 1) == part
    assert part.sample_indices.dtype == np.int64
