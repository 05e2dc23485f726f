"""Listing of a folder: its pictures in natural order, and a note on all that is ignored."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bgfg.data_manifests.terminal.errors import Problem, first_few, printable

# A file counts as a picture by its suffix, and is then opened as what its content says. Those of the last two lines
# can't be read here, but their owner expects them to be used: they are named as unusable, not ignored.
PICTURE_SUFFIXES = frozenset(
    f".{suffix}"
    for line in (
        "jpg jpeg jpe jfif mpo png apng webp tif tiff bmp dib gif ppm pgm pbm pnm",
        "heic heif avif jp2 jxl psd xcf svg eps ico tga exr hdr",
        "dng cr2 cr3 nef arw orf rw2 raf",
    )
    for suffix in line.split()
)
# Names that nothing but videos have; which of them can be read is up to FFmpeg.
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".qt", ".mkv", ".avi", ".divx", ".webm", ".mpg", ".mpeg", ".mpe", ".m2v",
                  ".vob", ".ts", ".mts", ".m2ts", ".m2t", ".3gp", ".3g2", ".wmv", ".asf", ".flv", ".f4v", ".ogv",
                  ".mxf", ".dv", ".rm", ".rmvb")  # fmt: skip
_DEPTH_SUFFIXES = frozenset((".png", ".pgm", ".tif", ".tiff"))

# Folder that `bgfg cutout` keeps beside the cut-outs that it makes: what is doubtful, records and sheets.
CUTOUT_NOTES = "_cutout"

_SYSTEM_FILES = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"))


# Lists the pictures of a folder, with a note on each kind of thing that is ignored.
Lister = Callable[[Path], tuple[list[Path], list[str]]]


def list_folders(
    folders: Sequence[tuple[str, Path]], listers: Mapping[str, Lister] | None = None
) -> tuple[list[list[Path]], list[str]]:
    """List the pictures of several folders.

    Args:
        folders: Pairs of the option that a folder was given by, for error messages, and the folder.
        listers: Option -> how its folder is listed, where not by `list_pictures`.

    Returns:
        The pictures of each folder, and notes on what is ignored.

    Raises:
        Problem: Folders can't be listed or hold no pictures; a line for each.
    """
    listings: list[list[Path]] = []
    notes: list[str] = []
    lines: list[str] = []
    for option, folder in folders:
        try:
            found, some_notes = (listers or {}).get(option, list_pictures)(folder)
        except OSError as error:
            lines.append(f"{option} {folder}: can't be listed ({error.strerror}). Give a folder of pictures.")
            continue
        if not found:
            beside = "; ".join(note.removeprefix(f"{printable(str(folder))}: ") for note in some_notes)
            holds = f"holds no pictures ({beside})" if beside else "holds no pictures"
            lines.append(f"{option} {folder}: {holds}. Put some there, or give another folder.")
        listings.append(found)
        notes.extend(some_notes)
    if lines:
        raise Problem(*lines, exit_code=2)
    return listings, notes


def list_pictures(folder: Path, with_subfolders: bool = False) -> tuple[list[Path], list[str]]:
    """List the files of a folder that have a picture's suffix.

    Links to files are followed. Whether a file can be used shows only when it is read.

    Args:
        folder: The folder; its sub-folders aren't searched.
        with_subfolders: Whether the caller searches them, so that no note is needed.

    Returns:
        The files in natural order, and a note on each kind of thing that is ignored.
    """
    ignored = defaultdict[str, list[str]](list)
    found = []
    for name in sorted(os.listdir(folder), key=natural_key):
        if is_system_file(name):
            ignored["hidden or system files"].append(name)
        elif os.path.isdir(folder / name):
            if with_subfolders:
                continue
            ignored["sub-folders, which are not searched"].append(name)
        elif _suffix(name) in VIDEO_SUFFIXES:
            ignored["videos"].append(name)
        elif _suffix(name) not in PICTURE_SUFFIXES:
            ignored["files without the suffix of a picture"].append(name)
        else:
            found.append(folder / name)
    return found, [ignored_note(folder, what, names) for what, names in ignored.items()]


def is_system_file(path: str) -> bool:
    """Say whether a file is hidden, or was left there by an operating system for its own use."""
    name = path.rpartition("/")[2]
    return name.startswith(".") or name.lower() in _SYSTEM_FILES or "__MACOSX/" in path


def depth_maps_by_stem(paths: Sequence[Path]) -> dict[str, list[Path]]:
    """Group the files that may be depth maps (PNG, PGM, TIFF) by their names without suffix."""
    stems = defaultdict[str, list[Path]](list)
    for path in paths:
        if _suffix(path.name) in _DEPTH_SUFFIXES:
            stems[path.stem].append(path)
    return dict(stems)


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Return a sort key by which img2 comes before img10; names that are equal by it are sorted as plain text."""
    # Every second part is a number, so only like is compared with like.
    parts = re.split("([0-9]+)", name.lower())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name


def ignored_note(folder: Path, what: str, names: Sequence[str]) -> str:
    """Return the line that says what was ignored in `folder`: how many, and the first three by name."""
    return printable(f"{folder}: ignored {what} ({len(names)}): {first_few(names, 3)}")


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower().strip()
