"""Pairing of images and masks by where they lie and how they are called; no file is opened.

The folder decides what is image and what is mask; a word in a name counts only where it tells partners apart, so that
`images/IMG_1.jpg` with `masks/IMG_1.png` is a pair as `img_1.png` with `mask_1.png` is. Equal names are matched first,
then those that are equal but for one word (`7.jpg`, `7_mask.png`), then those that are equal without any, then those
that are but for zeros before a number. Trimaps, numbers of objects and the like count as masks only where no others are
there.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product, takewhile
from operator import attrgetter
from pathlib import PurePosixPath

from bgfg.data_manifests.terminal.errors import counted, first_few
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.train.folders.findings.unpaired import find_beside, find_several, find_unpaired, masks_of_objects
from bgfg.train.folders.named_file import ROLES, WORD, NamedFile, normal_name

_ZEROS_BEFORE = re.compile(r"(?<!\d)0+(?=\d)")


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


def pair_files(paths: Sequence[str]) -> tuple[list[NamedPair], list[Finding]]:
    """Pair the pictures of a folder.

    Args:
        paths: Their paths from the folder on, with slashes.

    Returns:
        The pairs, and findings of the pictures that are left out: those without a partner, and those with several.
    """
    outer = PurePosixPath(os.path.commonpath([os.path.dirname(path) for path in paths])) if paths else PurePosixPath()
    files = [NamedFile(path, len(outer.parts)) for path in paths]
    main, beside = ([file for file in files if bool(file.beside) == is_beside] for is_beside in (False, True))
    matching = _matched(main, whatever=True)
    if not matching.pairs():
        no_masks = [file for file in beside if file.is_no_mask]
        matching = _matched([file for file in files if not main or file not in no_masks])
        return matching.pairs(), [*matching.findings(), *find_beside({file.path: file.beside for file in no_masks})]
    # A word of such maps may be no more than a part of the name of both partners.
    pairs = _matched(beside).pairs()
    paired = {path for pair in pairs for path in (pair.image, pair.mask)}
    left = {file.path: file.beside for file in beside if file.path not in paired}
    return matching.pairs() + pairs, [*matching.findings(), *find_beside(left)]


def _matched(files: Sequence[NamedFile], whatever: bool = False) -> _Matching:
    """Match files by their names; `whatever`: in the end also those whose folders are called otherwise altogether."""
    matching = _Matching(files)
    for folder in map(attrgetter, ("near", "far")):
        matching.match_all(folder)
    for folder in map(attrgetter, ("near", "far")):
        matching.match_numbers(folder)
    # `Task1-2_Input` with `Task1_GroundTruth`, `people` with `masks`.
    folders = list(map(attrgetter, ("loose", "inner") if whatever else ()))
    names = [*map(attrgetter, ("stem", "name", "bare")), _without_tail(files)]
    for folder, name in (*product(folders, names), *((attrgetter("near"), names[-1]) for _ in folders[:1])):
        if not matching.pairs():
            matching.match(folder, name, told=True)
    return matching


def _without_tail(files: Sequence[NamedFile]) -> Callable[[NamedFile], str]:
    """Return what leaves out the end that the names of all masks have, such as `_L` in CamVid."""
    masks = {file.name for file in files if _roles([file])[file] == "mask"}
    letters = takewhile(lambda column: len(set(column)) == 1, zip(*(name[::-1] for name in masks), strict=False))
    end = "".join(column[0] for column in letters)[::-1]
    tail = end[end.index("_") :] if "_" in end else ""
    return lambda file: file.name.removesuffix(tail) if file.name in masks else file.name


# Folders and name.
_Key = tuple[tuple[str, ...], str]


class _Matching:
    """Images and masks matched so far, and the files that aren't."""

    def __init__(self, files: Sequence[NamedFile]) -> None:
        self._left = dict.fromkeys(files)
        self._files = files
        self._partners: dict[NamedFile, tuple[NamedFile, str]] = {}
        self._ambiguous: dict[NamedFile, str] = {}
        self._padded: list[tuple[NamedFile, NamedFile]] = []

    def pairs(self) -> list[NamedPair]:
        return [NamedPair(image.path, mask.path, image.place, name) for image, (mask, name) in self._partners.items()]

    def match_all(self, folder: Callable[[NamedFile], tuple[str, ...]]) -> None:
        """Pair the files in the same folders, those with the most alike names first."""
        self.match(folder, attrgetter("stem"))
        self.match(folder, attrgetter("name"))
        self.match_continued(folder)
        self.match(folder, attrgetter("bare"))

    def match(
        self, folder: Callable[[NamedFile], tuple[str, ...]], name: Callable[[NamedFile], str], told: bool = False
    ) -> None:
        """Pair the files that alone have this name in these folders, one an image and one a mask.

        Args:
            folder: Returns the folders of a file that count.
            name: Returns what of its name counts.
            told: Whether a word must say that the mask is one.
        """
        groups: dict[_Key, list[NamedFile]] = defaultdict(list)
        for file in self._left:
            groups[folder(file), name(file)].append(file)
        for (_, shared), files in groups.items():
            images, masks = _told_apart(files)
            if len(images) != 1 or len(masks) != 1 or not _words_agree(images[0], masks[0]):
                continue
            if not told or _roles([images[0], masks[0]])[masks[0]] == "mask":
                self._pair(images[0], masks[0], normal_name(shared))

    def match_continued(self, folder: Callable[[NamedFile], tuple[str, ...]]) -> None:
        """Pair each file with the one whose name is its own but for a word; where several claim one, none gets it."""
        by_name: dict[_Key, list[NamedFile]] = defaultdict(list)
        for file in self._files:
            by_name[folder(file), file.name].append(file)
        claims: dict[_Key, list[NamedFile]] = defaultdict(list)
        for file in self._left:
            keys = ((folder(file), name) for name in file.shorter_names())
            if (key := next((key for key in keys if key in by_name), None)) is not None:
                claims[key].append(file)
        for key, claimants in claims.items():
            self._settle(by_name[key], claimants, key[1])

    def match_numbers(self, folder: Callable[[NamedFile], tuple[str, ...]]) -> None:
        """Pair an image with the mask whose name differs in zeros before numbers, where no other file has these."""
        groups: dict[_Key, list[NamedFile]] = defaultdict(list)
        for file in self._files:
            groups[folder(file), _ZEROS_BEFORE.sub("", file.bare)].append(file)
        for files in groups.values():
            images, masks = _told_apart(files)
            if len(images) != 1 or len(masks) != 1 or not all(file in self._left for file in files):
                continue
            if _roles(files)[masks[0]] == "mask" and _words_agree(images[0], masks[0]):
                self._padded.append((images[0], masks[0]))
                self._pair(images[0], masks[0], images[0].bare)

    def _settle(self, named: Sequence[NamedFile], claimants: Sequence[NamedFile], name: str) -> None:
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

    def _pair(self, image: NamedFile, mask: NamedFile, name: str) -> None:
        self._partners[image] = (mask, name)
        del self._left[image], self._left[mask]

    def _set_aside(self, images: Sequence[NamedFile], masks: Sequence[NamedFile]) -> None:
        for file in (*images, *masks):
            names = first_few([each.path for each in (*images, *masks)])
            self._ambiguous[file] = (
                f"{counted(len(images), 'image')} and {counted(len(masks), 'mask')} have this name ({names})"
            )
            self._left.pop(file, None)

    def findings(self) -> Iterator[Finding]:
        """Yield findings of the files that are in no pair, and of those whose names differ in zeros."""
        if self._padded:
            image, mask = self._padded[0]
            what = f"{counted(len(self._padded), 'pair')} of names that differ in zeros before a number"
            yield Finding("note", "zeros", image.path, f"{what}, such as {mask.path} of this")
        groups: dict[_Key, list[NamedFile]] = defaultdict(list)
        for file in self._left:
            groups[file.far, file.bare].append(file)
        for files in groups.values():
            images, masks = _told_apart(files)
            if any(_words_agree(image, mask) for image in images for mask in masks):
                self._set_aside(images, masks)
        for file, reason in self._ambiguous.items():
            yield Finding("error", "ambiguous", file.path, f"{reason}: left out")
        roles = {file: "mask" if _roles([file])[file] == "mask" else "image" for file in self._left}
        images, masks = ([file for file, role in roles.items() if role == wanted] for wanted in ("image", "mask"))
        several = masks_of_objects(images, masks)
        yield from find_several(several)
        settled = {file for image, own in several.items() for file in (image, *own)}
        left = {file.path: role for file, role in roles.items() if file not in settled}
        yield from find_unpaired(left, {file.path for file in self._files} - left.keys())


def _told_apart(files: Sequence[NamedFile]) -> tuple[list[NamedFile], list[NamedFile]]:
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


def _roles(files: Sequence[NamedFile]) -> dict[NamedFile, str | None]:
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


def _words_agree(image: NamedFile, mask: NamedFile) -> bool:
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
