"""Check of a folder of images and masks: how it will be read, and what is wrong with it (`bgfg check-data`)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bgfg.data_manifests.terminal.errors import first_few, printable
from bgfg.data_manifests.terminal.findings import Finding, sorted_findings
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.train.folders.discovery import FOLDER_SPLITS
from bgfg.train.folders.findings.splits import find_in_split
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.groups import GROUP_MODES
from bgfg.train.folders.kept_scans import SCANS_FILE
from bgfg.train.folders.mask_values import format_value
from bgfg.train.folders.scan import format_size
from bgfg.train.folders.settings import mode_of

_VALUES_SHOWN = 12


@dataclass(frozen=True)
class FolderCheck:
    """Result of a check.

    Attributes:
        folder: The folder, of which every pair was read.
        findings: What is wrong, errors first.
    """

    folder: ImageMaskFolder
    findings: list[Finding]

    def content(self) -> dict[str, Any]:
        """Return what `--json` prints, without the findings."""
        folder, encoding = self.folder, self.folder.encoding
        counts = Counter(folder.splits)
        sizes = Counter(format_size(scan.image_px) for scan in folder.scans.values())
        return {
            "path": str(folder.path),
            "layout": folder.layout.name,
            "about": folder.layout.description,
            "pairs": len(folder.pairs),
            "left_out": len(folder.layout.pairs) - len(folder.pairs),
            "split": {split: counts[split] for split in FOLDER_SPLITS},
            "groups": len({pair.group for pair in folder.pairs}),
            "image_sizes": dict(sizes.most_common()),
            "planes": dict(Counter(scan.mask.kind for scan in folder.scans.values())),
            "values": {
                format_value(value, encoding.colour): folder.value_counts[value]
                for value in sorted(folder.value_counts)
            },
            "read_as": encoding.kind,
            "how": encoding.description,
            "shares": encoding.class_shares(folder.value_counts),
            "targets": list(folder.targets),
        }

    def lines(self) -> list[str]:
        """Return the lines of the printed table, without the findings."""
        c = self.content()
        total = sum(c["values"].values())
        values = [f"{value} ({count / total:.1%})" for value, count in c["values"].items()]
        sizes = [f"{size} ({count})" for size, count in c["image_sizes"].items()]
        rows = {
            "layout": c["about"],
            "pairs": f"{c['pairs']:,}, {c['left_out']:,} left out, of {c['groups']:,} groups that stay together",
            "groups": self._groups_told(),
            "split": ", ".join(f"{count:,} {split}" for split, count in c["split"].items()),
            "image sizes": first_few(sizes),
            "mask values": f"{_first_and_last(values)}, in {' and '.join(c['planes'])}",
            "read as": c["how"],
            "pixels": _first_and_last([f"{name} {share:.1%}" for name, share in c["shares"].items()]),
            "to be learnt": " or ".join(f"--targets {target}" for target in c["targets"]),
        }
        return [f"{name:12}  {printable(text)}" for name, text in rows.items()]

    def _groups_told(self) -> str:
        """Return what decides which pairs stay together, and the largest such group."""
        mode = mode_of(self.folder.settings, "groups")
        by = "nothing" if mode == "none" else "names and looks" if self.folder.grouped_by_looks else "names"
        largest, count = Counter(pair.group for pair in self.folder.pairs).most_common(1)[0]
        told = f"the largest {largest} with {count:,} pairs" if count > 1 else "each pair by itself"
        return f"by {by}, {told} (--groups {'|'.join(other for other in GROUP_MODES if other != mode)} for others)"

    def folded_findings(self) -> list[Finding]:
        """Return the findings for a table: notes that say the same of several files, but for numbers, are one."""
        alike: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
        for finding in self.findings:
            is_note = finding.severity == "note"
            same = re.sub(r"\d+", "", finding.message) if is_note else f"{finding.path} {finding.message}"
            alike[finding.severity, finding.check, same].append(finding)
        return [own[0] if len(own) == 1 else _of_many(own) for own in alike.values()]


def _first_and_last(items: Sequence[str]) -> str:
    """Return items as a list in words, of many the first ones and the last two: the highest, and what is ignored."""
    if len(items) <= _VALUES_SHOWN:
        return ", ".join(items)
    shown = [*items[: _VALUES_SHOWN - 2], "...", *items[-2:]]
    return f"{', '.join(shown)} ({len(items):,} in all)"


def _of_many(findings: Sequence[Finding]) -> Finding:
    first, names = findings[0], first_few([finding.path for finding in findings], 3)
    return replace(first, message=f"{first.message} ({len(findings):,} such: {names})")


def check_folder(
    path: Path, settings: Mapping[str, Any], progress: Progress = no_progress, run: Path | None = None
) -> FolderCheck:
    """Read every pair of a folder.

    Args:
        path: The folder.
        settings: How it is split and read, as for ImageMaskFolder.
        progress: Shows how far it is.
        run: The folder of a run, where what was read is kept, and isn't read again; None for none.

    Raises:
        Problem: It is no such folder, nothing in it can be used, or settings make no sense.
    """
    kept = run and run / SCANS_FILE
    folder = ImageMaskFolder(path, settings, whole=True, progress=progress, scans_file=kept, counts_held=True)
    if kept is not None:
        folder.keep_scans(kept)
    return FolderCheck(folder, sorted_findings([*folder.findings, *find_in_split(folder)]))
