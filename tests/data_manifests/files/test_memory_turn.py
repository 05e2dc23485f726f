"""Processes take turns with what is large, and work side by side on what is small."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bgfg.data_manifests.files.memory_turn import memory_turn
from tests.support.side_by_side import SideBySide


def test_what_is_small_is_worked_on_at_the_same_time(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=20)

    def work(_number: int) -> None:
        with memory_turn(tmp_path, False):
            meeting.wait()  # broken, and raises, unless both are in

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


@pytest.mark.parametrize("large", [(True, True, True), (True, False, True)])
def test_what_is_large_is_worked_on_alone(tmp_path: Path, large: tuple[bool, ...]) -> None:
    inside = SideBySide()

    def work(is_large: bool) -> int:
        with memory_turn(tmp_path, is_large):
            return inside.counted(lambda: inside.most)()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, large))
    assert inside.most == 1


def test_a_turn_ends_when_its_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), memory_turn(tmp_path, True):
        raise ZeroDivisionError
    with memory_turn(tmp_path, True):
        pass
