"""Findings come errors first, one a line whatever a file is called, and whole as JSON."""

from __future__ import annotations

import json

from bgfg.data_manifests.terminal.findings import (
    Finding,
    findings_as_dict,
    findings_as_lines,
    has_errors,
    sorted_findings,
)

FINDINGS = [
    Finding("note", "ignored", "b.txt", "says nothing"),
    Finding("warning", "name", "bg1.jpeg", "missing zeros"),
    Finding("error", "flip", "fg001_01.png", "isn't the mirror"),
    Finding("error", "flip", "fg000_01.png", "isn't the mirror"),
]


def test_errors_come_first_and_paths_in_order() -> None:
    assert [f.path for f in sorted_findings(FINDINGS)] == ["fg000_01.png", "fg001_01.png", "bg1.jpeg", "b.txt"]


def test_only_errors_are_errors() -> None:
    assert has_errors(FINDINGS)
    assert not has_errors(FINDINGS[:2])


def test_no_name_can_break_a_line() -> None:
    finding = Finding("error", "name", "bg\n001\x1b[31m\udcff.jpeg", "what\rever")
    (line, total) = findings_as_lines([finding], 9)
    assert line.isprintable()
    assert "bg\\n001\\x1b[31m" in line
    assert total == "1 error, 0 warnings, 0 notes"


def test_of_many_alike_some_are_shown_and_the_rest_counted() -> None:
    many = sorted_findings(
        Finding("error", "missing-mask", f"{n:04d}.jpeg", "a composite without its mask") for n in range(25)
    )
    lines = findings_as_lines(many, most=20)
    assert len(lines) == 22
    assert lines[-2].split(maxsplit=2) == ["error", "missing-mask", "... and 5 more"]
    assert lines[-1] == "25 errors, 0 warnings, 0 notes"


def test_json_has_every_finding() -> None:
    records = json.loads(json.dumps(findings_as_dict(FINDINGS)))
    assert records["counts"] == {"error": 2, "warning": 1, "note": 1}
    assert records["findings"][1] == {
        "severity": "warning",
        "check": "name",
        "path": "bg1.jpeg",
        "message": "missing zeros",
    }
