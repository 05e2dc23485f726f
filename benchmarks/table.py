"""The table of results: rows, as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from benchmarks.machine import Machine
from benchmarks.timing import Spread, ratios

_HEAD = "| job | contestant | median (min–max) | against (median, min–max) | bytes a sample |\n|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Row:
    """What one contestant did at one job.

    unit: `samples/s`, where more is better, or `s`, where less is. values: one a repeat. against: name of a peer -> its
    values in the same repeats. bytes_per_sample: what a sample takes on disk, None where the job stores nothing.
    """

    job: str
    contestant: str
    unit: str
    values: tuple[float, ...]
    against: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    bytes_per_sample: float | None = None


@dataclass(frozen=True)
class Section:
    """The rows of some jobs, and notes on how they were measured."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def report(machine: Machine, sections: Sequence[Section], json_file: Path | None) -> None:
    """Print the table in Markdown, and write it as JSON where that is wanted."""
    if json_file:
        json_file.write_text(json.dumps(as_json(machine, sections), indent=1) + "\n", encoding="utf-8")
    click.echo(markdown(machine, sections))


def markdown(machine: Machine, sections: Sequence[Section]) -> str:
    """Return the machine, one table of all rows, and the notes."""
    lines = "".join(_line(row) for section in sections for row in section.rows)
    notes = "".join(f"- {note}\n" for section in sections for note in section.notes)
    return f"{machine.sentence()}\n\n{_HEAD}{lines}\n{notes}"


def as_json(machine: Machine, sections: Sequence[Section]) -> dict[str, Any]:
    """Return the same as plain data, with the value of every repeat."""
    rows = [
        {
            **asdict(row),
            "against": {
                peer: {"values": values, "ratio": asdict(Spread.of(ratios(row.values, values)))}
                for peer, values in row.against.items()
            },
            **asdict(Spread.of(row.values)),
        }
        for section in sections
        for row in section.rows
    ]
    return {"machine": asdict(machine), "rows": rows, "notes": [note for s in sections for note in s.notes]}


def _line(row: Row) -> str:
    against = "; ".join(
        f"{_spread(ratios(row.values, values), '{:.2f}')} × {peer}" for peer, values in row.against.items()
    )
    values = _spread(row.values, "{:,.0f}" if row.unit == "samples/s" else "{:.2f}")
    stored = "" if row.bytes_per_sample is None else f"{row.bytes_per_sample:,.0f}"
    return f"| {row.job} | {row.contestant} | {values} {row.unit} | {against} | {stored} |\n"


def _spread(values: Sequence[float], form: str) -> str:
    if len(values) == 1:
        return f"{form.format(values[0])} (once)"
    spread = Spread.of(values)
    return f"{form.format(spread.median)} ({form.format(spread.least)}–{form.format(spread.most)})"
