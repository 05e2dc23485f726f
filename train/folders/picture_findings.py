"""Findings about the pictures of a folder: profiles, broken palettes, blackness, bits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bgfg.data_manifests.images.light import is_nearly_black
from bgfg.data_manifests.images.pixels import LoadedPicture
from bgfg.data_manifests.images.wide_values import SignificantBits
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding

_PROFILE = "colour-profile"
_ABOUT_PICTURES = (_PROFILE, "fault", "nearly-black", "bits", "exif-turned", "beside-masks", "backgrounds")


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
        if finding.check in _ABOUT_PICTURES:
            files[finding.message].append(finding.path)
    return [f"{first_few(paths, 3)}: {message}" if paths != ["."] else message for message, paths in files.items()]
