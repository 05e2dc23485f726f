"""Layouts of pictures with measured depth: which file is a picture, which a depth map, and which belong together.

Two folders, one folder whose files say it by their names or else by what they hold, or a tree of such folders, a scene
each. A word in a name counts only where it tells partners apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bgfg.data_manifests.images.listing import is_system_file, natural_key
from bgfg.data_manifests.terminal.errors import Problem, counted, first_few, folded
from bgfg.depth_teacher.evaluation.depth_files import DEPTH_ALONE, DEPTH_SUFFIXES, may_hold_depth
from bgfg.depth_teacher.evaluation.rgbd_names import is_depth_name, is_rgb_name, match_names, match_times

# Where data sets put pictures and depth, from the most to the least telling name.
_RGB_FOLDERS = ("rgb", "color", "colors", "colour", "colours", "image", "images", "img", "imgs", "rgb_img", "image_2",
                "image_02")  # fmt: skip
_DEPTH_FOLDERS = ("depth", "depths", "depth_gt", "gt_depth", "gt", "groundtruth_depth", "groundtruth", "sync_depth",
                  "depth_map", "depth_maps", "depthmap", "depthmaps", "depth_raw", "raw_depth")  # fmt: skip
_RGB_SUFFIXES = {".png", ".jpg", ".jpeg", ".ppm", ".bmp", ".tif", ".tiff", ".webp", ".npy"}
_DEEPEST = 6

FilePair = tuple[Path, Path]


@dataclass
class _Search:
    """What is noticed on the way through a folder.

    Attributes:
        notes: What was left out, in words.
        lonely: What has no partner, in words.
    """

    notes: list[str] = field(default_factory=list)
    lonely: list[str] = field(default_factory=list)


def find_pairs(path: Path, skip_bad: bool = False) -> tuple[dict[str, FilePair], list[str]]:
    """Find pictures with depth in a folder.

    Args:
        path: The folder.
        skip_bad: Whether files without a partner are left out, and are no error.

    Returns:
        (picture, depth map) by name, in natural order; and notes on what was left out.

    Raises:
        Problem: There are none, or pictures have no depth map or the other way round, which are all told.
    """
    search = _Search()
    pairs = _pairs_below(path, "", search, _DEEPEST)
    if search.lonely and not skip_bad:
        lines = [f"{line}: add it, move it away, or pass --skip-bad" for line in search.lonely]
        raise Problem(*folded(lines, path))
    if not pairs:
        raise Problem(
            f"{path}: no pictures with depth: give a folder with rgb/ and depth/, the same names in both, or with "
            "X.png beside X_depth.png",
            exit_code=2,
        )
    left_out = [f"{line}: left out" for line in search.lonely]
    return {name: pairs[name] for name in sorted(pairs, key=natural_key)}, [*search.notes, *left_out]


def _pairs_below(path: Path, prefix: str, search: _Search, levels: int) -> dict[str, FilePair]:
    """Return the pairs of a folder, or where it has none itself of the folders in it."""
    entries = (entry for entry in sorted(path.iterdir()) if not is_system_file(entry.name))
    folders = {entry.name: entry for entry in entries if entry.is_dir()}
    files = _files(path, _RGB_SUFFIXES | DEPTH_SUFFIXES)
    pairs = _of_two_folders(path, folders, files, search) or _of_one_folder(path, files, search)
    if pairs or levels == 0:
        return {f"{prefix}{name}": pair for name, pair in pairs.items()}
    found: dict[str, FilePair] = {}
    for name, folder in folders.items():
        below = _pairs_below(folder, "", search, levels - 1)
        # A folder that is a sample, such as scene/rgb.png beside scene/depth.png, gives its own name.
        alone = len(below) == 1 and next(iter(below)) in ("", "rgb", "color", "image")
        found |= {f"{prefix}{name}" if alone else f"{prefix}{name}/{inner}": pair for inner, pair in below.items()}
    return found


def _of_two_folders(path: Path, folders: dict[str, Path], files: list[Path], search: _Search) -> dict[str, FilePair]:
    """Return the pairs of a folder of pictures and one of depth; the pictures may lie beside that of depth."""
    depth_folder = _by_name(folders, _DEPTH_FOLDERS, is_depth_name)
    rgb_folder = _by_name(folders, _RGB_FOLDERS, is_rgb_name)
    if depth_folder is None:
        return {}
    others = [folder for folder in folders.values() if folder != depth_folder]
    if rgb_folder is None and not files and len(others) == 1:
        rgb_folder = others[0]
    if rgb_folder is None and not files:
        return {}
    pictures = _files(rgb_folder, _RGB_SUFFIXES, deep=True) if rgb_folder else files
    maps = _files(depth_folder, DEPTH_SUFFIXES, deep=True)
    if not pictures or not maps:
        return {}
    if len(pictures) == len(maps) == 1:
        return {pictures[0].stem: (pictures[0], maps[0])}
    return _matched(rgb_folder or path, pictures, depth_folder, maps, search)


def _of_one_folder(path: Path, files: list[Path], search: _Search) -> dict[str, FilePair]:
    """Return the pairs of a folder in which both lie beside one another."""
    maps = [file for file in files if file.suffix.lower() in DEPTH_SUFFIXES and is_depth_name(file.stem)]
    if not maps or len(maps) == len(files):  # names don't tell: what the files hold does
        maps = [file for file in files if file.suffix.lower() in DEPTH_SUFFIXES and may_hold_depth(file)]
        pictures_of_depth = [file for file in maps if file.suffix.lower() not in DEPTH_ALONE]
        maps = pictures_of_depth or maps  # lists of splits and the like are .mat and .npz too
    pictures = [file for file in files if file not in set(maps) and file.suffix.lower() in _RGB_SUFFIXES]
    if not maps or not pictures:
        return {}
    return _matched(path, pictures, path, maps, search)


def _matched(
    rgb_root: Path, pictures: Sequence[Path], depth_root: Path, maps: Sequence[Path], search: _Search
) -> dict[str, FilePair]:
    """Return pictures and maps by what their names have in common."""
    rgb, depth = _by_stem(rgb_root, pictures, "picture"), _by_stem(depth_root, maps, "depth map")
    timed = match_times(list(rgb), list(depth))
    if timed is not None:
        left = len(rgb) - len(timed)
        if left:
            without = f"{counted(left, 'picture')} without a depth map of about the same time"
            search.notes.append(f"{rgb_root}: {without}: left out")
        return {stem: (rgb[stem], depth[other]) for stem, other in timed.items()}
    matches, lonely = match_names(list(rgb), list(depth), lambda stem: may_hold_depth(depth[stem]))
    for of, where, what in ((0, rgb, "depth map"), (1, depth, "picture")):
        if lonely[of]:
            files = [where[stem] for stem in lonely[of]]
            others = f": {first_few([file.name for file in files])}" if len(files) > 1 else ""
            search.lonely.append(f"{files[0]}: has no {what} of the same name ({len(files)} such{others})")
    return {name: (rgb[stem], depth[other]) for name, (stem, other) in matches.items()}


def _by_stem(root: Path, files: Sequence[Path], what: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in files:
        stem = file.relative_to(root).with_suffix("").as_posix()
        if stem in found:
            raise Problem(f"{file}: beside {found[stem].name}, and only one can be the {what}: move the other away")
        found[stem] = file
    return found


def _by_name(folders: dict[str, Path], names: Sequence[str], is_such: Callable[[str], bool]) -> Path | None:
    """Return the folder with the most telling of these names, else the first with such a word in its name."""
    there = {name.lower(): folder for name, folder in folders.items()}
    known = (there[name] for name in names if name in there)
    return next(known, None) or next((folder for name, folder in there.items() if is_such(name)), None)


def _files(folder: Path, suffixes: Collection[str], deep: bool = False) -> list[Path]:
    found = (file for file in (folder.rglob("*") if deep else folder.iterdir()) if file.suffix.lower() in suffixes)
    kept = [file for file in found if not is_system_file(file.name) and file.is_file()]
    return sorted(kept, key=lambda file: natural_key(str(file)))
