"""Done marks and the statistics gathered from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.done_marks import DoneMark, combined_statistics, mark_path, marked_shards
from tests.support.doors import damaged, refusal

MARK = DoneMark("image", 4, "d" * 64, 100, "s" * 64, 6, (1, 2, 3), (4, 5, 6))


def test_a_mark_round_trips_and_marks_its_shard(tmp_path: Path) -> None:
    assert marked_shards(tmp_path, "image") == set()
    MARK.save(tmp_path)
    assert DoneMark.load(tmp_path, "image", 4) == MARK
    assert marked_shards(tmp_path, "image") == {4}
    assert marked_shards(tmp_path, "mask") == set()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"array": "image"}', "null"])
def test_what_is_no_mark_is_a_problem_that_names_it(tmp_path: Path, text: str) -> None:
    MARK.save(tmp_path)
    mark_path(tmp_path, "image", 4).write_text(text)
    with pytest.raises(
        Problem, match=r"done/image/4.json: not a done mark .*: run `bgfg compose .*, which makes the shard again"
    ):
        DoneMark.load(tmp_path, "image", 4)


def test_a_mark_under_another_name_is_a_problem(tmp_path: Path) -> None:
    MARK.save(tmp_path)
    mark_path(tmp_path, "image", 4).rename(mark_path(tmp_path, "image", 5))
    with pytest.raises(Problem, match=r"5.json: the mark of shard 4 of image"):
        DoneMark.load(tmp_path, "image", 5)


def test_statistics_are_those_of_all_values() -> None:
    rng = np.random.default_rng(0)
    shards = [rng.integers(0, 256, (size, 3)) for size in (50, 70)]
    marks = [
        DoneMark("image", s, "", 0, "", len(values), tuple(values.sum(0).tolist()), tuple((values**2).sum(0).tolist()))
        for s, values in enumerate(shards)
    ]
    together = np.concatenate(shards)
    found = combined_statistics(reversed(marks))
    assert found["count"] == 120
    assert found["mean"] == pytest.approx(together.mean(axis=0), abs=1e-6)
    assert found["std"] == pytest.approx(together.std(axis=0), abs=1e-6)


@pytest.mark.parametrize("first", ["1e400", "1e200", "NaN", "-1", '"1"', str(10**400)])
def test_sums_that_make_no_sense_are_no_mark(tmp_path: Path, first: str) -> None:
    MARK.save(tmp_path)
    path = mark_path(tmp_path, "image", 4)
    path.write_text(path.read_text().replace("[1, 2, 3]", f"[{first}, 2, 3]"))
    with pytest.raises(Problem, match=r"not a done mark \(the mark.sums\[0\] is"):
        DoneMark.load(tmp_path, "image", 4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_mark_is_read_or_refused_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    MARK.save(tmp_path)
    path = mark_path(tmp_path, "image", 4)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    line = refusal(lambda: DoneMark.load(tmp_path, "image", 4))
    assert line == "" or line.startswith(str(path))
