"""The tables of a test on a folder."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.evaluation.folder_baselines import AllBackgroundBaseline
from bgfg.train.evaluation.folder_report import FolderReport, FolderResult
from bgfg.train.targets import confusion


def report(target: str, headline: str, matte: dict[str, float]) -> FolderReport:
    truth = np.array([[0, 0, 1, 1]], np.uint8)
    counts = [confusion.confusion_matrix(np.zeros_like(truth), truth, 2)]
    outcome = FolderResult(
        AllBackgroundBaseline(2, 0), counts, confusion.class_metrics(counts, ["background", "mask"]), matte, []
    )
    return FolderReport({"run": "here"}, "abc", target, headline, 1, [outcome], ["A note."])


def test_the_summary_leads_with_the_class_that_counts() -> None:
    lines = report("mask", "mask", {}).summary().splitlines()
    assert lines[0].startswith("| 1 pictures, mask | IoU per image | IoU pooled |")
    assert lines[2] == "| all background | 0.000 | 0.000 | 0.000 | 0.000 | 0.500 | 0.500 |"
    mean = report("classes", "mean", {}).summary().splitlines()
    assert mean[2] == "| all background | 0.250 | 0.250 | 0.333 | 0.333 | 0.500 | 0.500 |"


def test_mattes_have_a_table_of_their_errors_first() -> None:
    errors = {"sad": 1.0, "mse": 2.0, "grad": 3.0, "conn": 4.0}
    lines = report("matte", "mask", errors).summary().splitlines()
    assert lines[2] == "| all background | 1.000 | 2.000 | 3.000 | 4.000 |"


def test_all_is_in_the_markdown_and_in_the_json() -> None:
    found = report("mask", "mask", {})
    markdown = found.markdown()
    assert "- run: here" in markdown
    assert "| background | 0.500 | 0.500 | 0.667 | 0.667 |" in markdown
    assert markdown.endswith("- A note.\n")
    content = json.loads(found.as_json())
    assert (content["format"], content["digest"], content["notes"]) == ("bgfg-folder-evaluation", "abc", ["A note."])
    assert content["contestants"]["all background"]["classes"]["mask"]["iou_pooled"] == 0.0
