"""The table of results."""

from __future__ import annotations

from pathlib import Path

from benchmarks.machine import describe_machine
from benchmarks.table import ResultRow, ResultSection, as_json, markdown
from benchmarks.timing import MedianRange


def test_a_ratio_is_the_median_of_those_of_the_same_turn(tmp_path: Path) -> None:
    row = ResultRow("job", "us", "samples/s", (10.0, 40.0, 90.0), {"them": (10.0, 10.0, 30.0)}, 123.4)
    machine, sections = describe_machine(tmp_path), [ResultSection((row,), ("noted",))]
    assert "| job | us | 40 (10–90) samples/s | 3.00 (1.00–4.00) × them | 123 |" in markdown(machine, sections)
    assert as_json(machine, sections)["rows"][0]["against"]["them"]["ratio"] == {"median": 3, "least": 1, "most": 4}
    assert MedianRange.of([4.0, 1.0, 2.0]) == MedianRange(2, 1, 4)
