"""The samples of a folder with COCO files: pictures that a file lists, matched with those that are there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.audit.recognition import is_picture_path
from bgfg.data_manifests.audit.tree import TreeIssue, iter_files
from bgfg.data_manifests.imports.coco_file import CocoFile, CocoImage
from bgfg.data_manifests.imports.export_lists import ExportLists
from bgfg.data_manifests.imports.foreign_set import ForeignPicture, ForeignSample, ForeignSet, unique_names
from bgfg.data_manifests.imports.given_splits import folder_split
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.objects.urls import is_file_key
from bgfg.data_manifests.terminal.errors import Problem, counted, first_few
from bgfg.data_manifests.terminal.progress import Progress

# Files of annotations by the names that COCO, Roboflow, FiftyOne, CVAT and Label Studio give them.
_NAMES = re.compile(r"(instances[^/]*|_annotations\.coco|annotations|labels|result|coco)\.json")


@dataclass(frozen=True)
class CocoSet:
    """What COCO files make of a folder.

    Attributes:
        found: Its samples.
        files: The COCO files, each with the number of the sample of each of its pictures by the picture's id.
        categories: Name of each category by its number.
    """

    found: ForeignSet
    files: list[tuple[CocoFile, dict[int, int]]]
    categories: dict[int, str]


def coco_files(root: Path) -> list[Path]:
    """Return the COCO files of a folder, told by their names: in it, in its folder `annotations`, or in one a split."""
    there = mirrored(root)
    if there is not None:
        stored = (root / key for key, _ in there.listed() if key.count("/") <= 1 and is_file_key(key))
        return sorted(path for path in stored if _NAMES.fullmatch(path.name))
    found = sorted({*root.glob("*.json"), *root.glob("*/*.json")})
    return [path for path in found if _NAMES.fullmatch(path.name) and path.is_file()]


def coco_samples(root: Path, paths: Sequence[Path], progress: Progress) -> CocoSet:
    """Match the pictures that COCO files list with those that are there.

    Args:
        root: The folder, outside of which no picture is looked for.
        paths: The COCO files.
        progress: Shows how far long files are read.

    Returns:
        The set.

    Raises:
        Problem: A file isn't COCO's form, pictures are missing or ambiguous, or files contradict one another.
    """
    there = _Listing(root)
    categories: dict[int, str] = {}
    listed: list[tuple[CocoFile, CocoImage, str]] = []
    for path in paths:
        file = CocoFile(path, progress)
        _add_categories(categories, file)
        near = path.parent.relative_to(root).as_posix()
        listed += [(file, image, there.find(image.file_name, f"{near} {path.stem}")) for image in file.images()]
    if not listed:
        raise Problem(f"{root}: its COCO files list no picture ({first_few([p.name for p in paths], 3)})", exit_code=2)
    if missing := [image.file_name for _, image, found in listed if not found]:
        line = f"{root}: {counted(len(missing), 'picture')} of COCO files aren't there ({first_few(missing, 3)})"
        raise Problem(f"{line}: put them there, or take them out of the file", exit_code=2)
    _require_once(root, [found for _, _, found in listed])
    names = unique_names(found for _, _, found in listed)
    told = [folder_split(f"{file.path.stem}") or folder_split(found.rpartition("/")[0]) for file, _, found in listed]
    splits = told if len(set(told) - {None}) > 1 else [None] * len(told)
    told_backgrounds = (there.find(image.background or "", "") for _, image, _ in listed)
    backgrounds = sorted(set(filter(None, told_backgrounds)))
    numbers = {path: number for number, path in enumerate(backgrounds)}
    samples, by_file = [], defaultdict[str, dict[int, int]](dict)
    for number, ((file, image, found), name, split) in enumerate(zip(listed, names, splits, strict=True)):
        depth = there.find(image.depth_file or "", f"depth {file.path.stem}") or None
        background = numbers.get(there.find(image.background or "", ""))
        annotations = file.path.relative_to(root).as_posix()
        samples.append(ForeignSample(name, found, annotations, depth, None, background, split=split))
        by_file[annotations][image.id] = number
    annotated = [(CocoFile(root / name, progress), ids) for name, ids in by_file.items()]
    lists = ExportLists(root)
    cameras = lists.cameras()
    named = zip(backgrounds, unique_names(backgrounds), strict=True)
    pictures = [ForeignPicture(path, name, camera=cameras.get(path.rpartition("/")[2])) for path, name in named]
    return CocoSet(ForeignSet(samples, pictures, depth_scale_m=lists.depth_scale_m), annotated, categories)


def _add_categories(known: dict[int, str], file: CocoFile) -> None:
    for number, name in file.categories().items():
        if known.setdefault(number, name) != name:
            line = f"{file.path}: category {number} is {name!r} here and {known[number]!r} in another file"
            raise Problem(f"{line}: give both one name", exit_code=2)


def _require_once(root: Path, paths: Iterable[str]) -> None:
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise Problem(f"{root / path}: listed twice by COCO files: keep one", exit_code=2)
        seen.add(path)


class _Listing:
    """The pictures of a folder, found by what a COCO file says of them. Nothing outside is ever named."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in iter_files(root):
            if not isinstance(path, TreeIssue) and is_picture_path(path):
                self._by_name[path.rpartition("/")[2]].append(path)

    def find(self, told: str, near: str) -> str:
        """Return the path of a picture, "" where there is none.

        Args:
            told: Its name in the COCO file, with or without folders.
            near: Words of the file and its folder, by which one of several of that name is told.
        """
        parts = [part for part in told.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        if not parts:
            return ""
        fits = [path for path in self._by_name.get(parts[-1], []) if path.split("/")[-len(parts) :] == parts]
        if len(fits) < 2:
            return fits[0] if fits else ""
        words = set(re.findall(r"[a-z0-9]+", near.lower()))
        shared = [len(words & set(re.findall(r"[a-z0-9]+", path.lower()))) for path in fits]
        best = [path for path, count in zip(fits, shared, strict=True) if count == max(shared)]
        if len(best) > 1:
            line = f"{told} of a COCO file may be {first_few(best, 3)}"
            raise Problem(f"{self._root}: {line}: give names with their folders", exit_code=2)
        return best[0]
