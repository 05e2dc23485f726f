"""Groups of pictures by their names: copies of one picture, and the numbered frames of one clip; no file is opened.

copies      names that continue another, as `scene00_aug0` does `scene00`, and names that differ in what was done alone
tiles       two numbers that make a grid after each of several names: `paris_0_0` to `paris_3_3`, `rome_0_0` ...
frames      numbers that go on evenly after a name with a number of its own (`clip3-0001`), or in folders (`bear/0001`)

Numbers that are spread out, as those of COCO and VOC are, and those after a date, as those of phones are, tell pictures
apart that have nothing to do with each other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import pairwise

# What programs that make copies write into names, such as `aug0`, `hflip` or `rot90`.
_CHANGED = re.compile(
    r"(?:aug(?:mented|mentation)?|[hv]?flip(?:ped|lr|ud)?|(?:h|v)?mirror(?:ed)?|rot(?:ate|ated|ation)?|crop(?:ped)?"
    r"|bright(?:er|ness)?|dark(?:er)?|contrast|nois[ey]|blur(?:red)?|gamma|hue|satur(?:ated|ation)?|scaled?|zoom(?:ed)?"
    r"|shift(?:ed)?|shear(?:ed)?|warp(?:ed)?|elastic|jitter(?:ed)?|transposed?|invert(?:ed)?|copy|orig(?:inal)?)\d*"
)
# What is cut out of a picture, after its name; before it, it is the name.
_PART = re.compile(r"(?:tiles?|patch(?:es)?|chips?)\d*")
_EXPORT_HASH = re.compile(r"(?:_(?:jpe?g|png))?_rf_[0-9a-f]{8,}$")  # Roboflow numbers copies by a hash
_FRAME = re.compile(r"(.*\d.*?)_(?:f|fr|frame)?_?(\d+)")
_NUMBERED = re.compile(r"(\D*?)_?(\d+)")
_AXIS = r"(?:(?:r|rows?|c|cols?|columns?|x|y|i|j|top|left|tiles?|patch|crops?|chips?)_?)?"
_TILE = re.compile(rf"(?:(.*?)_)?{_AXIS}(\d+)(?:_|(?=[a-z])){_AXIS}(\d+)")
_ENDS_WITH_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?:_?(?:0[1-9]|1[0-2])_?(?:0[1-9]|[12]\d|3[01]))?$")

# Frames are at most so far apart; counters of a clip's pictures go on by ones, numbers of data sets by anything.
_MAX_STEP = 100
_CLOSE = 3
_MIN_EVEN_SHARE = 0.5
# A grid of tiles may lack some (those that show nothing), and is no strip: clips have far more frames than numbers.
_MIN_GRID_SHARE = 0.5
_MAX_GRID_ASPECT = 4
_MIN_CELLS = 3

# Folder and name of a picture.
_Picture = tuple[str, str]


def group_by_name(pictures: Sequence[tuple[str, str]], no_clips: Collection[str] = ()) -> list[str]:
    """Return for each picture the name of what must stay in one split with it.

    Args:
        pictures: Folder and name of each, names with underscores between their parts.
        no_clips: Names of folders that aren't clips, though their pictures are numbered.
    """
    tiles = tiles_by_name(pictures)
    sources = _sources(pictures, tiles)
    left = set(sources) - tiles.keys()
    clips = tiles | _frames_after_numbers(left) | _frames_in_folders(left, no_clips)
    return [clips.get(source) or "/".join(filter(None, source)) for source in sources]


def tiles_by_name(pictures: Iterable[_Picture]) -> dict[_Picture, str]:
    """Return the picture that each tile is of, as names tell it; nothing of pictures that are none.

    Args:
        pictures: Folder and name of each, as for `group_by_name`.
    """
    cells: dict[_Picture, dict[_Picture, tuple[str, str]]] = defaultdict(dict)
    for folder, name in pictures:
        found = _TILE.fullmatch(name)
        if found is not None and (folder or found[1]):
            cells[folder, found[1] or ""][folder, name] = found[2], found[3]
    grids = sum(_is_grid(list(own.values())) for own in cells.values())
    if grids < 2 or 2 * grids < len(cells):  # by one name alone, rows are clips as well as tiles are
        return {}
    return {tile: "/".join(filter(None, whole)) for whole, own in cells.items() for tile in own}


def _is_grid(cells: Sequence[tuple[str, str]]) -> bool:
    """Say whether pairs of numbers, as they are written, make a grid that begins at its corner."""
    sides = [sorted({int(cell[axis]) for cell in cells}) for axis in (0, 1)]
    if min(map(len, sides)) < 2 or max(map(len, sides)) > _MAX_GRID_ASPECT * min(map(len, sides)):
        return False
    written = [number for cell in cells for number in cell]
    is_padded = any(number.startswith("0") and len(number) > 1 for number in written)
    if (is_padded and len(set(map(len, written))) > 1) or max(side[0] for side in sides) > 1:
        return False
    return len(set(cells)) >= max(_MIN_CELLS, _MIN_GRID_SHARE * len(sides[0]) * len(sides[1]))


def _sources(pictures: Sequence[_Picture], tiles: Collection[_Picture]) -> list[_Picture]:
    """Return for each picture the folder and name of the one that it is a copy of, or its own."""
    there = set(pictures)
    told = Counter((folder, cut) for folder, name in there if (cut := _without_changes(name)) != name)
    found = []
    for folder, name in pictures:
        source = name
        while (folder, source) not in tiles and (shorter := _copied(folder, source, there, told)) is not None:
            source = shorter
        found.append((folder, source))
    return found


def _copied(folder: str, name: str, there: Collection[tuple[str, str]], told: Counter[tuple[str, str]]) -> str | None:
    """Return the name that another one continues, None where it is none's copy."""
    parts = name.split("_")
    for end in range(len(parts) - 1, 0, -1):
        shorter = "_".join(parts[:end])
        if (folder, shorter) in there and (re.search(r"\d", shorter) or _CHANGED.fullmatch(parts[end])):
            return shorter
    cut = _without_changes(name)
    # The picture itself may not be there, or be called otherwise: then several must have been made of it.
    several = told[folder, cut] > 1 and (re.search(r"\d", cut) is not None or _EXPORT_HASH.search(name) is not None)
    return cut if cut != name and (several or (folder, cut) in there) else None


