"""Classes of a corpus in the masks of a folder: by the numbers in these, or by folders that are called like classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.mask_values import NUMBERS
from bgfg.train.ops.label_codes import IGNORE_INDEX


class CorpusClasses:
    """The classes of a corpus that the masks of a folder mark.

    Where the pictures, or their masks, lie in folders that are called like classes (`images/dog/7.jpg`), a mask marks
    that class; else the values of masks are the numbers of the classes, 0 being none of them.
    """

    def __init__(self, folder: ImageMaskFolder, names: Sequence[str], option: str) -> None:
        """Find out which it is.

        Args:
            folder: The folder.
            names: The classes of the corpus in the order of their numbers, from 1 on.
            option: What the folder is given by, for messages.

        Raises:
            Problem: Nothing says which classes the pictures show, or some of them show none of these.
        """
        self._folder = folder
        self._option = f"{option} {folder.path}"
        self._of_pairs = self._by_folders(names)
        self._numbers = None if self._of_pairs else self._by_numbers(names)

    def codes(self, i: int) -> NDArray[np.uint8]:
        """Return the number of each pixel's class in a pair's mask, (H, W) uint8; IGNORE_INDEX of those unknown."""
        if self._numbers is not None:
            return self._numbers[self._folder.label_maps(i, ["classes"])["classes"]]
        maps = self._folder.label_maps(i, ["mask", "known"])
        codes = np.where(maps["mask"] >= 128, np.uint8(self._of_pairs[i]), np.uint8(0))
        return np.where(maps["known"] > 0, codes, np.uint8(IGNORE_INDEX))

    def _by_folders(self, names: Sequence[str]) -> list[int]:
        """Return the class of each pair by its folders; none where no folder is called like a class."""
        numbers = {name: number for number, name in enumerate(names, start=1)}
        found = []
        for pair in self._folder.pairs:
            parts = (*PurePath(pair.image).parts[:-1], *PurePath(pair.mask).parts[:-1])
            found.append({numbers[part] for part in parts if part in numbers})
        if not any(found):
            return []
        for pair, of_pair in zip(self._folder.pairs, found, strict=True):
            if len(of_pair) != 1:
                which = "several folders are" if of_pair else "no folder is"
                line = f"{self._option}: {pair.image}: {which} called like a class, as others are"
                raise Problem(f"{line}: put it into one of {first_few(names, 3)}", exit_code=2)
        if "mask" not in self._folder.targets:
            line = f"{self._option}: its folders are called like classes, and its masks are read as"
            read = self._folder.encoding.description
            raise Problem(f"{line} {read}: give --masks binary", exit_code=2)
        return [of_pair.pop() for of_pair in found]

    def _by_numbers(self, names: Sequence[str]) -> NDArray[np.uint8]:
        """Return the number of the class that each code of the masks stands for, (256,)."""
        encoding = self._folder.encoding
        listed = ", ".join(f"{number} {name}" for number, name in enumerate(names[:3], start=1))
        more = " ..." if len(names) > 3 else ""
        if encoding.kind != "classes" or encoding.source != NUMBERS:
            line = f"{self._option}: masks are read as {encoding.description}, and nothing says which classes they mark"
            ways = f"number them in the masks ({listed}{more}; --masks classes), or put the pictures into folders"
            raise Problem(f"{line}: {ways} called like them", exit_code=2)
        numbers = np.zeros(256, np.uint8)
        for value, code in encoding.codes.items():
            if code != IGNORE_INDEX and value > len(names):
                line = f"{self._option}: its masks have the value {value}, and the corpus {len(names)} classes"
                raise Problem(f"{line} ({listed}{more}): give masks of these numbers", exit_code=2)
            numbers[code] = IGNORE_INDEX if code == IGNORE_INDEX else value
        return numbers
