"""Contestants take turns; commands are timed as processes."""

from __future__ import annotations

import sys

import pytest

from benchmarks.timing import measure_in_turns, timed_process
from bgfg.data_manifests.terminal.errors import Problem


def test_contestants_take_turns_and_each_keeps_its_values() -> None:
    turns: list[str] = []

    def contestant(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    values = measure_in_turns({"a": lambda: contestant("a"), "b": lambda: contestant("b")}, repeats=3)
    assert "".join(turns) == "ababab"
    assert values == {"a": (1, 3, 5), "b": (2, 4, 6)}


def test_a_failing_command_is_named_with_its_last_line() -> None:
    with pytest.raises(Problem, match=r"-c import sys; sys.exit.*: too bad"):
        timed_process(sys.executable, "-c", "import sys; sys.exit('too bad')")