def _without_changes(name: str) -> str:
    """Return a name up to what was done to the picture, or after it; the name itself where it says nothing of that."""
    parts = _EXPORT_HASH.sub("", name).split("_")
    changes = [i for i, part in enumerate(parts) if _CHANGED.fullmatch(part) or (i and _PART.fullmatch(part))]
    if changes and len(parts) > 1:
        parts = parts[: changes[0]] or parts[1:]
    return "_".join(parts)


def _frames_after_numbers(pictures: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the clip of each picture whose name is a name with a number and then the number of a frame."""
    frames: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for folder, name in pictures:
        found = _FRAME.fullmatch(name)
        if found is not None and not _ENDS_WITH_DATE.search(found[1]):
            frames["/".join(filter(None, (folder, found[1])))][folder, name] = int(found[2])
    is_clip = _even_numbers(list(frames.values()))
    return {picture: clip for clip, numbers in frames.items() if is_clip(numbers) for picture in numbers}


def _frames_in_folders(pictures: Collection[tuple[str, str]], no_clips: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the clip of each picture in one of several folders of numbered pictures: a single one tells nothing."""
    frames: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for folder, name in pictures:
        found = _NUMBERED.fullmatch(name)
        if found is not None and folder and folder not in no_clips:
            frames[folder][folder, name] = int(found[2])
    is_clip = _even_numbers(list(frames.values()))
    clips = {clip: numbers for clip, numbers in frames.items() if len(numbers) == 1 or is_clip(numbers)}
    if len(clips) < 2 or all(len(numbers) == 1 for numbers in clips.values()):
        return {}
    return {picture: clip for clip, numbers in clips.items() for picture in numbers}


def _even_numbers(clips: Sequence[dict[tuple[str, str], int]]) -> Callable[[dict[tuple[str, str], int]], bool]:
    """Return what says whether the numbers of a clip go on evenly, from those of all that may be clips."""
    steps = Counter(step for numbers in clips for step in _steps(numbers))
    usual, count = min(steps.items(), key=lambda item: (-item[1], item[0]), default=(0, 0))

    def is_clip(numbers: dict[tuple[str, str], int]) -> bool:
        own = Counter(_steps(numbers))
        if not own:
            return False
        step, times = min(own.items(), key=lambda item: (-item[1], item[0]))
        if step > _MAX_STEP or times < _MIN_EVEN_SHARE * own.total():
            return False
        return times > 1 or step <= _CLOSE or (step == usual and (count > 1 or len(steps) == 1))

    return is_clip


def _steps(numbers: dict[tuple[str, str], int]) -> list[int]:
    return [after - before for before, after in pairwise(sorted(set(numbers.values())))]
