"""What lies beside the pairs of a folder: second shots of their scenes, and depth maps; found by names alone.

A second shot lies in a folder `backgrounds` (`bg`, `bgr`), a depth map has the word depth in its name or folder. Both
are called as their picture is, but for such words; or a second shot is that of several pictures: called as the
background of a composite is (bg001 of bg001_fg002_003), as the folder of the pictures (`backgrounds/room.jpg`,
`images/room/1.jpg`), or alone beside them (`room/bg/empty.jpg`, `room/images/1.jpg`).
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.depth_teacher.evaluation.depth_files import DEPTH_SUFFIXES
from bgfg.train.folders.named_file import BACKGROUNDS, NamedFile, normal_name

# Folders without those that tell kinds, and what is left of the name without such words.
_Key = tuple[tuple[str, ...], str]

_BACKGROUND_WORD = re.compile(r"(?<![a-z])(?:backgrounds?|bgs?|bgr|empty)(?![a-z])")
_DEPTH_WORD = re.compile(r"(?<![a-z])depths?(?:_?maps?|_gt)?(?![a-z])")


@dataclass(frozen=True)
class Partners:
    """Partners of pictures, by the path of the picture, with slashes; pictures that have none aren't there.

    Attributes:
        second_shots: Paths of the shots of their scenes without what masks mark.
        depth_maps: Paths of their depth maps.
    """

    second_shots: Mapping[str, str] = field(default_factory=dict)
    depth_maps: Mapping[str, str] = field(default_factory=dict)

    def findings(self, pictures: int) -> Iterator[Finding]:
        """Yield a note on each kind of partner that there is.

        Args:
            pictures: How many pictures there are.
        """
        for check, what, found in (
            ("second-shots", "a second shot", self.second_shots),
            ("depth-maps", "a depth map", self.depth_maps),
        ):
            if found:
                image, partner = next(iter(found.items()))
                note = f"{len(found):,} of {pictures:,} pictures have {what}, as {image} has this"
                yield Finding("note", check, partner, f"{note}: read by `train --mix` and `evaluate --real` alone")


def find_partners(images: Sequence[str], others: Iterable[str]) -> Partners:
    """Find second shots and depth maps of pictures.

    Args:
        images: Paths of the pictures from the folder on, with slashes.
        others: Paths of the files that are in no pair.
    """
    files = [NamedFile(path) for path in others]
    pictures = [NamedFile(path) for path in images]
    depth = [file for file in files if _DEPTH_WORD.search("/".join((*file.folders, file.name)))]
    depth = [file for file in depth if os.path.splitext(file.path)[1].lower() in DEPTH_SUFFIXES]
    shots = [file for file in files if file not in depth and any(map(BACKGROUNDS.fullmatch, file.folders))]
    return Partners(_second_shots(pictures, shots), _depth_maps(pictures, depth))


def scenes_of(root: Path, second_shots: Mapping[str, str]) -> dict[str, str]:
    """Return the scene of each picture, by its path: pictures whose second shots are the same to the byte are of one.

    Args:
        root: The folder.
        second_shots: Of `Partners`.
    """
    sizes: dict[int, set[str]] = defaultdict(set)
    for shot in second_shots.values():
        if (root / shot).is_file():  # what else is there is named by those who read it
            sizes[(root / shot).stat().st_size].add(shot)
    alike = {shot for shots in sizes.values() if len(shots) > 1 for shot in shots}
    scenes = {shot: _content(root / shot) or shot for shot in alike}
    return {picture: scenes.get(shot, shot) for picture, shot in second_shots.items()}


def _content(path: Path) -> str:
    """Return the digest of a file; "" where it can't be read, which is for those to say who need it."""
    try:
        return file_sha256(path)
    except OSError:
        return ""


def _second_shots(pictures: Sequence[NamedFile], shots: Sequence[NamedFile]) -> dict[str, str]:
    key = partial(_key, is_word=BACKGROUNDS.fullmatch, word=_BACKGROUND_WORD)
    by_key = _alone_by(key, shots)
    by_number = _alone_by(lambda shot: _numbers(shot, "bg"), shots)
    alone = _alone_by(lambda shot: key(shot)[0], shots)
    own_keys = set(map(key, pictures))
    found = {}
    for picture in pictures:
        (folders, name), numbers = key(picture), _numbers(picture, "image")
        shot = by_key.get((folders, name))
        if shot is None and numbers is not None:
            shot = by_number.get((numbers[0], *[None] * (len(numbers) - 1)))
        elif shot is None:
            # One of another picture's name is that picture's alone.
            of_scene = [by_key.get((folders[:-1], folders[-1])) if folders else None, alone.get(folders)]
            shot = next((each for each in of_scene if each is not None and key(each) not in own_keys), None)
        if shot is not None:
            found[picture.path] = shot.path
    return found


def _depth_maps(pictures: Sequence[NamedFile], maps: Sequence[NamedFile]) -> dict[str, str]:
    key = partial(_key, is_word=_DEPTH_WORD.fullmatch, word=_DEPTH_WORD)
    by_key, by_numbers = _alone_by(key, maps), _alone_by(lambda each: _numbers(each, "depth"), maps)
    found = {}
    for picture in pictures:
        numbers = _numbers(picture, "image")
        own = by_key.get(key(picture)) or (by_numbers.get(numbers) if numbers is not None else None)
        if own is not None:
            found[picture.path] = own.path
    return found


def _key(file: NamedFile, is_word: Callable[[str], object], word: re.Pattern[str]) -> _Key:
    return tuple(part for part in file.far if not is_word(part)), normal_name(word.sub("", file.bare))


def _numbers(file: NamedFile, kind: str) -> tuple[object, ...] | None:
    """Return the numbers in a name of bgfg's grammar, the background's first; None where it is of another kind."""
    known = parse_name(file.path)
    if known is None or known[0].kind != kind:
        return None
    name = known[0]
    return name.background, name.cutout, name.flipped or None, name.placement


def _alone_by(key: Callable[[NamedFile], object], files: Collection[NamedFile]) -> dict[object, NamedFile]:
    """Return the files that alone have their key; None is no key."""
    named: dict[object, list[NamedFile]] = defaultdict(list)
    for file in files:
        named[key(file)].append(file)
    return {name: own[0] for name, own in named.items() if name is not None and len(own) == 1}
