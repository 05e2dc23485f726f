"""Tables of an evaluation, as Markdown and as JSON."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.evaluation.bootstrap import Estimate
from bgfg.train.evaluation.report import CorpusReport, ReportRow, format_estimate

FIGURES = {
    "output.iou": Estimate(0.97123, 0.9504, 0.98449, 40),
    "corpus.iou": Estimate(0.9, None, None, 40),
    "depth.delta1": Estimate(None, None, None, 0),
    "depth.rmse_band": Estimate(0.25, 0.2, 0.3, 12),
}


def row(cell: str, condition: str, contestant: str, figures: dict[str, Estimate]) -> ReportRow:
    return ReportRow(cell, "both new", condition, contestant, 40, 400, 10, 9, {"output": 0.4}, figures)


REPORT = CorpusReport(
    {"run": "runs/first", "device": "cpu"},
    "f" * 64,
    (48, 96),
    (224, 448),
    10.0,
    [
        row("D", "clean", "net", FIGURES),
        row("D", "clean", "ceiling", {"corpus.iou": Estimate(0.98, 0.97, 0.99, 40)}),
        row("E", "noise", "net", {"output.iou": Estimate(0.8, 0.7, 0.9, 40)}),
        row("E", "all", "net", {"output.iou": Estimate(0.6, 0.5, 0.7, 40)}),
    ],
    ["a note"],
)


def cells(markdown: str, title: str) -> list[list[str]]:
    """Return the table under a heading, as texts."""
    part = markdown.split(f"## {title}\n\n")[1].split("\n\n")[0]
    return [[text.strip() for text in line.strip("|").split("|")] for line in part.splitlines()]


def test_a_figure_is_written_with_its_interval_where_it_has_one() -> None:
    assert [format_estimate(FIGURES[name]) for name in ("output.iou", "corpus.iou", "depth.delta1")] == [
        "0.971 (0.950–0.984)",
        "0.900",
        "–",
    ]
    assert format_estimate(None) == "–"


def test_the_summary_has_every_cell_and_all_disturbances_together() -> None:
    head, _, *body = cells(REPORT.markdown(), "Summary")
    assert head == ["cell", "contestant", "mask IoU at 96×48", "mask IoU at 448×224", "depth δ1"]
    assert body == [
        ["D: both new", "net", "0.971 (0.950–0.984)", "0.900", "–"],
        ["D: both new", "ceiling", "–", "0.980 (0.970–0.990)", "–"],
        ["E: all", "net", "0.600 (0.500–0.700)", "–", "–"],
    ]
    assert REPORT.summary() in REPORT.markdown()


def test_samples_are_told_once_a_cell() -> None:
    assert cells(REPORT.markdown(), "Samples")[2:] == [["D", "40 of 400", "10", "9"], ["E", "40 of 400", "10", "9"]]


def test_tables_hold_the_rows_that_have_their_figures_and_none_is_empty() -> None:
    markdown = REPORT.markdown()
    titles = [line.removeprefix("## ") for line in markdown.splitlines() if line.startswith("## ")]
    assert titles == [
        "Summary",
        "Samples",
        "Mask at 96×48, the size of the network's output",
        "Mask at 448×224, the size of the corpus",
        "Depth at 96×48, the whole picture",
        "Depth at 96×48, the 8-px band around the edge",
        "Notes",
    ]
    mask = cells(markdown, titles[2])
    assert [line[:2] for line in mask[2:]] == [["D: both new", "net"], ["E: noise", "net"], ["E: all", "net"]]
    assert cells(markdown, titles[5])[2:] == [["D: both new", "net", "0.250 (0.200–0.300)"]]
    assert "- a note\n" in markdown


def test_json_has_everything() -> None:
    content = json.loads(REPORT.as_json())
    assert (content["format"], content["version"], content["digest"]) == ("bgfg-evaluation", 1, "f" * 64)
    first = content["rows"][0]
    assert first["figures"]["output.iou"] == {"mean": 0.97123, "low": 0.9504, "high": 0.98449, "n": 40}
    assert first["thresholds"] == {"output": 0.4}
    assert [(r["cell"], r["condition"]) for r in content["rows"]] == [
        ("D", "clean"), ("D", "clean"), ("E", "noise"), ("E", "all"),
    ]  # fmt: skip
    assert content["notes"] == ["a note"]
