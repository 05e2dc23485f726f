"""A folder of this exercise, ours or somebody else's: what each file is, by its name and by where it lies."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from data_manifests import archives
from data_manifests.naming import KINDS, SUFFIXES, Name, parse
from data_manifests.problem import Problem

# What a folder's name says of its pictures; the first that fits counts: masks and depth before what they are of.
_COMPOSITE = r"(bg_?fg|fg_?bg|overlay|composite|image)"
_CUTOUT = r"(fg|foreground|cut_?out|person|people)"
_FOLDERS = [
    ("depth", re.compile(r"depth|dep_?map")),
    ("mask", re.compile(rf"{_COMPOSITE}.*mask|mask.*{_COMPOSITE}")),
    ("fg_mask", re.compile(rf"{_CUTOUT}.*mask|mask.*{_CUTOUT}|^frg")),
    ("mask", re.compile(r"mask")),
    ("image", re.compile(_COMPOSITE)),
    ("fg", re.compile(_CUTOUT)),
    ("bg", re.compile(r"bg|background|scene")),
]
_FLIPPED = re.compile(r"flip|mirror")
_FLIP_MARK = re.compile(r"_01(?=[_.])")
# Depth maps of the backgrounds, as the kit has them: none of the six kinds, and none of their business.
BACKGROUND_DEPTH = "background_depth"
_PICTURES = frozenset([".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"])
_NUMBER = re.compile(r"[0-9]+")
_MOST_DIGITS = 10  # longer ones are dates and hashes
_NOT_OF_THE_GRAMMAR = ("not of the grammar",)


class Entry(NamedTuple):
    """One picture of the tree.

    path: relative, with forward slashes; of a picture in an archive, the archive's with the member's. name: what its
    name says it is, None where only its folder says a kind. number: the last number of such a name, by which pictures
    of other conventions belong together.
    """

    path: str
    kind: str
    name: Name | None
    deviations: tuple[str, ...]
    number: int | None

    @property
    def folder(self) -> str:
        """The folder it lies in."""
        return self.path.rpartition("/")[0]

    @property
    def file(self) -> str:
        """Its own name."""
        return self.path.rpartition("/")[2]

    @property
    def sample(self) -> object:
        """What says which sample it belongs to: the numbers of its name, its last number, or its stem."""
        if self.name is not None:
            return self.name.background, self.name.cutout, self.name.flipped, self.name.placement
        return self.number if self.number is not None else self.file.rpartition(".")[0]


class Trouble(NamedTuple):
    """What lies in a tree and can't be read or must not be unpacked; check: the short name of the finding."""

    path: str
    check: str
    reason: str


@dataclass(frozen=True)
class Tree:
    """A folder as it was recognised: its pictures by kind, the files that say nothing to us, and what is wrong."""

    root: Path
    kinds: Mapping[str, list[Entry]]
    ignored: tuple[str, ...]
    troubles: tuple[Trouble, ...]

    def __iter__(self) -> Iterator[Entry]:
        for kind in KINDS:
            yield from self.kinds[kind]


def read_tree(root: Path, suffixes: Mapping[str, tuple[str, ...]] = SUFFIXES) -> Tree:
    """List all pictures under `root`, those in zip and tar files too, and say what each is; no picture is opened.

    Links to files count as files; links to folders aren't followed. suffixes: kind -> the suffixes that don't deviate.
    Raises Problem where there is no such folder.
    """
    if not root.is_dir():
        raise Problem(f"{root}: no such folder: give a corpus, an export or a folder of pictures", exit_code=2)
    kinds: dict[str, list[Entry]] = {kind: [] for kind in (*KINDS, BACKGROUND_DEPTH)}
    ignored, troubles = [], []
    promises: dict[str, tuple[str | None, bool]] = {}
    for found in _files(root):
        if isinstance(found, Trouble):
            troubles.append(found)
            continue
        folder, _, file = found.rpartition("/")
        if folder not in promises:
            promises[folder] = folder_kind(folder), _FLIPPED.search(folder.lower()) is not None
        entry = recognise(found, file, *promises[folder], suffixes)
        if entry is None:
            ignored.append(found)
        else:
            kinds[entry.kind].append(entry)
    return Tree(root, kinds, tuple(ignored), tuple(troubles))


