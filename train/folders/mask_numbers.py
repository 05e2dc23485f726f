"""What grey levels and palette indices mean: two levels, coverage by soft edges, or numbers of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from statistics import median

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.train.folders.mask_encoding import MaskEncoding
from bgfg.train.folders.mask_statistics import FLAT_SHARE, MaskStatistics
from bgfg.train.folders.object_numbers import check_no_objects
from bgfg.train.folders.trimaps import check_no_trimaps, trimap_encoding
from bgfg.train.ops.label_codes import IGNORE_INDEX, MAX_CLASSES

Masks = Mapping[str, MaskStatistics]
Values = Mapping[str, Counter[int]]

# If no grey level is above this, but for 255, levels are taken for numbers of classes: there are no soft masks so dark.
_MOST_CLASS = 63
# Soft edges have more levels between the lowest and the highest than this.
_FEW_LEVELS = 12
# Of the pixels of such levels that fill no areas, at least this share lies between a lower and a higher neighbour.
_SLOPE_SHARE = 0.4
# At least this share of the pixels of two levels is nearly one of them in a JPEG.
_TWO_ENDS_SHARE = 0.8
# A level that fills this share of all pixels, in areas, may be a class.
_AREA_SHARE = 0.02
# Levels of full coverage in files of 1, 8, 10, 12, 14 and 16 bits.
_FULL_LEVELS = (1, 255, 1023, 4095, 16383, 65535)
# The share of its pixels from which on what looks like an object isn't noise.
_OBJECT_SHARE = 0.01
# Void of its own in so many masks, as a share of those where it lies around objects, is no contradiction.
_FEW_VOID = 0.1
# Numbers are kept as codes where at least this share of them is in use.
_DENSE = 0.75

_ASK = "give --masks binary (all but the lowest is the mask) or --masks classes (each value a class)"


def decide_numbers(masks: Masks, values: Values, mode: str, soft: bool = True) -> MaskEncoding:
    """Decide what levels, or the indices of palettes, mean.

    Args:
        masks: What was found in each mask, by its file.
        values: How often each value occurs in each of them.
        mode: How they are to be read, of MASK_MODES.
        soft: Whether they may be levels of coverage: indices aren't.

    Raises:
        Problem: It isn't clear what they mean, or there are too many classes (exit code 2).
    """
    pooled = _pooled(values.values())
    if mode == "soft":
        return soft_encoding(masks, values)
    if mode == "binary" or (mode == "auto" and len(pooled) <= 2):
        return _binary(pooled)
    if mode == "trimap":
        return trimap_encoding(pooled)
    void = _void(pooled)
    around = [file for file, found in values.items() if void in found and len(found.keys() - {0, void}) > 0]
    if mode == "classes":
        return _classes(pooled, void if around else None)
    if _is_two_scales(values):
        return _binary(pooled, " (on two scales)")
    small = all(value <= _MOST_CLASS for value in pooled if value != void)
    if soft and not small and _is_soft(masks, values, pooled):
        _check_areas(masks, values, pooled)
        _check_scales(masks, values)
        return soft_encoding(masks, values)
    if void is not None:
        _check_void(values, void, around)
    _check_classes(masks, values, pooled, void, small or not soft)
    if soft and not small:
        check_no_trimaps(masks, values, pooled)
    check_no_objects(values, {file: mask.whole for file, mask in masks.items()})
    return _classes(pooled, void)


def soft_encoding(masks: Masks, values: Values, source: str = "") -> MaskEncoding:
    """Return how levels of coverage are read; those of 16 bits on one scale, whatever a single file reaches.

    Args:
        masks: What was found in each mask.
        values: How often each level occurs in each of them.
        source: Words that the description begins with.
    """
    wide = max((max(values[file]) for file, mask in masks.items() if mask.wide), default=0)
    full = wide if wide in _FULL_LEVELS else 65535
    scaled = wide > 255
    scale = f"0 to {full} in files of 16 bits, else 0 to 255" if scaled else "0 to 255"
    if scaled and all(mask.wide for mask in masks.values()):
        scale = f"0 to {full}"
    description = f"{source}soft, {scale} (a half and more is the mask where it is to be one)"
    codes = {value: value for value in range(256)}
    return MaskEncoding("mask", description, codes, full_level=full if scaled else None)


def _binary(values: Sequence[int], note: str = "") -> MaskEncoding:
    """Take the lowest value for the background, all others for the mask."""
    lowest = values[0] if len(values) > 1 else 0
    others = first_few([value for value in values if value != lowest]) or "any other"
    # Where all masks are empty, foreground in masks that are read later is known by its usual levels.
    rest = {1: 255, 255: 255} if set(values) <= {0} else {}
    codes = rest | {value: 0 if value == lowest else 255 for value in values}
    return MaskEncoding("mask", f"binary: {lowest} background, {others} mask{note}", codes)


def _classes(values: Sequence[int], void: int | None) -> MaskEncoding:
    """Take values for classes: numbers for themselves, or their ranks, where they are far apart."""
    numbers = [value for value in values if value != void]
    if len(numbers) > MAX_CLASSES:
        what = f"the masks have {len(numbers):,} values, and at most {MAX_CLASSES} classes are learnt"
        raise Problem(f"--masks classes: {what}: give binary, or masks with fewer classes", exit_code=2)
    highest = max(numbers, default=0)
    by_rank = highest > _MOST_CLASS and (highest >= MAX_CLASSES or len(numbers) < _DENSE * (highest + 1))
    codes = {value: rank if by_rank else value for rank, value in enumerate(numbers)}
    count = max(codes.values(), default=0) + 1
    names = tuple(map(str, numbers if by_rank else range(count)))
    ranked = ", numbered in the order of their levels" if by_rank else ""
    ignored = "" if void is None else f", {void} ignored"
    if void is not None:
        codes[void] = IGNORE_INDEX
    return MaskEncoding("classes", f"{count} classes{ranked}{ignored}", codes, names)


def _void(pooled: Sequence[int]) -> int | None:
    """Return the value that may mark pixels that don't count: the highest of 8 or 16 bits, above numbers of classes.

    Levels that are spread over the whole range, as 0, 128 and 255 are, are classes all of them.
    """
    highest = pooled[-1]
    others = pooled[:-1]
    numbers = [value for value in others if value]
    if not numbers or highest not in (255, 65535) or highest - 1 in others:
        return None
    numbered = numbers[0] <= 2 or others[-1] <= _MOST_CLASS
    apart = others[-1] <= (highest - 1 if highest == 255 else highest // 2)
    return highest if numbered and apart else None


def _check_void(values: Values, void: int, around: Sequence[str]) -> None:
    """Ask where a value is alone in some masks, as an object is, while others have it around objects, or not at all."""
    alone = _those(values, lambda found: found.keys() == {0, void} or (not around and void in found))
    if len(alone) > _FEW_VOID * len(around):
        other = (around or _those(values, lambda found: len(found.keys() - {0, void}) > 0))[0]
        line = f"{_named(alone)}: only 0 and {void}, where {other} holds {first_few(sorted(values[other]))}"
        raise Problem(f"{line}: is {void} an object, or to be ignored? {_ASK}", exit_code=2)


def _is_two_scales(values: Values) -> bool:
    """Return whether every mask is 0 and one level of full coverage, which isn't the same in all of them."""
    inside = [found.keys() - {0} for found in values.values()]
    return all(len(each) <= 1 and each <= set(_FULL_LEVELS) for each in inside) and len(set().union(*inside)) > 1


