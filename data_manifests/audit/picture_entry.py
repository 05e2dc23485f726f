"""One picture of an audited folder: where it lies, its kind, and what its name says."""

from __future__ import annotations

import re
from typing import NamedTuple

from bgfg.data_manifests.corpus.naming import Name

# Depth maps of the backgrounds, as the kit has them, and instances of crowded exports: none of the six kinds.
BACKGROUND_DEPTH = "background_depth"
INSTANCE_KIND = "instance"
NORMAL_KIND = "normal"

_FLIP_MARK = re.compile(r"[-_ ](?:01|h?flip(?:ped)?|mirror(?:ed)?)(?=[-_ .])", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")

# The words of the folders, and those of the file.
MatchKey = tuple[tuple[str | int, ...], ...]


class PictureEntry(NamedTuple):
    """One picture of the tree.

    Attributes:
        path: Relative, with forward slashes; of a picture in an archive, the archive's path and the member's.
        kind: One of KINDS, BACKGROUND_DEPTH, INSTANCE_KIND or NORMAL_KIND.
        name: Its parsed name; None where only its folder tells the kind.
        deviations: How its name deviates from the grammar.
        number: Last number of a name that isn't of the grammar.
        key: Of such a picture, the words and numbers of its path that tell no kind; what belongs to one sample has one
            key.
    """

    path: str
    kind: str
    name: Name | None
    deviations: tuple[str, ...]
    number: int | None
    key: MatchKey = ()

    @property
    def folder(self) -> str:
        """Folder that it lies in."""
        return self.path.rpartition("/")[0]

    @property
    def file(self) -> str:
        """Its file name."""
        return self.path.rpartition("/")[2]

    @property
    def sample(self) -> object:
        """Identity of the sample that it belongs to: the numbers of its name, or its key."""
        if self.name is not None:
            return self.name.background, self.name.cutout, self.name.flipped, self.name.placement
        return self.key


def name_form(entry: PictureEntry) -> str:
    """Return the form of a picture's name, such as `bg000.jpeg`: every digit as 0, without the mark of a flip."""
    return _DIGIT.sub("0", name_without_flip(entry))


def name_without_flip(entry: PictureEntry) -> str:
    """Return the name of a picture without the mark of a flip."""
    file = entry.file
    return _FLIP_MARK.sub("", file, count=1) if entry.name is not None and entry.name.flipped else file
