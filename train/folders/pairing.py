"""Pairing of images and masks by where they lie and how they are called; no file is opened.

The folder decides what is image and what is mask; a word in a name counts only where it tells partners apart, so that
`images/IMG_1.jpg` with `masks/IMG_1.png` is a pair as `img_1.png` with `mask_1.png` is. Equal names are matched first,
then those that are equal but for one word (`7.jpg`, `7_mask.png`), then those that are equal without any. Trimaps,
numbers of objects and the like count as masks only where no others are there.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import PurePosixPath

from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding, Severity
from bgfg.train.folders.name_words import BESIDE, ROLES, SPLIT_WORDS, WORD

PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".pgm"))

_BETWEEN = re.compile(r"[\s._-]+")


@dataclass(frozen=True)
class NamedPair:
    """An image and its mask.

    Attributes:
        image: Path of the image from the folder on, with slashes.
        mask: Path of the mask, likewise.
        folder: The folders that both lie in, without what tells them apart, with slashes; empty where there is none.
        name: What both are called, in lower case, its parts joined by underscores.
    """

    image: str
    mask: str
    folder: str
    name: str


@dataclass(frozen=True)
class _File:
    """A picture file that isn't told yet for an image or a mask."""

    path: str

    @cached_property
    def folders(self) -> tuple[str, ...]:
        return tuple(map(_normal, PurePosixPath(self.path).parts[:-1]))

    @cached_property
    def stem(self) -> str:
        """The name without the suffix of a picture, or two: masks of `7.jpg` may be called `7.jpg.png`."""
        stem, suffix = os.path.splitext(PurePosixPath(self.path).name)
        inner, suffix = os.path.splitext(stem)
        return inner if inner and suffix.lower() in PICTURE_SUFFIXES else stem

    @cached_property
    def name(self) -> str:
        return _normal(self.stem)

    @cached_property
    def bare(self) -> str:
        """The name without any word."""
        return _normal(WORD.sub("", self.name))

    @cached_property
    def near(self) -> tuple[str, ...]:
        """The folders, the innermost of those with a word without its words."""
        told = [i for i, part in enumerate(self.folders) if WORD.search(part)]
        return tuple(_without_words(self.folders, told[-1:]))

    @cached_property
    def loose(self) -> tuple[str, ...]:
        """The folders, of those with a word only the split that they name."""
        parts = (_split_in(part) if WORD.search(part) else part for part in self.folders)
        return tuple(filter(None, parts))

    @cached_property
    def beside(self) -> str:
        """The word that says that it lies beside masks; empty where there is none."""
        found = (BESIDE.search(part) for part in (self.name, *reversed(self.folders)))
        return next((each[0] for each in found if each), "")

    @cached_property
    def far(self) -> tuple[str, ...]:
        """The folders without any word."""
        return tuple(_without_words(self.folders, range(len(self.folders))))

    def shorter_names(self) -> Iterator[str]:
        """Yield the name without one of its words, the last first."""
        for word in reversed(list(WORD.finditer(self.name))):
            yield _normal(self.name[: word.start()] + "_" + self.name[word.end() :])


def pair_files(paths: Sequence[str]) -> tuple[list[NamedPair], list[Finding]]:
    """Pair the pictures of a folder.

    Args:
        paths: Their paths from the folder on, with slashes.

    Returns:
        The pairs, and findings of the pictures that are left out: those without a partner, and those with several.
    """
    files = [_File(path) for path in paths]
    main = [file for file in files if not file.beside]
    matching = _matched(main)
    if not matching.pairs():
        matching, main = _matched(files), files
    kinds: dict[str, list[str]] = defaultdict(list)
    for file in files:
        if file.beside and len(main) < len(files):
            kinds[file.beside].append(file.path)
    beside = [
        Finding("note", "beside-masks", own[0], f"{len(own):,} pictures called {word} beside masks: not read")
        for word, own in kinds.items()
    ]
    return matching.pairs(), [*matching.findings(), *beside]


def _matched(files: Sequence[_File]) -> _Matching:
    matching = _Matching(files)
    for folder in map(attrgetter, ("near", "far")):
        matching.match_all(folder)
    if not matching.pairs():  # `Task1-2_Input` with `Task1_GroundTruth`: folders that are called otherwise altogether
        matching.match_all(attrgetter("loose"))
    return matching


# Folders and name.
_Key = tuple[tuple[str, ...], str]