def _is_soft(masks: Masks, values: Values, pooled: Sequence[int]) -> bool:
    """Return whether levels are those of soft edges: many, and hardly any of them fills areas."""
    lossy = any(mask.lossy for mask in masks.values())
    if lossy and _two_ends_share(values, pooled) >= _TWO_ENDS_SHARE:
        return True
    flat = _flat_share(masks, values, pooled)
    many = len(pooled) - 2 > _FEW_LEVELS or (lossy and pooled[-1] > _MOST_CLASS)
    return many and flat < FLAT_SHARE and _slope_share(masks, pooled) >= _SLOPE_SHARE


def _flat_share(masks: Masks, values: Values, pooled: Sequence[int]) -> float:
    """Return the share of a level's pixels that have it in common with their neighbours: the median over the levels.

    The lowest and the highest are left out, which fill areas in soft masks too.
    """
    counts: Counter[int] = Counter()
    flat: Counter[int] = Counter()
    for file, mask in masks.items():
        if len(mask.counts) > 2:
            counts.update(values[file])
            for key, count in mask.flat.items():
                flat[_level(mask, key)] += count
    shares = [flat[level] / counts[level] for level in pooled[1:-1] if counts[level]]
    # Where no mask has more than two levels, each of them fills areas.
    return median(shares) if shares else 1.0


def _two_ends_share(values: Values, pooled: Sequence[int]) -> float:
    """Return the share of pixels whose level is nearly the lowest or the highest, as two levels in a JPEG are."""
    near = (pooled[-1] - pooled[0]) // 8
    total = _total(values.values())
    return sum(n for v, n in total.items() if min(v - pooled[0], pooled[-1] - v) <= near) / total.total()