def folder_kind(folder: str) -> str | None:
    """Return the kind of picture that a folder's name promises, or None; the innermost that says anything counts."""
    for part in reversed(PurePosixPath(folder).parts):
        for kind, pattern in _FOLDERS:
            if pattern.search(part.lower()):
                return kind
    return None


def recognise(
    path: str, file: str, promised: str | None, flipped: bool, suffixes: Mapping[str, tuple[str, ...]]
) -> Entry | None:
    """Say what one file is; None where neither its name nor its folder tells.

    promised: the kind that the folder's name promises. flipped: whether it says that its cut-outs are mirrored.
    """
    parsed = parse(file, suffixes)
    if parsed is not None:
        name, deviations = parsed
        if flipped and name.kind in ("fg", "fg_mask"):
            name = replace(name, flipped=True)
        if (name.kind, promised) == ("bg", "depth"):
            return Entry(path, BACKGROUND_DEPTH, name, (), None)
        if promised not in (None, name.kind) and file[:3].lower() == "img":
            return _of_folder(path, str(promised), name, deviations)
        return Entry(path, name.kind, name, deviations, None)
    stem, suffix = os.path.splitext(file)
    if promised is None or suffix.lower() not in _PICTURES:
        return None
    numbers = [number for number in _NUMBER.findall(stem) if len(number) < _MOST_DIGITS]
    return Entry(path, promised, None, _NOT_OF_THE_GRAMMAR, int(numbers[-1]) if numbers else None)


def form(entry: Entry) -> str:
    """Return the form of a picture's name, such as `bg000.jpeg`: every digit as 0, without the mark of a flip."""
    file = entry.file
    if entry.name is not None and entry.name.flipped:
        file = _FLIP_MARK.sub("", file, count=1)
    return re.sub(r"[0-9]", "0", file)


def forms(entries: list[Entry]) -> Counter[str]:
    """Count the forms of the names of some pictures: the convention in use is the most common one."""
    return Counter(map(form, entries))


def _of_folder(path: str, kind: str, name: Name, deviations: tuple[str, ...]) -> Entry:
    """Return the entry of `img001`, which says a number only, in a folder that says what it holds."""
    number = name.background if name.kind == "bg" else name.cutout
    if kind == "bg":
        return Entry(path, kind, Name("bg", background=number, suffix=name.suffix), deviations, None)
    if kind in ("fg", "fg_mask"):
        return Entry(path, kind, Name(kind, cutout=number, suffix=name.suffix), deviations, None)
    return Entry(path, kind, None, deviations, None if number is None else number + 1)


def _files(root: Path) -> Iterator[str | Trouble]:
    """Yield the paths of all files, folder by folder, in the order of their names."""
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Trouble(folder or ".", "unreadable", f"can't be listed ({error.strerror})")
            continue
        prefix = f"{folder}/" if folder else ""
        pending += [prefix + entry.name for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                continue
            if entry.is_file():
                yield path
                if entry.name.lower().endswith(archives.SUFFIXES):
                    yield from _archived(root, path)
            elif entry.is_symlink():
                reason = "a link to a folder, which isn't followed" if entry.is_dir() else "a link that leads nowhere"
                yield Trouble(path, "link", reason)
            else:
                yield Trouble(path, "not-a-file", "a device, a pipe or a socket")


def _archived(root: Path, path: str) -> Iterator[str | Trouble]:
    try:
        for member in archives.members(root / path):
            if member.danger:
                yield Trouble(f"{path}/{member.name}", "unsafe-member", f"{member.danger}: don't unpack {path}")
            else:
                yield f"{path}/{member.name}"
    except (archives.DamagedArchive, OSError) as error:
        yield Trouble(path, "unreadable", str(error))
