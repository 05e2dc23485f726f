"""Recognition of pictures by their names and by the folders that they lie in. No file is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath

from bgfg.data_manifests.audit.match_keys import match_key
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, INSTANCE_KIND, NORMAL_KIND, PictureEntry
from bgfg.data_manifests.corpus.naming import SUFFIXES, Name, parse_name, suffix_deviations
from bgfg.data_manifests.images.listing import is_system_file

# Kinds that a folder's name may tell; the first that fits counts: masks and depth before what they belong to.
_COMPOSITE = r"([bf]g[ _-]?(?:on[ _-]?)?[bf]g|overlay|composite)"
_CUTOUT = r"(fg|foreground|cut_?out|person|people)"
_MASK = r"(mask|matte|matting|trimap|segmentation|label|annotation|(?<![a-z])(?:alphas?|gt)(?![a-z]))"
_BACKGROUND = r"bg|background|scene"
_FOLDER_KINDS = [
    ("depth", re.compile(r"depth|dep_?map")),
    ("mask", re.compile(rf"{_COMPOSITE}.*{_MASK}|{_MASK}.*{_COMPOSITE}")),
    ("fg_mask", re.compile(rf"{_CUTOUT}.*{_MASK}|{_MASK}.*{_CUTOUT}|^frg")),
    ("mask", re.compile(_MASK)),
    ("image", re.compile(_COMPOSITE)),
    ("fg", re.compile(_CUTOUT)),
    ("bg", re.compile(_BACKGROUND)),
    # The last: `bg_images` are backgrounds. A folder `img_01` is one of many pictures, and says nothing of its own.
    ("image", re.compile(r"image|(?<![a-z])imgs?$|(?<![a-z])(?:rgb|colou?r)(?![a-z])")),
]
# A folder for one background or cut-out, within one for a kind: it tells what its pictures belong to, not their kind.
_FOLDER_OF_ONE = re.compile(r"(?:bg|background|fg|foreground|scene|img)[ _-]?[0-9]+")
# Kind that the name of a picture may tell in a folder of all kinds.
_KIND_IN_NAME = re.compile(r"(?:^|[_\W])(mask|matte|depth)(?:[_\W]?map)?s?$")
# Whose masks or depth maps a folder holds, by its own name or by that of a folder around it.
_OWNERS = [
    (kind, re.compile(words))
    for kind, words in (
        ("image", _COMPOSITE),
        ("fg", _CUTOUT),
        ("bg", _BACKGROUND),
        ("image", r"image|\bimgs?\b|_imgs?\b"),
    )
]
_BACKGROUND_NAME = re.compile(_BACKGROUND)
_NAMES_A_CUTOUT = re.compile("fg|foreground")
_FLIPPED = re.compile(r"flip|mirror")
# Of pictures of instances and of normals; the second of each in tar shards.
_BESIDE_MASKS = re.compile(rf"[_.]({INSTANCE_KIND}|{NORMAL_KIND})\.png$")
_PICTURE_SUFFIXES = frozenset(
    f".{suffix}"
    for line in ("jpg jpeg jpe jfif png webp bmp tif tiff gif", "pgm ppm pbm pnm")
    for suffix in line.split()
)
# Suffixes of files that lie beside pictures under the same names.
_NO_PICTURE_SUFFIXES = frozenset(
    [".json", ".txt", ".csv", ".xml", ".yaml", ".yml", ".npy", ".npz", ".md", ".html", ".zip"]
)
_NUMBER = re.compile(r"[0-9]+")
_DIGIT = re.compile(r"[0-9]")
_MAX_DIGITS = 10  # longer ones are dates and hashes
_NOT_OF_THE_GRAMMAR = ("not of the grammar",)
# Kinds of pictures that bear the name of what they belong to: (kind by name, kind by folder) -> kind.
_KIND_BY_NAME_AND_FOLDER = {
    ("image", "mask"): "mask",
    ("image", "depth"): "depth",
    ("fg", "fg_mask"): "fg_mask",
    ("fg", "mask"): "fg_mask",
}


def recognise_path(
    path: str, suffixes: Mapping[str, tuple[str, ...]] = SUFFIXES, first: int = 1
) -> PictureEntry | None:
    """Recognise the file of a path.

    Args:
        path: Relative, with forward slashes.
        suffixes: Kind -> the suffixes that don't deviate from the grammar.
        first: Number that the first picture of a kind has in its name.

    Returns:
        The picture; None where neither its name nor its folder tells what it is.
    """
    folder, _, file = path.rpartition("/")
    return None if is_system_file(path) else _recognise_file(path, file, *_folder_meaning(folder), suffixes, first)


@lru_cache(maxsize=64)
def _folder_meaning(folder: str) -> tuple[str | None, bool]:
    return folder_kind(folder), _FLIPPED.search(folder.lower()) is not None


def folder_kind(folder: str) -> str | None:
    """Return the kind of pictures that a folder's name tells.

    Args:
        folder: Relative path; the innermost folder that tells a kind counts. A folder of one background, such as
            `bg001`, tells one only where no folder around it does.

    Returns:
        One of KINDS; None where no name tells one.
    """
    parts = PurePosixPath(folder.lower()).parts[::-1]
    of_many = [part for part in parts if not _FOLDER_OF_ONE.fullmatch(part)]
    return next((kind for part in (*of_many, *parts) if (kind := _kind_of_words(part))), None)


@lru_cache(maxsize=64)
def folder_owner(folder: str) -> str | None:
    """Return whose masks or depth maps a folder holds, by the innermost folder's name that tells it.

    Returns:
        "image", "fg" or "bg"; None where no name tells: then its pictures are those of whatever they are named like.
    """
    parts = [part for part in folder.lower().split("/")[::-1] if not _FOLDER_OF_ONE.fullmatch(part)]
    return next((kind for part in parts for kind, pattern in _OWNERS if pattern.search(part)), None)


def _kind_of_words(words: str) -> str | None:
    return next((kind for kind, pattern in _FOLDER_KINDS if pattern.search(words)), None)


def _recognise_file(
    path: str, file: str, kind_of_folder: str | None, flipped: bool, suffixes: Mapping[str, tuple[str, ...]], first: int
) -> PictureEntry | None:
    """Recognise one file, given the kind that its folder tells and whether that says that its cut-outs are flipped."""
    stem, suffix = os.path.splitext(file)
    if suffix.lower() in _NO_PICTURE_SUFFIXES:
        return None
    if end := _BESIDE_MASKS.search(file):
        of_mask = parse_name(f"{file[: end.start()]}_mask.png")
        return PictureEntry(path, end[1], of_mask[0], (), None) if of_mask else None
    parsed = parse_name(file, suffixes, first)
    if parsed is not None and not (parsed[0].kind in ("bg", "fg") and _in_folder_of_one(path, kind_of_folder)):
        return _entry_of_name(path, file, *parsed, kind_of_folder, flipped, suffixes)
    if suffix.lower() not in _PICTURE_SUFFIXES:
        return None
    kind = _kind_of_foreign(stem.lower(), kind_of_folder)
    if kind == "depth" and not _NAMES_A_CUTOUT.search(stem.lower()):
        telling = _BACKGROUND_NAME.match(stem.lower()) if kind_of_folder != "depth" else None
        if telling or folder_owner(path.rpartition("/")[0]) == "bg":
            kind = BACKGROUND_DEPTH
    return None if kind is None else foreign_entry(path, kind)


def _kind_of_foreign(stem: str, kind_of_folder: str | None) -> str | None:
    """Return the kind of a picture whose name isn't of the grammar.

    In a folder of composites, or of no kind, the last word of a name may tell a mask or a depth map; among cut-outs it
    may tell their masks, and among backgrounds their depth maps.
    """
    own = _KIND_IN_NAME.search(stem)
    told = own[1].replace("matte", "mask") if own else None
    if kind_of_folder in (None, "image"):
        return told or kind_of_folder or _kind_of_words(_DIGIT.sub("", stem))
    return {("fg", "mask"): "fg_mask", ("bg", "depth"): "depth"}.get((kind_of_folder, str(told)), kind_of_folder)


def foreign_entry(path: str, kind: str, deviations: tuple[str, ...] = _NOT_OF_THE_GRAMMAR) -> PictureEntry:
    """Return the entry of a picture whose name says nothing but a number and what it belongs to.

    Args:
        path: Its path.
        kind: Its kind.
        deviations: How its name deviates from the grammar.
    """
    stem = os.path.splitext(path.rpartition("/")[2])[0]
    numbers = [number for number in _NUMBER.findall(stem) if len(number) < _MAX_DIGITS]
    return PictureEntry(path, kind, None, deviations, int(numbers[-1]) if numbers else None, match_key(path))


def is_picture_path(path: str) -> bool:
    """Say whether the suffix of a path is that of a picture, and it is no file of an operating system's."""
    return os.path.splitext(path)[1].lower() in _PICTURE_SUFFIXES and not is_system_file(path)