def _slope_share(masks: Masks, pooled: Sequence[int]) -> float:
    """Return the share of pixels of all levels but the lowest and highest that lie between a lower and a higher one.

    Pixels within areas don't count.
    """
    slopes, others = 0, 0
    for mask in masks.values():
        inner = [key for key in mask.counts if pooled[0] < _level(mask, key) < pooled[-1]]
        slope = sum(mask.between[key] for key in inner)
        slopes += slope
        others += sum(mask.counts[key] - mask.flat[key] for key in inner if len(mask.counts) > 2) - slope
    return slopes / max(1, slopes + others)


def _check_areas(masks: Masks, values: Values, pooled: Sequence[int]) -> None:
    """Ask where soft masks have several levels that fill areas: classes that were resized or compressed look so."""
    total = sum(found.total() for found in values.values())
    flat: Counter[int] = Counter()
    for mask in masks.values():
        for key, count in mask.flat.items():
            flat[_level(mask, key)] += count
    apart = (pooled[-1] - pooled[0]) // 16  # nearer to the ends than this, compression makes areas
    low, high = pooled[0] + apart, pooled[-1] - apart
    areas = [level for level, count in sorted(flat.items()) if low < level < high and count >= _AREA_SHARE * total]
    if len(areas) > 1:
        line = f"the levels {first_few(areas)} fill areas, as classes do, and {len(pooled)} levels lie along edges"
        asked = "give masks that weren't resized or compressed since, or --masks soft where areas are translucent"
        raise Problem(f"masks: {line}: {asked}", exit_code=2)


def _level(mask: MaskStatistics, key: int) -> int:
    """Return the level of a grey value, or of an index in a palette of greys."""
    return mask.palette[key] & 255 if mask.kind == "palette" else key


def _check_scales(masks: Masks, values: Values) -> None:
    """Ask where single files of soft masks are on another scale: their objects would be lost."""
    wide = max((max(values[file]) for file, mask in masks.items() if mask.wide), default=0)
    low = [
        file
        for file, mask in masks.items()
        if max(values[file]) in ((1, 255) if mask.wide and wide > 255 else (1,))
        and not mask.floats  # of fractions, 1 is all
        and values[file][max(values[file])] >= _OBJECT_SHARE * values[file].total()
    ]
    if low:
        top, highest = max(values[low[0]]), max(map(max, values.values()))
        line = f"{_named(low)}: nothing above {top}, where the other masks are soft and reach {highest}"
        raise Problem(f"{line}: bring them to one scale, or give --masks soft to take {top} as it stands", exit_code=2)
    if wide > 255 and wide not in _FULL_LEVELS and wide <= 32767:
        line = f"masks of 16 bits: the highest level is {wide}, so that it isn't clear which is full coverage"
        raise Problem(f"{line}: give --masks soft for 65535, or masks that use their range", exit_code=2)


def _check_classes(masks: Masks, values: Values, pooled: Sequence[int], void: int | None, numbered: bool) -> None:
    """Ask where values can't be told to be classes: levels of other scales, void of its own, lossy files, lines."""
    lossy = [file for file, mask in masks.items() if mask.lossy]
    if lossy:
        line = f"{_named(lossy)}: JPEG, which changes values near edges, with the values {first_few(pooled)}"
        raise Problem(f"{line}: save masks as PNG, or {_ASK}, or soft", exit_code=2)
    if numbered:
        return
    lowest = pooled[0]
    if all(len(found.keys() - {lowest}) <= 1 for found in values.values()):
        line = f"each mask has {lowest} and one other level, not the same in all of them ({first_few(pooled[1:])})"
        raise Problem(f"masks: {line}: {_ASK}, or --masks soft", exit_code=2)
    if _flat_share(masks, values, pooled) < FLAT_SHARE:
        line = f"{len(pooled)} levels ({first_few(pooled)}), neither in areas as classes nor as many along soft edges"
        raise Problem(f"masks: {line}: {_ASK}, or --masks soft", exit_code=2)
    if len(pooled) > MAX_CLASSES + (void is not None):
        line = f"{len(pooled):,} values that fill areas ({first_few(pooled)}), as numbers of objects do"
        asked = "give --masks binary, or masks with fewer classes"
        raise Problem(f"masks: {line}; at most {MAX_CLASSES} classes are learnt: {asked}", exit_code=2)


def _those(values: Values, fits: Callable[[Counter[int]], bool]) -> list[str]:
    return [file for file, found in values.items() if fits(found)]


def _named(files: Sequence[str]) -> str:
    """Return the first file, and how many more there are."""
    return files[0] + (f" and {len(files) - 1:,} more" if len(files) > 1 else "")


def _total(values: Iterable[Counter[int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for found in values:
        total.update(found)
    return total


def _pooled(values: Iterable[Counter[int]]) -> list[int]:
    return sorted(set(chain.from_iterable(values)))
