"""Findings of an audit: what is wrong, how badly, and where; as a table for people and as JSON for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bgfg.data_manifests.terminal.errors import printable

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that an audit found.

    Attributes:
        severity: "error", "warning" or "note".
        check: Short name of what was checked, such as "missing-mask".
        path: What it is about, relative to what is audited.
        message: What is wrong with it, and by how much.
    """

    severity: Severity
    check: str
    path: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", printable(self.path))
        object.__setattr__(self, "message", printable(self.message))


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings: errors first, those of a check together, in the order of their paths."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.check, f.path, f.message))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Say whether any finding is an error."""
    return any(finding.severity == "error" for finding in findings)


def findings_as_dict(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what `--json` prints: the counts by severity, and every finding."""
    counts = Counter(finding.severity for finding in findings)
    return {
        "counts": {severity: counts[severity] for severity in SEVERITIES},
        "findings": [asdict(finding) for finding in findings],
    }


def findings_as_lines(findings: Sequence[Finding], most: int) -> list[str]:
    """Format findings as lines for people: file names whole; of each check at most `most` lines, then how many more."""
    lines = []
    total = Counter((finding.severity, finding.check) for finding in findings)
    shown: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        key = (finding.severity, finding.check)
        shown[key] += 1
        if shown[key] <= most:
            lines.append(f"{finding.severity:7}  {finding.check:24}  {finding.path}: {finding.message}")
        elif shown[key] == total[key]:
            lines.append(f"{finding.severity:7}  {finding.check:24}  ... and {total[key] - most:,} more")
    counts = Counter(finding.severity for finding in findings)
    lines.append(", ".join(f"{counts[s]:,} {s}{'s' * (counts[s] != 1)}" for s in SEVERITIES))
    return lines
