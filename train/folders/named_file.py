"""A picture file that isn't told yet for an image or a mask, and what its names say of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from bgfg.train.folders.name_words import BACKGROUNDS, BESIDE, NO_MASK, WORD, split_of

PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".pgm"))

_BETWEEN = re.compile(r"[\s._-]+")


@dataclass(frozen=True)
class NamedFile:
    """A picture file.

    Attributes:
        path: Its path from the folder on, with slashes.
        outer: So many of the folders on the way to it, from the outermost on, hold all files, and so tell nothing.
    """

    path: str
    outer: int = 0

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders that it lies in, the outermost first, but for those of all files."""
        return tuple(map(normal_name, PurePosixPath(self.path).parts[self.outer : -1]))

    @cached_property
    def place(self) -> str:
        """All the folders that it lies in, without any word, with slashes."""
        folders = tuple(map(normal_name, PurePosixPath(self.path).parts[:-1]))
        return "/".join(_without_words(folders, range(len(folders))))

    @cached_property
    def stem(self) -> str:
        """The name without the suffix of a picture, or two: masks of `7.jpg` may be called `7.jpg.png`."""
        stem, suffix = os.path.splitext(PurePosixPath(self.path).name)
        inner, suffix = os.path.splitext(stem)
        return inner if inner and suffix.lower() in PICTURE_SUFFIXES else stem

    @cached_property
    def name(self) -> str:
        """The name without suffix, in lower case, its parts joined by underscores."""
        return normal_name(self.stem)

    @cached_property
    def bare(self) -> str:
        """The name without any word."""
        return normal_name(WORD.sub("", self.name))

    @cached_property
    def near(self) -> tuple[str, ...]:
        """The folders, the innermost of those with a word without its words."""
        told = [i for i, part in enumerate(self.folders) if WORD.search(part)]
        return tuple(_without_words(self.folders, told[-1:]))

    @cached_property
    def loose(self) -> tuple[str, ...]:
        """The folders, of those with a word or a split only the split that they name."""
        parts = ((_split_in(part), part) for part in self.folders)
        return tuple(split or part for split, part in parts if split or not WORD.search(part))

    @cached_property
    def inner(self) -> tuple[str, ...]:
        """The folders without words, and without the outermost one if it has none: `people` beside `masks`."""
        return self.far if self.folders and WORD.search(self.folders[0]) else self.far[1:]

    @cached_property
    def beside(self) -> str:
        """The word that says that it lies beside masks; empty where there is none."""
        of_folders = (BESIDE.search(part) or BACKGROUNDS.fullmatch(part) for part in reversed(self.folders))
        return next((each[0] for each in (BESIDE.search(self.name), *of_folders) if each), "")

    @property
    def is_no_mask(self) -> bool:
        """Whether `beside` says that it is neither a mask nor what a mask marks."""
        return bool(NO_MASK.fullmatch(self.beside) or BACKGROUNDS.fullmatch(self.beside))

    @cached_property
    def far(self) -> tuple[str, ...]:
        """The folders without any word."""
        return tuple(_without_words(self.folders, range(len(self.folders))))

    def shorter_names(self) -> Iterator[str]:
        """Yield the name without one of its words, the last first."""
        for word in reversed(list(WORD.finditer(self.name))):
            yield normal_name(self.name[: word.start()] + "_" + self.name[word.end() :])


def normal_name(text: str) -> str:
    """Return a name in lower case, its parts joined by underscores."""
    return _BETWEEN.sub("_", text.lower()).strip("_")


def _split_in(folder: str) -> str:
    return "_".join(filter(None, map(split_of, re.split(r"_(?!(?:19|20)\d\d(?:_|$))", WORD.sub("", folder)))))


def _without_words(folders: Sequence[str], which: Sequence[int] | range) -> Iterator[str]:
    for i, part in enumerate(folders):
        kept = normal_name(WORD.sub("", part)) if i in which else part
        if kept:
            yield kept
