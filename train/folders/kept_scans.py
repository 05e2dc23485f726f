"""Scans kept beside a run, so that a large folder is read once: those of files that didn't change are reused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.json_form import Form, is_count, misfit, read_json
from bgfg.data_manifests.terminal.findings import SEVERITIES
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.train.folders.alike import LOOK_SIDE
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.scan import PairScan

SCANS_FILE = "scans.json"

# Counted up whenever a scan finds something else in the same files: scans of before are then made anew.
_VERSION = 4

# What it has to say of a pair.
_LOOK_TEXT = f"([0-9a-f]{{{2 * LOOK_SIDE**2}}})?"
_PAIR: Form = lambda value: misfit(value, [is_count]) == "" and len(value) == 2  # noqa: E731
_LOOK: Form = lambda value: misfit(value, str) == "" and re.fullmatch(_LOOK_TEXT, value)  # noqa: E731
_MASK: Form = {
    "kind?": str, "counts?": [_PAIR], "flat?": [_PAIR], "between?": [_PAIR], "alpha?": [_PAIR], "palette?": [_PAIR],
    "edge?": [_PAIR], "colours?": is_count, "ends_touch?": is_count, "whole?": is_count, "wide?": bool, "lossy?": bool,
    "floats?": bool,
}  # fmt: skip
_FINDING: Form = {"severity": SEVERITIES.__contains__, "check": str, "path": str, "message": str}
_SCAN: Form = {
    "image_px": _PAIR, "mask_px": _PAIR, "mask": _MASK, "image_digest": str, "look": _LOOK, "scene_look": _LOOK,
    "findings": [_FINDING], "orientation": range(1, 9).__contains__, "turn_vote": (None, float),
}  # fmt: skip
# Values that it has something to say of beside how often they occur.
_OF_VALUES = ("flat", "between", "palette", "edge")
# What the file has to say.
_FORM = {"made": list, "sha256": str, "scans": {str: {"files": list, "scan": dict}}}


@dataclass(frozen=True)
class KeptScans:
    """Scans that were kept.

    Attributes:
        root: The folder of images and masks.
        entries: By the path of the mask, the state of both files then, and what was found in them.
    """

    root: Path
    entries: Mapping[str, Mapping[str, Any]]

    @classmethod
    def load(cls, file: Path | None, root: Path, alpha: bool) -> KeptScans:
        """Read the scans in a file; none where it isn't there, or is of another version or of other settings.

        Args:
            file: The file.
            root: The folder of images and masks.
            alpha: Whether masks are alpha channels in any case.
        """
        try:
            content: Any = read_json(file) if file is not None else None
        except (FileNotFoundError, NotADirectoryError, ValueError):
            content = None
        # Nothing is lost where they are damaged: what isn't known is read again.
        is_whole = misfit(content, _FORM) == "" and content["sha256"] == _sha256(content["scans"])
        return cls(root, content["scans"] if is_whole and content["made"] == _made(alpha) else {})

    def get(self, pair: ImageMaskPair, with_image: bool) -> PairScan | None:
        """Return what was found in a pair, None where its files changed, or its image is wanted and wasn't read."""
        entry = self.entries.get(pair.mask)
        if entry is None or entry["files"] != _state(self.root, pair):
            return None
        if not _is_scan(entry["scan"]):
            return None
        found = PairScan.of(entry["scan"])
        if with_image:
            return found if found.image_digest else None
        return replace(found, image_digest="", look="", scene_look="")


def _is_scan(content: Any) -> bool:
    """Say whether a scan is one that could have been found: what it says decides how masks are read."""
    if misfit(content, _SCAN) or content.keys() != _SCAN.keys():
        return False
    mask = content["mask"]
    counted = dict(mask.get("counts", ()))
    return (
        all(finding.keys() == _FINDING.keys() for finding in content["findings"])
        and bool(content["image_digest"]) == bool(content["look"]) == bool(content["scene_look"])
        and all(value in counted for name in _OF_VALUES for value, _ in mask.get(name, ()))
        and (mask.get("kind") != "palette" or counted.keys() == dict(mask.get("palette", ())).keys())
    )


def save_scans(file: Path, root: Path, scans: Mapping[ImageMaskPair, PairScan], alpha: bool) -> None:
    """Write scans into a file, whole or not at all.

    Args:
        file: The file.
        root: The folder of images and masks.
        scans: What was found in each pair that can be used.
        alpha: Whether masks were taken for alpha channels in any case.
    """
    entries = {pair.mask: {"files": _state(root, pair), "scan": scan.content()} for pair, scan in scans.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"made": _made(alpha), "sha256": _sha256(entries), "scans": entries}
    replace_text(file, json.dumps(content) + "\n")


def _sha256(entries: Mapping[str, Any]) -> str:
    """Return a digest of scans, so that a flipped bit in them is found before they are used."""
    return hashlib.sha256(json.dumps(entries).encode()).hexdigest()


def _made(alpha: bool) -> list[Any]:
    return [BGFG_VERSION, _VERSION, alpha]


def _state(root: Path, pair: ImageMaskPair) -> list[Any]:
    """Return what changes where a pair's files do: their names, sizes and times in nanoseconds."""
    found = [(root / file).stat() for file in (pair.image, pair.mask) if (root / file).exists()]
    return [pair.image, pair.mask, *(number for stat in found for number in (stat.st_size, stat.st_mtime_ns))]
