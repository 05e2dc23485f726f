"""The table of two builds, in Markdown: a row a job, with the ratios of their turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from benchmarks.builds.turns import Turn
from benchmarks.timing import paired_ratios

_HEAD = (
    "| job | | processor, s | ratio | clock, s | ratio | a second | memory, MB |\n"
    "|---|---|---|---|---|---|---|---|\n"
)  # fmt: skip
NOTE = (
    "Whole processes with their start, in turns; medians. Processor: user and system time of all processes. A ratio "
    "above 1: the first build takes so many times less (the median of the ratios of each turn, min–max). A second: by "
    "the clock of the whole process; of `train` and `stream` in their steady state. Memory: the most of all processes "
    "at once, proportional set size."
)


def job_rows(title: str, unit: str, turns: Mapping[str, Sequence[Turn]]) -> str:
    """Return the rows of a job, a contestant each; the first one is held against each of the others."""
    own, *_ = turns
    return "".join(
        _row(title if name == own else "", name, unit, found, None if name == own else turns[own])
        for name, found in turns.items()
        if found
    )


def table(rows: Sequence[str]) -> str:
    """Return the table of some rows."""
    return _HEAD + "".join(rows)


def _row(title: str, name: str, unit: str, turns: Sequence[Turn], own: Sequence[Turn] | None) -> str:
    cannot = next((turn.cannot for turn in turns if turn.cannot), "")
    if cannot:
        return f"| {title} | {name} | can't: {cannot.replace('|', '/')} | | | | | |\n"
    processor, wall = (_median(turns, get) for get in (_processor_s, _wall_s))
    held = own is not None and not any(turn.cannot for turn in own)
    processor_ratio, wall_ratio = (
        _ratio(turns, own, get) if held and own else "" for get in (_processor_s, _wall_s)
    )  # fmt: skip
    rate = f"{_significant(_median(turns, lambda turn: turn.rate))} {unit}"
    memory = f"{max(turn.memory_mb for turn in turns):,.0f}"
    return (
        f"| {title} | {name} | {_significant(processor)} | {processor_ratio} | {_significant(wall)} | {wall_ratio} "
        f"| {rate} | {memory} |\n"
    )


def _processor_s(turn: Turn) -> float:
    return turn.processor_s


def _wall_s(turn: Turn) -> float:
    return turn.wall_s


def _median(turns: Sequence[Turn], get: Callable[[Turn], float]) -> float:
    return statistics.median(map(get, turns))


def _ratio(turns: Sequence[Turn], own: Sequence[Turn], get: Callable[[Turn], float]) -> str:
    pairs = list(zip(turns, own, strict=False))  # a run that is still going on: one may have a turn more
    ratios = paired_ratios([get(turn) for turn, _ in pairs], [get(turn) for _, turn in pairs])
    spread = f" ({min(ratios):.2f}–{max(ratios):.2f})" if len(ratios) > 1 else ""
    return f"{statistics.median(ratios):.2f} ×{spread}"


def _significant(value: float) -> str:
    """Return a number with three digits that count, or all those before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
