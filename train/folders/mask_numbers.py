"""What grey levels and palette indices mean: two levels, coverage by soft edges, or numbers of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from statistics import median

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.train.folders.mask_encoding import FULL_LEVELS, MaskEncoding, full_by_plateau, soft_encoding
from bgfg.train.folders.mask_statistics import FLAT_SHARE, MaskStatistics
from bgfg.train.folders.object_numbers import check_no_objects
from bgfg.train.folders.trimaps import check_no_trimaps, trimap_encoding, void_of
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
# The share of its pixels from which on what looks like an object isn't noise.
_OBJECT_SHARE = 0.01
# Void of its own in so many masks, as a share of those where it lies around objects, is no contradiction.
_FEW_VOID = 0.1
# Numbers are kept as codes where at least this share of them is in use.
_DENSE = 0.75
# Levels so near to 0 and 255 are these two where few pixels have them, scattered as compression leaves them.
_NEAR_ENDS, _STRAY_SHARE = 4, 0.05
# So many files, and this share of all, that end at one level below the half are on a scale of their own.
_ON_OWN_SCALE, _ON_OWN_SCALE_SHARE = 3, 0.1

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
    void = void_of(masks, values, pooled)
    around = [file for file, found in values.items() if void in found and len(found.keys() - {0, void}) > 0]
    if mode == "classes":
        return _classes(pooled, void if around else None)
    if _is_two_scales(values):
        return _binary(pooled, " (on two scales)")
    if soft and _is_nearly_binary(masks, values, pooled):
        return _nearly_binary(pooled)
    small = all(value <= _MOST_CLASS for value in pooled if value != void)
    if soft and not small and _is_soft(masks, values, pooled):
        _check_areas(masks, values, pooled)
        _check_scales(masks, values)
        return soft_encoding(masks, values)
    if void is not None:
        _check_void(values, void, around)
    _check_lossless(masks, pooled)
    if soft and not small:
        check_no_trimaps(masks, values, pooled)
        _check_classes(masks, values, pooled, void)
    check_no_objects(values, {file: mask.whole for file, mask in masks.items()})
    return _classes(pooled, void)


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


def _check_void(values: Values, void: int, around: Sequence[str]) -> None:
    """Ask where a value is alone in some masks, as an object is, while others have it around objects, or not at all."""
    alone = _those(values, lambda found: found.keys() == {0, void} or (not around and void in found))
    if len(alone) > _FEW_VOID * len(around):
        other = (around or _those(values, lambda found: len(found.keys() - {0, void}) > 0))[0]
        line = f"{_named(alone)}: only 0 and {void}, where {other} holds {first_few(sorted(values[other]))}"
        raise Problem(f"{line}: is {void} an object, or to be ignored? {_ASK}", exit_code=2)


def _is_nearly_binary(masks: Masks, values: Values, pooled: Sequence[int]) -> bool:
    """Return whether levels are 0 and 255 but for a few stray pixels near to them.

    One below 255 is among them: 1, 2 ... with 255 alone may be classes with what is ignored.
    """
    if any(mask.lossy for mask in masks.values()) or not any(255 - _NEAR_ENDS <= v < 255 for v in pooled):
        return False
    if not all(v <= _NEAR_ENDS or 255 - _NEAR_ENDS <= v <= 255 for v in pooled) or pooled[0] > _NEAR_ENDS:
        return False
    total = _total(values.values())
    stray = total.total() - total[0] - total[255]
    return stray <= _STRAY_SHARE * total.total() and _flat_share(masks, values, pooled) < FLAT_SHARE


def _nearly_binary(pooled: Sequence[int]) -> MaskEncoding:
    low, high = ([v for v in pooled if (v <= _NEAR_ENDS) == is_low] for is_low in (True, False))
    spans = [f"{each[0]} to {each[-1]}" if len(each) > 1 else str(each[0]) for each in (low, high)]
    how = f"binary: {spans[0]} background, {spans[1]} mask (stray levels near 0 and 255 are taken for these)"
    codes = dict.fromkeys(range(_NEAR_ENDS + 1), 0) | dict.fromkeys(range(255 - _NEAR_ENDS, 256), 255)
    return MaskEncoding("mask", how, codes)


def _is_two_scales(values: Values) -> bool:
    """Return whether every mask is 0 and one level of full coverage, which isn't the same in all of them."""
    inside = [found.keys() - {0} for found in values.values()]
    return all(len(each) <= 1 and each <= set(FULL_LEVELS) for each in inside) and len(set().union(*inside)) > 1


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
                flat[mask.level_of(key)] += count
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
        inner = [key for key in mask.counts if pooled[0] < mask.level_of(key) < pooled[-1]]
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
            flat[mask.level_of(key)] += count
    apart = (pooled[-1] - pooled[0]) // 16  # nearer to the ends than this, compression makes areas
    low, high = pooled[0] + apart, pooled[-1] - apart
    areas = [level for level, count in sorted(flat.items()) if low < level < high and count >= _AREA_SHARE * total]
    if len(areas) > 1:
        line = f"the levels {first_few(areas)} fill areas, as classes do, and {len(pooled)} levels lie along edges"
        asked = "give masks that weren't resized or compressed since, or --masks soft where areas are translucent"
        raise Problem(f"masks: {line}: {asked}", exit_code=2)


