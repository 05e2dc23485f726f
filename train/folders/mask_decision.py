"""Decision on how the masks of a folder are read: from the values of every one of them, file by file.

Where they don't say what they mean, a Problem asks with one line that names the option.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.train.folders.mask_encoding import MaskEncoding, soft_encoding
from bgfg.train.folders.mask_numbers import decide_numbers
from bgfg.train.folders.mask_statistics import MAX_COLOURS, TRANSPARENT, MaskStatistics
from bgfg.train.folders.mask_values import ALPHA, COLOURS, LEVELS, NUMBERS, format_value, is_grey, values_in
from bgfg.train.folders.object_numbers import check_no_colours_of_objects
from bgfg.train.ops.label_codes import IGNORE_INDEX, MAX_CLASSES
from bgfg.train.viz.sheet import picture_of_classes

# Up to this share of the masks may be of another kind than the rest without a question.
_FEW_MASKS = 0.2
# The colour of void in PASCAL VOC, which stands for 255 in its palette.
_VOC_VOID = 0xE0E0C0

Masks = Mapping[str, MaskStatistics]


def decide_encoding(masks: Masks, mode: str, alpha: bool = False) -> MaskEncoding:
    """Decide how masks are read.

    Args:
        masks: What was found in each mask, by its file.
        mode: How they are to be read, of MASK_MODES.
        alpha: Whether the data are known to have their masks in the alpha channel.

    Raises:
        Problem: They can't be read in this mode, or say nothing clear where it is "auto" (exit code 2).
    """
    source = ALPHA if alpha and mode != "classes" else _source(masks, mode)
    if source == ALPHA:
        _check_others_among_alpha(masks)
    values = {file: values_in(mask, source) for file, mask in masks.items()}
    if source == COLOURS:
        return _by_colour(values, mode)
    if source == ALPHA:
        told = mode in ("binary", "trimap")
        found = decide_numbers(masks, values, mode) if told else soft_encoding(masks, values, "alpha channel, ")
        return replace(found, source=ALPHA)
    indices = any(mask.kind == "palette" for mask in masks.values()) and source == NUMBERS
    if indices and mode == "soft":
        colours = _named_colours(_pooled_palette(masks))
        line = f"the masks have a palette of colours ({first_few(colours)})"
        raise Problem(f"--masks soft: {line}: give auto, binary or classes", exit_code=2)
    found = decide_numbers(masks, values, mode, soft=not indices)
    return replace(found, source=source, palette=_pooled_palette(masks) if indices else {})


def _source(masks: Masks, mode: str) -> str:
    """Return what values are: of NUMBERS, LEVELS, COLOURS and ALPHA."""
    kinds = Counter(mask.kind for mask in masks.values())
    if kinds["alpha"]:
        return _source_of_transparent(masks, mode)
    if kinds["colour"]:
        if mode == "auto":
            _check_grey_among_colours(masks)
        return COLOURS
    if not kinds["palette"]:
        return NUMBERS
    palettes = [mask.palette for mask in masks.values() if mask.kind == "palette"]
    if all(all(map(is_grey, each.values())) and len(set(each.values())) == len(each) for each in palettes):
        return LEVELS
    return _source_of_palettes(palettes, mode)


def _source_of_transparent(masks: Masks, mode: str) -> str:
    """Tell classes in flat colours on a transparent ground from cut-outs, whose colours are those of a photograph."""
    shown = {file: mask for file, mask in masks.items() if mask.alpha and mask.kind != "grey"}
    photographs = [file for file, mask in shown.items() if mask.is_photograph]
    if mode == "classes" and photographs:
        count = shown[photographs[0]].colours
        line = f"--masks classes: {photographs[0]} has {count:,} colours, as a cut-out has"
        raise Problem(f"{line}: give auto, binary or soft, for its alpha channel", exit_code=2)
    if mode in ("binary", "soft", "trimap"):
        return ALPHA
    painted = [file for file, mask in shown.items() if len(mask.counts.keys() - {TRANSPARENT}) > 1]
    colours = set(chain.from_iterable(mask.counts for mask in shown.values())) - {TRANSPARENT}
    if photographs and len(painted) > _FEW_MASKS * len(shown):
        line = f"{painted[0]} has flat colours on a transparent ground, {photographs[0]} those of a photograph"
        asked = "give --masks soft, which takes the alpha channel of all, or move one kind away"
        raise Problem(f"masks: {line}: {asked}", exit_code=2)
    if mode == "classes" or (not photographs and 1 < len(colours) <= MAX_COLOURS):
        return COLOURS
    return ALPHA


def _source_of_palettes(palettes: Sequence[Mapping[int, int]], mode: str) -> str:
    """Return whether indices or colours count: the latter where palettes differ, and colours come again in others."""
    of_index, files_of = defaultdict[int, set[int]](set), Counter[int]()
    for each in palettes:
        files_of.update(set(each.values()))
        for index, colour in each.items():
            of_index[index].add(colour)
    if all(len(colours) == 1 for colours in of_index.values()):
        return NUMBERS
    alone = sum(count == 1 for count in files_of.values())
    distinct = all(len(set(each.values())) == len(each) for each in palettes)
    if distinct and (len(files_of) <= len(of_index) or 2 * alone <= len(files_of)):
        return COLOURS
    if mode == "classes":
        return NUMBERS
    index = next(index for index, colours in of_index.items() if len(colours) > 1)
    colours = first_few(_named_colours(dict(enumerate(sorted(of_index[index])))), 2)
    line = f"palettes differ: index {index} is {colours}, and most colours are in one mask alone"
    raise Problem(f"masks: {line}: give --masks classes, which takes indices, or masks of one palette", exit_code=2)


def _check_grey_among_colours(masks: Masks) -> None:
    """Ask where numbers lie among masks in colour: their levels are none of the colours."""
    coloured = set(
        chain.from_iterable(
            mask.palette.values() if mask.kind == "palette" else mask.counts
            for mask in masks.values()
            if mask.kind != "grey"
        )
    ) | {0, 0xFFFFFF}
    for file, mask in masks.items():
        strange = [] if mask.kind != "grey" else [v for v in sorted(mask.counts) if v * 0x010101 not in coloured]
        if strange:
            other = next(name for name, each in masks.items() if each.kind == "colour")
            line = f"{file} has the levels {first_few(strange)}, {other} colours"
            asked = "bring masks to one kind, or give --masks classes, which takes levels for colours"
            raise Problem(f"masks: {line}: {asked}", exit_code=2)


def _check_others_among_alpha(masks: Masks) -> None:
    """Refuse colours without transparency among alpha channels: they have nothing that could be the mask."""
    for file, mask in masks.items():
        colours = mask.palette.values() if TRANSPARENT not in mask.palette.values() else ()
        if (mask.kind == "colour" and not mask.alpha) or not all(map(is_grey, colours)):
            line = f"{file}: in colour without transparency, where other masks are alpha channels"
            raise Problem(
                f"{line}: move it away, or give --masks classes where all are colours of classes", exit_code=2
            )


def _by_colour(values: Mapping[str, Counter[int]], mode: str) -> MaskEncoding:
    """Take colours for classes: what is transparent first, then black, in the order of their numbers.

    Two of them are a mask. The colour of void in PASCAL VOC is ignored among that set's colours.
    """
    pooled = sorted(set(chain.from_iterable(values.values())), key=lambda colour: (colour != TRANSPARENT, colour))
    names = tuple(format_value(colour, colour=True) for colour in pooled)
    if mode in ("soft", "trimap"):
        line = f"the masks are in colour ({first_few(names)})"
        raise Problem(f"--masks {mode}: {line}: give auto, binary or classes", exit_code=2)
    if mode == "binary" or (mode == "auto" and len(pooled) <= 2):
        codes = {value: 0 if rank == 0 and len(pooled) > 1 else 255 for rank, value in enumerate(pooled)}
        description = f"binary: {names[0]} background, {first_few(names[1:])} mask"
        return MaskEncoding("mask", description, codes, source=COLOURS)
    known = set(pooled) <= _voc_colours()
    if mode == "auto" and not known:
        check_no_colours_of_objects(values)
    void = _VOC_VOID if _VOC_VOID in pooled and len(pooled) > 2 and known else None
    classes = [value for value in pooled if value != void]
    if len(classes) > MAX_CLASSES:
        line = f"the masks have {len(classes):,} colours in all, and at most {MAX_CLASSES} classes are learnt"
        raise Problem(f"masks: {line}: give --masks binary, or masks with fewer classes", exit_code=2)
    codes = {value: rank for rank, value in enumerate(classes)}
    names = tuple(format_value(value, colour=True) for value in classes)
    ignored = "" if void is None else f", {format_value(void, colour=True)} ignored"
    if void is not None:
        codes[void] = IGNORE_INDEX
    description = f"{len(classes)} classes by colour, {names[0]} background{ignored}"
    return MaskEncoding("classes", description, codes, names, source=COLOURS)


def _voc_colours() -> set[int]:
    colours = picture_of_classes(np.arange(256, dtype=np.uint8)[None])[0].astype(int)
    return {(red << 16) + (green << 8) + blue for red, green, blue in colours[:21].tolist()} | {_VOC_VOID}


def _pooled_palette(masks: Masks) -> dict[int, int]:
    pooled: dict[int, int] = {}
    for mask in masks.values():
        pooled |= mask.palette
    return dict(sorted(pooled.items()))


def _named_colours(palette: Mapping[int, int]) -> list[str]:
    return [format_value(colour, colour=True) for colour in palette.values()]
