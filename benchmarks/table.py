"""The table of results, as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from benchmarks.machine import BenchmarkMachine
from benchmarks.timing import MedianRange, paired_ratios

_HEAD = "| job | contestant | median (min–max) | against (median, min–max) | bytes a sample |\n|---|---|---|---|---|\n"


@dataclass(frozen=True)
class ResultRow:
    """The result of one contestant at one job.

    Attributes:
        job: What was to be done.
        contestant: Who did it.
        unit: `samples/s`, where more is better, or `s`, where less is.
        values: One for each repeat.
        against: Name of a peer -> its values in the same repeats.
        bytes_per_sample: What a sample takes on disk; None where the job stores nothing.
    """

    job: str
    contestant: str
    unit: str
    values: tuple[float, ...]
    against: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    bytes_per_sample: float | None = None


@dataclass(frozen=True)
class ResultSection:
    """The rows of some jobs, and notes on how they were measured."""

    rows: tuple[ResultRow, ...]
    notes: tuple[str, ...]


def print_report(machine: BenchmarkMachine, sections: Sequence[ResultSection], json_file: Path | None) -> None:
    """Print the table in Markdown, and write it as JSON where that is wanted."""
    if json_file:
        json_file.write_text(json.dumps(as_json(machine, sections), indent=1) + "\n", encoding="utf-8")
    click.echo(markdown(machine, sections))


def markdown(machine: BenchmarkMachine, sections: Sequence[ResultSection]) -> str:
    """Return the machine, one table of all rows, and the notes."""
    lines = "".join(_line(row) for section in sections for row in section.rows)
    notes = "".join(f"- {note}\n" for section in sections for note in section.notes)
    return f"{machine.sentence()}\n\n{_HEAD}{lines}\n{notes}"


def as_json(machine: BenchmarkMachine, sections: Sequence[ResultSection]) -> dict[str, Any]:
    """Return the same as plain data, with the value of every repeat."""
    rows = [
        {
            **asdict(row),
            "against": {
                peer: {"values": values, "ratio": asdict(MedianRange.of(paired_ratios(row.values, values)))}
                for peer, values in row.against.items()
            },
            **asdict(MedianRange.of(row.values)),
        }
        for section in sections
        for row in section.rows
    ]
    return {"machine": asdict(machine), "rows": rows, "notes": [note for s in sections for note in s.notes]}


def _line(row: ResultRow) -> str:
    against = "; ".join(
        f"{_spread(paired_ratios(row.values, values), '{:.2f}')} × {peer}" for peer, values in row.against.items()
    )
    values = _spread(row.values, "{:,.0f}" if row.unit == "samples/s" else "{:.2f}")
    stored = "" if row.bytes_per_sample is None else f"{row.bytes_per_sample:,.0f}"
    return f"| {row.job} | {row.contestant} | {values} {row.unit} | {against} | {stored} |\n"


def _spread(values: Sequence[float], form: str) -> str:
    if len(values) == 1:
        return f"{form.format(values[0])} (once)"
    spread = MedianRange.of(values)
    return f"{form.format(spread.median)} ({form.format(spread.least)}–{form.format(spread.most)})"