def _check_scales(masks: Masks, values: Values) -> None:
    """Ask where some files of soft masks are on another scale, or nobody knows on which: objects would be lost."""
    highest = max(map(max, values.values()))
    if highest < 128 and full_by_plateau(masks, values) is None:
        line = f"levels as along soft edges, of which the highest is {highest}, so that it isn't clear which is full"
        raise Problem(f"masks: {line}: give --masks soft for 255, or masks that use their range", exit_code=2)
    wide = max((max(values[file]) for file, mask in masks.items() if mask.wide), default=0)
    tops = Counter(map(max, values.values()))
    several = max(_ON_OWN_SCALE, _ON_OWN_SCALE_SHARE * len(masks))
    own = {top for top, count in tops.items() if 1 < top < 128 <= highest and count >= several}
    low = [
        file
        for file, mask in masks.items()
        if max(values[file]) in own | ({1, 255} if mask.wide and wide > 255 else {1})
        and not mask.floats  # of fractions, 1 is all
        and values[file][max(values[file])] >= _OBJECT_SHARE * values[file].total()
    ]
    if low:
        top = max(values[low[0]])
        line = f"{_named(low)}: nothing above {top}, where the other masks are soft and reach {highest}"
        raise Problem(f"{line}: bring them to one scale, or give --masks soft to take {top} as it stands", exit_code=2)
    if wide > 255 and wide not in FULL_LEVELS and wide <= 32767:
        line = f"masks of 16 bits: the highest level is {wide}, so that it isn't clear which is full coverage"
        raise Problem(f"{line}: give --masks soft for 65535, or masks that use their range", exit_code=2)


def _check_lossless(masks: Masks, pooled: Sequence[int]) -> None:
    """Ask where a lossy format may have made values of its own."""
    lossy = [file for file, mask in masks.items() if mask.lossy]
    if lossy:
        line = f"{_named(lossy)}: JPEG, which changes values near edges, with the values {first_few(pooled)}"
        raise Problem(f"{line}: save masks as PNG, or {_ASK}, or soft", exit_code=2)


def _check_classes(masks: Masks, values: Values, pooled: Sequence[int], void: int | None) -> None:
    """Ask where levels can't be told to be classes: those of other scales, lines, and too many."""
    lowest = pooled[0]
    if all(len(found.keys() - {lowest}) <= 1 for found in values.values()):
        line = f"each mask has {lowest} and one other level, not the same in all of them ({first_few(pooled[1:])})"
        raise Problem(f"masks: {line}: {_ASK}, or --masks soft", exit_code=2)
    if _flat_share(masks, values, pooled) < FLAT_SHARE:
        line = f"{len(pooled)} levels ({first_few(pooled)}), neither in areas as classes nor as many along soft edges"
        between = f", --masks trimap ({pooled[1]} is ignored)" if len(pooled) == 3 else ""
        raise Problem(f"masks: {line}: {_ASK}{between}, or --masks soft", exit_code=2)
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