class _Matching:
    """Images and masks matched so far, and the files that aren't."""

    def __init__(self, files: Sequence[_File]) -> None:
        self._left = dict.fromkeys(files)
        self._files = files
        self._partners: dict[_File, tuple[_File, str]] = {}
        self._ambiguous: dict[_File, str] = {}

    def pairs(self) -> list[NamedPair]:
        return [
            NamedPair(image.path, mask.path, "/".join(image.far), name)
            for image, (mask, name) in self._partners.items()
        ]

    def match_all(self, folder: Callable[[_File], tuple[str, ...]]) -> None:
        """Pair the files in the same folders, those with the most alike names first."""
        self.match(folder, attrgetter("stem"))
        self.match(folder, attrgetter("name"))
        self.match_continued(folder)
        self.match(folder, attrgetter("bare"))

    def match(self, folder: Callable[[_File], tuple[str, ...]], name: Callable[[_File], str]) -> None:
        """Pair the files that alone have this name in these folders, one an image and one a mask."""
        groups: dict[_Key, list[_File]] = defaultdict(list)
        for file in self._left:
            groups[folder(file), name(file)].append(file)
        for (_, shared), files in groups.items():
            images, masks = _told_apart(files)
            if len(images) == len(masks) == 1 and _words_agree(images[0], masks[0]):
                self._pair(images[0], masks[0], _normal(shared))

    def match_continued(self, folder: Callable[[_File], tuple[str, ...]]) -> None:
        """Pair each file with the one whose name is its own but for a word; where several claim one, none gets it."""
        by_name: dict[_Key, list[_File]] = defaultdict(list)
        for file in self._files:
            by_name[folder(file), file.name].append(file)
        claims: dict[_Key, list[_File]] = defaultdict(list)
        for file in self._left:
            keys = ((folder(file), name) for name in file.shorter_names())
            if (key := next((key for key in keys if key in by_name), None)) is not None:
                claims[key].append(file)
        for key, claimants in claims.items():
            self._settle(by_name[key], claimants, key[1])

    def _settle(self, named: Sequence[_File], claimants: Sequence[_File], name: str) -> None:
        """Pair the file that has a name with the only one that has a word beside it; set several aside."""
        for image in named:
            if image in self._partners:  # with a mask of its very name: another mask beside it makes both doubtful
                left = [file for file in claimants if file in self._left]
                more = [f for f in left if _roles([image, f])[f] == "mask" and _words_agree(image, f)]
                if more:
                    self._set_aside([image], [self._partners.pop(image)[0], *more])
        left = [file for file in claimants if file in self._left]
        images, masks = _told_apart([*(file for file in named if file in self._left), *left])
        if len(images) == len(masks) == 1:
            if _words_agree(images[0], masks[0]):
                self._pair(images[0], masks[0], name)
        elif any(_words_agree(image, mask) for image in images for mask in masks):
            self._set_aside(images, masks)

    def _pair(self, image: _File, mask: _File, name: str) -> None:
        self._partners[image] = (mask, name)
        del self._left[image], self._left[mask]

    def _set_aside(self, images: Sequence[_File], masks: Sequence[_File]) -> None:
        for file in (*images, *masks):
            names = first_few([each.path for each in (*images, *masks)])
            self._ambiguous[file] = f"{len(images)} images and {len(masks)} masks have this name ({names})"
            self._left.pop(file, None)

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each file that is in no pair."""
        groups: dict[_Key, list[_File]] = defaultdict(list)
        for file in self._left:
            groups[file.far, file.bare].append(file)
        for files in groups.values():
            images, masks = _told_apart(files)
            if any(_words_agree(image, mask) for image in images for mask in masks):
                self._set_aside(images, masks)
        for file, reason in self._ambiguous.items():
            yield _left_out("error", "ambiguous", file, reason)
        for file in self._left:
            if _roles([file])[file] == "mask":
                yield _left_out("warning", "orphan-mask", file, "no image has this name")
            else:
                yield _left_out("warning", "orphan-image", file, "no mask has this name")


def _left_out(severity: Severity, check: str, file: _File, reason: str) -> Finding:
    return Finding(severity, check, file.path, f"{reason}: left out")


def _told_apart(files: Sequence[_File]) -> tuple[list[_File], list[_File]]:
    """Return the images and the masks among files that may belong together.

    A file that nothing tells is what its partner isn't; of two such, the PNG beside a JPEG is the mask.
    """
    roles = _roles(files)
    images, masks, untold = ([file for file in files if roles[file] == role] for role in ("image", "mask", None))
    if len(untold) == len(files) == 2:
        jpegs = [file for file in untold if file.path.lower().endswith((".jpg", ".jpeg"))]
        if len(jpegs) == 1:
            return jpegs, [file for file in untold if file not in jpegs]
    return (images, untold) if images and not masks else (images + untold, masks)


def _roles(files: Sequence[_File]) -> dict[_File, str | None]:
    """Return of each file what those words say that not all have, in its folders or else in its name."""
    of_folders, of_names = _told_by([file.folders for file in files]), _told_by([(file.name,) for file in files])
    return {file: folder or name for file, folder, name in zip(files, of_folders, of_names, strict=True)}


def _told_by(parts: Sequence[Sequence[str]]) -> list[str | None]:
    """Return for each file the role of the last of its words that not all have."""
    words = [[word for part in each for word in WORD.findall(part)] for each in parts]
    shared = _shared(words) if len(words) > 1 else Counter()
    own = [list((Counter(each) - shared).elements()) for each in words]
    last = [
        next((word for word in reversed(each) if word in left), None) for each, left in zip(words, own, strict=True)
    ]
    return [None if word is None else ROLES[word] for word in last]


def _words_agree(image: _File, mask: _File) -> bool:
    """Say whether what an image's name has beside its mask's are words of images, and the other way round."""
    words = WORD.findall(image.name), WORD.findall(mask.name)
    shared = _shared(words)
    return all(
        ROLES[word] == role
        for role, own in zip(("image", "mask"), words, strict=True)
        for word in Counter(own) - shared
    )


def _shared(words: Sequence[Sequence[str]]) -> Counter[str]:
    shared = Counter(words[0])
    for more in words[1:]:
        shared &= Counter(more)
    return shared


def _normal(text: str) -> str:
    return _BETWEEN.sub("_", text.lower()).strip("_")


def _split_in(folder: str) -> str:
    return "_".join(part for part in folder.split("_") if part in SPLIT_WORDS)


def _without_words(folders: Sequence[str], which: Sequence[int] | range) -> Iterator[str]:
    for i, part in enumerate(folders):
        kept = _normal(WORD.sub("", part)) if i in which else part
        if kept:
            yield kept
