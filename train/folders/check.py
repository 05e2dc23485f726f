"""What `bgfg check-data` says of a folder of images and masks: how it will be read, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgfg.data_manifests.terminal.errors import few, printable
from bgfg.data_manifests.terminal.findings import Finding, ordered
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.train.folders.discovery import SPLITS
from bgfg.train.folders.folder import Folder
from bgfg.train.folders.mask_encoding import written
from bgfg.train.folders.scan import written_size

_VALUES_SHOWN = 12


@dataclass(frozen=True)
class Check:
    """A folder, read whole, and the findings, errors first."""

    folder: Folder
    findings: list[Finding]

    def content(self) -> dict[str, Any]:
        """Return what `--json` prints, but for the findings."""
        folder, reading = self.folder, self.folder.reading
        counts = Counter(folder.splits)
        sizes = Counter(written_size(seen.image_px) for seen in folder.read.values())
        return {
            "path": str(folder.path),
            "layout": folder.layout.name,
            "about": folder.layout.about,
            "pairs": len(folder.pairs),
            "left_out": len(folder.layout.pairs) - len(folder.pairs),
            "split": {split: counts[split] for split in SPLITS},
            "groups": len({pair.group for pair in folder.pairs}),
            "image_sizes": dict(sizes.most_common()),
            "planes": dict(Counter(seen.kind for seen in folder.read.values())),
            "values": {written(value, reading.colour): folder.counts[value] for value in sorted(folder.counts)},
            "read_as": reading.kind,
            "how": reading.how,
            "shares": reading.shares(folder.counts),
            "targets": list(folder.targets),
        }

    def lines(self) -> list[str]:
        """Return the table for people, without the findings."""
        c = self.content()
        total = sum(c["values"].values())
        values = [f"{value} ({count / total:.1%})" for value, count in c["values"].items()]
        sizes = [f"{size} ({count})" for size, count in c["image_sizes"].items()]
        rows = {
            "layout": c["about"],
            "pairs": f"{c['pairs']:,}, {c['left_out']:,} left out, of {c['groups']:,} groups that stay together",
            "split": ", ".join(f"{count:,} {split}" for split, count in c["split"].items()),
            "image sizes": few(sizes),
            "mask values": f"{few(values, _VALUES_SHOWN)}, in {' and '.join(c['planes'])}",
            "read as": c["how"],
            "pixels": ", ".join(f"{name} {share:.1%}" for name, share in c["shares"].items()),
            "to be learnt": " or ".join(f"--targets {target}" for target in c["targets"]),
        }
        return [f"{name:12}  {printable(text)}" for name, text in rows.items()]


def check(path: Path, settings: Mapping[str, Any], progress: Progress = silent) -> Check:
    """Read a folder whole; raise Problem where it is none, and where nothing in it can be used."""
    folder = Folder(path, settings, whole=True, progress=progress)
    return Check(folder, ordered([*folder.findings, *_on_splits(folder), *_on_masks(folder)]))


def _on_splits(folder: Folder) -> list[Finding]:
    counts = Counter(folder.splits)
    empty = [split for split in SPLITS if not counts[split]]
    found = [Finding("warning", "empty-split", split, "has no pair: give --val and --test") for split in empty]
    by_digest: dict[str, set[str]] = {}
    for pair, split in zip(folder.pairs, folder.splits, strict=True):
        by_digest.setdefault(folder.read[pair].digest, set()).add(split)
    across = sum(len(splits) > 1 for splits in by_digest.values())
    if across:
        found.append(Finding("warning", "same-image", ".", f"{across} images lie in several splits, byte for byte"))
    return found


def _on_masks(folder: Folder) -> list[Finding]:
    """Masks without any foreground are as good as any other, and often a mistake."""
    reading, found = folder.reading, []
    for pair in folder.read:
        codes = {reading.codes[value] for value in folder.values(pair)}
        if len(codes) == 1 and reading.kind == "mask":
            what = "all background" if codes == {0} else "all mask"
            found.append(Finding("warning", "one-value", pair.mask, f"{what}: every pixel has the same value"))
    return found
