"""Names of pictures and of their depth maps: which say that they are depth, and what partners have in common."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Sequence

_DEPTH_WORDS = frozenset(("depth", "depths", "depthmap", "depthmaps"))
_BESIDE_DEPTH = frozenset(("gt", "groundtruth", "sync", "map", "raw", "filled"))  # such as depth_gt, sync_depth
_RGB_WORDS = frozenset(("rgb", "color", "colors", "colour", "colours", "image", "img", "photo", "picture"))

# Frames of a Kinect in NYU Depth v2's raw sequences: r-TIME-TICK.ppm and d-TIME-TICK.pgm.
_RAW_FRAME = re.compile(r"([rd])-(\d+\.\d+)-\d+")
_TIME = re.compile(r"\d+\.\d{4,}")
_MOST_APART_S = 0.02

Keys = Callable[[str], str]


def is_depth_name(stem: str) -> bool:
    """Say whether a name says that the file is a depth map."""
    raw = _RAW_FRAME.fullmatch(stem)
    return (raw is not None and raw[1] == "d") or not _DEPTH_WORDS.isdisjoint(_words(stem))


def is_rgb_name(name: str) -> bool:
    """Say whether a name says that there are pictures, and no depth."""
    words = _words(name)
    return not _RGB_WORDS.isdisjoint(words) and _DEPTH_WORDS.isdisjoint(words)


def match_names(
    rgb: Sequence[str], depth: Sequence[str], holds_depth: Callable[[str], bool]
) -> tuple[dict[str, tuple[str, str]], tuple[list[str], list[str]]]:
    """Match pictures and depth maps by their names.

    First by equal names; else by what is left of those of depth without the words for depth, then of pictures without
    theirs too, then of both without either. The first of these that leaves nobody alone counts, else the one that
    leaves the fewest.

    Args:
        rgb: Names of pictures, in order.
        depth: Names of depth maps.
        holds_depth: Says whether a map does hold depth, asked where several would belong to one picture: masks and
            coloured views lie beside it.

    Returns:
        Pairs by the name that they share; pictures and maps that have no partner.
    """
    attempts = [_match(rgb, depth, holds_depth, *keys) for keys in _KEYS]
    return min(attempts, key=lambda attempt: len(attempt[1][0]) + len(attempt[1][1]))


def match_times(rgb: Sequence[str], depth: Sequence[str]) -> dict[str, str] | None:
    """Match names that are times in seconds, each with the nearest that is at most 20 ms apart.

    Returns:
        Name of a picture -> that of its depth map; None where names aren't times, or are equal already.
    """
    times = [{stem: time for stem in stems if (time := _seconds(stem)) is not None} for stems in (rgb, depth)]
    if len(times[0]) < len(rgb) or len(times[1]) < len(depth) or set(rgb) == set(depth):
        return None
    ordered = sorted((time, stem) for stem, time in times[1].items())
    near = []
    for first, time in times[0].items():
        start, end = (bisect(ordered, (time + off,)) for off in (-_MOST_APART_S, _MOST_APART_S))
        near += [(abs(time - other), first, second) for other, second in ordered[start:end]]
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, first, second in sorted(near):
        if first not in found and second not in taken:
            found[first] = second
            taken.add(second)
    return found or None


def _match(
    rgb: Sequence[str], depth: Sequence[str], holds_depth: Callable[[str], bool], rgb_key: Keys, depth_key: Keys
) -> tuple[dict[str, tuple[str, str]], tuple[list[str], list[str]]]:
    candidates: dict[str, list[str]] = {}
    for stem in depth:
        candidates.setdefault(depth_key(stem), []).append(stem)
    for key, stems in candidates.items():
        if len(stems) > 1:
            candidates[key] = [stem for stem in stems if "mask" not in _words(stem) and holds_depth(stem)]
    pairs: dict[str, tuple[str, str]] = {}
    lonely: list[str] = []
    used: set[str] = set()
    for stem in rgb:
        key = rgb_key(stem)
        if len(candidates.get(key, [])) == 1 and key not in used:
            used.add(key)
            shown = stem if rgb_key is _whole else _shown(stem)
            pairs[stem if shown in pairs else shown] = (stem, candidates[key][0])
        else:
            lonely.append(stem)
    return pairs, (lonely, [stem for key, stems in candidates.items() if key not in used for stem in stems])


def _words(stem: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Za-z]+|[0-9]+", stem)]


def _whole(stem: str) -> str:
    return stem


def _spelled(stem: str) -> str:
    return " ".join(_words(stem))


def _without(words: frozenset[str]) -> Keys:
    return lambda stem: " ".join(word for word in _words(stem) if word not in words)


_ALL_DEPTH = _DEPTH_WORDS | _BESIDE_DEPTH
_EITHER = _ALL_DEPTH | _RGB_WORDS | {"mask"}
_KEYS: tuple[tuple[Keys, Keys], ...] = (
    (_whole, _whole),
    (_spelled, _without(_ALL_DEPTH | {"mask"})),
    (_without(_RGB_WORDS), _without(_ALL_DEPTH | {"mask"})),
    (_without(_EITHER), _without(_EITHER)),
)


def _shown(stem: str) -> str:
    """Return a picture's name without the word that says that it is one, as it is spelled."""
    kept = re.sub(rf"(?<![A-Za-z])(?:{'|'.join(_RGB_WORDS)})(?![A-Za-z])", "", stem, flags=re.IGNORECASE)
    return re.sub(r"([._ -])[._ -]+", r"\1", kept).strip("._ -") or stem


def _seconds(stem: str) -> float | None:
    raw, name = _RAW_FRAME.fullmatch(stem), stem.rpartition("/")[2]
    return float(raw[2]) if raw else float(name) if _TIME.fullmatch(name) else None
