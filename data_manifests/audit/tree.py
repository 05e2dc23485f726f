"""A folder of this exercise, ours or somebody else's: what each file is, by its name and by where it lies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from bgfg.data_manifests.audit.match_keys import Key, key_of, paired
from bgfg.data_manifests.corpus.naming import KINDS, SUFFIXES, Name, parse, suffix_deviations
from bgfg.data_manifests.images import archives
from bgfg.data_manifests.images.listing import is_system_file
from bgfg.data_manifests.terminal.errors import Problem

# What a folder's name says of its pictures; the first that fits counts: masks and depth before what they are of.
_COMPOSITE = r"([bf]g[ _-]?(?:on[ _-]?)?[bf]g|overlay|composite|image)"
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
# A folder for one background or cut-out, within one for a kind: it says whose its pictures are, not what they are.
_FOLDER_OF_ONE = re.compile(r"(?:bg|background|fg|foreground|scene|img)[ _-]?[0-9]+")
# What the name of a picture may say of it in a folder of all kinds.
_OWN_WORD = re.compile(r"(?:^|[_\W])(mask|depth)(?:[_\W]?map)?s?$")
_FLIPPED = re.compile(r"flip|mirror")
_FLIP_MARK = re.compile(r"_01(?=[_.])")
# Depth maps of the backgrounds, as the kit has them, and instances of crowded exports: none of the six kinds.
BACKGROUND_DEPTH = "background_depth"
INSTANCES = "instance"
_INSTANCE_ENDS = ("_instance.png", ".instance.png")  # the second in tar shards
_PICTURES = frozenset([".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"])
# What lies beside pictures under their names.
_NO_PICTURES = frozenset([".json", ".txt", ".csv", ".xml", ".yaml", ".yml", ".npy", ".npz", ".md", ".html", ".zip"])
_NUMBER = re.compile(r"[0-9]+")
_DIGIT = re.compile(r"[0-9]")
_MOST_DIGITS = 10  # longer ones are dates and hashes
_NOT_OF_THE_GRAMMAR = ("not of the grammar",)
# Names that are those of what a picture belongs to, in a folder that says what it is: kind and promise -> kind.
_BELONGING = {
    ("image", "mask"): "mask",
    ("image", "depth"): "depth",
    ("fg", "fg_mask"): "fg_mask",
    ("fg", "mask"): "fg_mask",
}


class Entry(NamedTuple):
    """One picture of the tree.

    path: relative, with forward slashes; of a picture in an archive, the archive's with the member's. name: what its
    name says it is, None where only its folder says a kind. number: the last number of such a name. key: words and
    numbers of such a path, but for those that say a kind, by which pictures of other conventions belong together.
    """

    path: str
    kind: str
    name: Name | None
    deviations: tuple[str, ...]
    number: int | None
    key: Key = ()

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
        """What says which sample it belongs to: the numbers of its name, or its key."""
        if self.name is not None:
            return self.name.background, self.name.cutout, self.name.flipped, self.name.placement
        return self.key


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
    kinds: dict[str, list[Entry]] = {kind: [] for kind in (*KINDS, BACKGROUND_DEPTH, INSTANCES)}
    ignored, troubles = [], []
    for found in _files(root):
        if isinstance(found, Trouble):
            troubles.append(found)
            continue
        entry = entry_of(found, suffixes)
        if entry is None:
            ignored.append(found)
        else:
            kinds[entry.kind].append(entry)
    return Tree(root, paired(kinds), tuple(ignored), tuple(troubles))


def entry_of(path: str, suffixes: Mapping[str, tuple[str, ...]] = SUFFIXES) -> Entry | None:
    """Say what the file of a path, relative and with forward slashes, is; None where nothing tells."""
    folder, _, file = path.rpartition("/")
    return None if is_system_file(path) else recognise(path, file, *_promise(folder), suffixes)


@lru_cache(maxsize=64)
def _promise(folder: str) -> tuple[str | None, bool]:
    return folder_kind(folder), _FLIPPED.search(folder.lower()) is not None


def folder_kind(folder: str) -> str | None:
    """Return the kind of picture that a folder's name promises, or None; the innermost that says anything counts.

    A folder of one background, such as `bg001`, says so only where no folder around it says anything.
    """
    parts = PurePosixPath(folder.lower()).parts[::-1]
    of_many = [part for part in parts if not _FOLDER_OF_ONE.fullmatch(part)]
    return next((kind for part in (*of_many, *parts) if (kind := _promised(part))), None)


def _promised(words: str) -> str | None:
    return next((kind for kind, pattern in _FOLDERS if pattern.search(words)), None)


def recognise(
    path: str, file: str, promised: str | None, flipped: bool, suffixes: Mapping[str, tuple[str, ...]]
) -> Entry | None:
    """Say what one file is; None where neither its name nor its folder tells.

    promised: the kind that the folder's name promises. flipped: whether it says that its cut-outs are mirrored.
    """
    stem, suffix = os.path.splitext(file)
    if suffix.lower() in _NO_PICTURES:
        return None
    if file.endswith(_INSTANCE_ENDS):
        of_mask = parse(file[: -len(_INSTANCE_ENDS[0])] + "_mask.png")
        return Entry(path, INSTANCES, of_mask[0], (), None) if of_mask else None
    parsed = parse(file, suffixes)
    if parsed is not None and not (parsed[0].kind in ("bg", "fg") and _in_folder_of_one(path, promised)):
        return _named(path, file, *parsed, promised, flipped, suffixes)
    if suffix.lower() not in _PICTURES:
        return None
    own = _OWN_WORD.search(stem.lower()) if promised in (None, "image") else None
    kind = own[1] if own else promised or _promised(_DIGIT.sub("", stem.lower()))
    if kind is None:
        return None
    numbers = [number for number in _NUMBER.findall(stem) if len(number) < _MOST_DIGITS]
    return Entry(path, kind, None, _NOT_OF_THE_GRAMMAR, int(numbers[-1]) if numbers else None, key_of(path))


def _in_folder_of_one(path: str, promised: str | None) -> bool:
    """Say whether a picture of a sample lies in a folder of its background or cut-out: its name is half of it."""
    return promised in ("image", "mask", "depth") and any(map(_FOLDER_OF_ONE.fullmatch, path.lower().split("/")[:-1]))


def _named(
    path: str,
    file: str,
    name: Name,
    deviations: tuple[str, ...],
    promised: str | None,
    flipped: bool,
    suffixes: Mapping[str, tuple[str, ...]],
) -> Entry:
    if flipped and name.kind in ("fg", "fg_mask"):
        name = replace(name, flipped=True)
    if (name.kind, promised) == ("bg", "depth"):
        return Entry(path, BACKGROUND_DEPTH, name, (), None)
    if promised not in (None, name.kind) and file[:3].lower() == "img":
        return _of_folder(path, str(promised), name, deviations)
    kind = _BELONGING.get((name.kind, str(promised)))
    if kind is None:
        return Entry(path, name.kind, name, deviations, None)
    spelled = os.path.splitext(file)[1].removeprefix(".")
    name = replace(name, kind=kind)
    others = [deviation for deviation in deviations if "suffix" not in deviation]
    told = (*suffix_deviations(spelled, name, suffixes[kind]), *others, "the name of what it belongs to")
    return Entry(path, kind, name, told, None)


def form(entry: Entry) -> str:
    """Return the form of a picture's name, such as `bg000.jpeg`: every digit as 0, without the mark of a flip."""
    return _DIGIT.sub("0", unflipped(entry))


def unflipped(entry: Entry) -> str:
    """Return the name of a picture without the mark of a flip."""
    file = entry.file
    return _FLIP_MARK.sub("", file, count=1) if entry.name is not None and entry.name.flipped else file


def _of_folder(path: str, kind: str, name: Name, deviations: tuple[str, ...]) -> Entry:
    """Return the entry of `img001`, which says a number only, in a folder that says what it holds."""
    number = name.background if name.kind == "bg" else name.cutout
    if kind == "bg":
        return Entry(path, kind, Name("bg", background=number, suffix=name.suffix), deviations, None)
    if kind in ("fg", "fg_mask"):
        return Entry(path, kind, Name(kind, cutout=number, suffix=name.suffix), deviations, None)
    return Entry(path, kind, None, deviations, None if number is None else number + 1, key_of(path))


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