def _in_folder_of_one(path: str, kind_of_folder: str | None) -> bool:
    """Say whether a picture of a sample lies in a folder of its background or cut-out.

    Then its own name, such as `fg001.png`, is that of the other half, and doesn't tell its kind.
    """
    return kind_of_folder in ("image", "mask", "depth") and any(
        map(_FOLDER_OF_ONE.fullmatch, path.lower().split("/")[:-1])
    )


def _entry_of_name(
    path: str,
    file: str,
    name: Name,
    deviations: tuple[str, ...],
    kind_of_folder: str | None,
    flipped: bool,
    suffixes: Mapping[str, tuple[str, ...]],
) -> PictureEntry:
    if flipped and name.kind in ("fg", "fg_mask"):
        name = replace(name, flipped=True)
    if kind_of_folder in ("mask", "depth") and name.kind in ("bg", "fg"):
        # A name of a single picture among masks or depth maps: of the composites of that number, where the folder says
        # so, and no background is a mask.
        if folder_owner(path.rpartition("/")[0]) == "image" or (name.kind, kind_of_folder) == ("bg", "mask"):
            return foreign_entry(path, kind_of_folder, deviations or _NOT_OF_THE_GRAMMAR)
        if kind_of_folder == "depth" and name.kind == "bg":
            return PictureEntry(path, BACKGROUND_DEPTH, name, (), None)
    if kind_of_folder not in (None, name.kind) and file[:3].lower() == "img":
        return _numbered_entry(path, str(kind_of_folder), name, deviations)
    kind = _KIND_BY_NAME_AND_FOLDER.get((name.kind, str(kind_of_folder)))
    if kind is None:
        return PictureEntry(path, name.kind, name, deviations, None)
    spelled = os.path.splitext(file)[1].removeprefix(".")
    name = replace(name, kind=kind)
    others = [deviation for deviation in deviations if "suffix" not in deviation]
    all_deviations = (*suffix_deviations(spelled, name, suffixes[kind]), *others, "the name of what it belongs to")
    return PictureEntry(path, kind, name, all_deviations, None)


def _numbered_entry(path: str, kind: str, name: Name, deviations: tuple[str, ...]) -> PictureEntry:
    """Return the entry of `img001`, whose name tells a number only, in a folder that tells a kind."""
    number = name.background if name.kind == "bg" else name.cutout
    if kind == "bg":
        return PictureEntry(path, kind, Name("bg", background=number, suffix=name.suffix), deviations, None)
    if kind in ("fg", "fg_mask"):
        return PictureEntry(path, kind, Name(kind, cutout=number, suffix=name.suffix), deviations, None)
    return foreign_entry(path, kind, deviations)
