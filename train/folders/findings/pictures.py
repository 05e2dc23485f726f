"""Findings about the pictures and masks of a folder: profiles, broken palettes, blackness, bits; empty and inverted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bgfg.data_manifests.images.light import is_nearly_black
from bgfg.data_manifests.images.pixels import LoadedPicture
from bgfg.data_manifests.images.wide_values import SignificantBits
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding, Severity
from bgfg.train.folders.mask_encoding import MaskEncoding
from bgfg.train.folders.mask_statistics import MaskStatistics
from bgfg.train.ops.label_codes import IGNORE_INDEX

_PROFILE = "colour-profile"
_ABOUT_PICTURES = (_PROFILE, "fault", "nearly-black", "bits", "exif-turned", "beside-masks", "backgrounds")
_ABOUT_MASKS = ("all-alike", "inverted", "arrays")

# Up to this share of the masks may be of one value as a matter of course, as those of empty tiles are.
_FEW_MASKS = 0.1
# The level of coverage from which on a pixel is the mask.
_HALF = 128
# From so many on files are counted rather than named one by one.
_MANY = 4
# The frame's edge is full, or free, of the mask but for this share of it; and such a share of the masks, and so many,
# is either of both where some are inverted.
_EDGE_SLACK, _EITHER_SHARE, _EITHER = 0.02, 0.2, 3


def image_findings(file: str, seen: LoadedPicture) -> tuple[Finding, ...]:
    """Return what is remarkable about the picture of a pair; it can be used all the same."""
    found = []
    if seen.profile:
        found.append(Finding("note", _PROFILE, file, f"{seen.profile}: converted to sRGB"))
    if seen.fault:
        found.append(Finding("warning", "fault", file, seen.fault))
    if is_nearly_black(seen.pixels):
        found.append(Finding("warning", "nearly-black", file, "nearly black: brighten it, or move it away"))
    return tuple(found)


def bits_findings(bits: SignificantBits) -> tuple[Finding, ...]:
    """Return the note on pictures of 16 bits that use fewer, if there are any."""
    return (Finding("note", "bits", ".", bits.note()),) if bits.note() else ()


def decided_about_pictures(findings: Iterable[Finding]) -> list[str]:
    """Return what a training should say of the pictures of its folder, a line each; nothing where they are right."""
    files: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        if finding.check in _ABOUT_PICTURES + _ABOUT_MASKS:
            files[finding.message].append(finding.path)
    return [f"{first_few(paths, 3)}: {message}" if paths != ["."] else message for message, paths in files.items()]


def mask_findings(encoding: MaskEncoding, masks: Mapping[str, MaskStatistics]) -> list[Finding]:
    """Return what is remarkable about masks, each of which can be used as any other, and is often a mistake.

    Args:
        encoding: How they are read.
        masks: What was found in each mask, by its file.
    """
    if encoding.kind == "classes" and encoding.background not in encoding.codes.values():
        return []  # no value is background, so that none is empty or full
    shares = {file: _mask_share(encoding, mask) for file, mask in masks.items()}
    if set(shares.values()) in ({0.0}, {1.0}):
        return [_all_alike(encoding, list(shares), empty=0 in shares.values())]
    if encoding.kind != "mask":
        return []
    one_value = {file: codes.pop() for file, mask in masks.items() if len(codes := _codes(encoding, mask)) == 1}
    found = []
    for what, files in (
        ("all background", [file for file, code in one_value.items() if code == 0]),
        ("all mask", [file for file, code in one_value.items() if code != 0]),
    ):
        found += _of_one_value(what, files, len(masks))
    return found + _inverted(encoding, {file: mask for file, mask in masks.items() if file not in one_value})


def _all_alike(encoding: MaskEncoding, files: list[str], empty: bool) -> Finding:
    what = "holds anything: no pixel is the mask" if empty else "has a background: every pixel is the mask"
    line = f"none of the masks ({len(files):,}) {what}, read as {encoding.description}"
    advice = "nothing can be learnt from them: give --masks if they are to be read otherwise, or other masks"
    return Finding("warning", "all-alike", files[0], f"{line}; {advice}")


def _of_one_value(what: str, files: list[str], count: int) -> list[Finding]:
    severity: Severity = "note" if len(files) <= _FEW_MASKS * count else "warning"
    why = f"{what}: every pixel has the same value"
    if len(files) < _MANY:
        return [Finding(severity, "one-value", file, why) for file in files]
    return [Finding(severity, "one-value", files[0], f"{why}; {len(files):,} of {count:,} such: {first_few(files, 3)}")]


def _inverted(encoding: MaskEncoding, masks: Mapping[str, MaskStatistics]) -> list[Finding]:
    """Warn where the mask fills the frame's edge in part of the files and never lies on it in most others."""
    edges = {file: _mask_share(encoding, replace(mask, counts=mask.edge)) for file, mask in masks.items() if mask.edge}
    full = [file for file, share in edges.items() if share >= 1 - _EDGE_SLACK]
    free = [file for file, share in edges.items() if share <= _EDGE_SLACK]
    if min(len(full), len(free)) < max(_EITHER, _EITHER_SHARE * len(edges)):
        return []
    line = f"the mask fills the frame's edge in {len(full):,} files ({first_few(full, 3)})"
    others = f"and lies nowhere on it in {len(free):,} ({first_few(free, 3)})"
    advice = "are some inverted? Bring all to one sense: the object bright, or in each file dark"
    return [Finding("warning", "inverted", full[0], f"{line}, {others}: {advice}")]


def _codes(encoding: MaskEncoding, mask: MaskStatistics) -> set[int]:
    return {encoding.codes[value] for value in encoding.values_of(mask)}


def _mask_share(encoding: MaskEncoding, mask: MaskStatistics) -> float:
    """Return the share of pixels that are the mask where it has two levels, of those that aren't ignored."""
    total, inside = 0, 0
    for value, count in encoding.values_of(mask).items():
        code = encoding.codes[value]
        if encoding.kind == "mask" or code != IGNORE_INDEX:
            is_inside = code >= _HALF if encoding.kind == "mask" else code != encoding.background
            total, inside = total + count, inside + count * is_inside
    return inside / max(1, total)
