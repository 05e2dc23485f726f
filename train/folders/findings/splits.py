"""Findings about the split of a folder: what is empty, what couldn't be met, what lies on both sides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.terminal.findings import Finding, Severity
from bgfg.train.folders.alike import copies, look_of
from bgfg.train.folders.discovery import FOLDER_SPLITS
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.settings import shares_of


def find_in_split(folder: ImageMaskFolder) -> list[Finding]:
    """Return what is wrong with the split of a folder, of which every image was read."""
    return [*_empty(folder), *_other_counts(folder), *_same_images(folder), *_copies_across(folder)]


def _empty(folder: ImageMaskFolder) -> Iterator[Finding]:
    """Yield what helps where splits have no pair that weren't asked to have none: one finding of all of them."""
    counts = Counter(folder.splits)
    empty = [split for split in FOLDER_SPLITS if not counts[split] and not _is_unwanted(folder, split)]
    if not empty:
        return
    drawn = [pair for pair in folder.pairs if pair.split in (None, "train")]
    groups = Counter(pair.group for pair in drawn)
    given = {pair.split for pair in folder.pairs} - {None, "train"}
    wanted = sum(split not in given and not _is_unwanted(folder, split) for split in FOLDER_SPLITS)
    severity: Severity = "warning"
    if len(groups) >= wanted:
        advice = "give --val and --test"
    elif len(drawn) >= wanted:
        severity = "note"  # nothing is wrong with one or two clips
        largest, size = groups.most_common(1)[0]
        one = (
            "are one group that stays together" if len(groups) == 1 else f"are {len(groups)} groups that stay together"
        )
        largest = f", the largest {largest} with {size}" if len(groups) > 1 else ""
        advice = f"the {len(drawn)} pairs {one}{largest}: --groups none splits them one by one"
        if folder.layout.name == "folder":
            advice += ", folders called train, val and test as you will"
    else:
        advice = f"{len(drawn)} pairs are too few for it: add some"
    yield Finding(
        severity, "empty-split", " and ".join(empty), f"{'has' if len(empty) == 1 else 'have'} no pair: {advice}"
    )


def _is_unwanted(folder: ImageMaskFolder, split: str) -> bool:
    """Say whether the settings say that a split is to have nothing."""
    if split == "train" or split not in folder.settings:
        shares = dict(zip(FOLDER_SPLITS, parse_shares(shares_of(folder.settings)), strict=True))
        return shares[split] == 0
    return bool(folder.settings[split] == 0)


def _other_counts(folder: ImageMaskFolder) -> Iterator[Finding]:
    """Yield a warning for each count that groups didn't let be met."""
    counts = Counter(folder.splits)
    for split in ("val", "test"):
        asked = folder.settings.get(split)
        if asked is not None and counts[split] not in (0, asked):
            why = f"has {counts[split]} pairs, and not {asked}, since groups of pairs stay together"
            yield Finding("warning", "split-count", split, f"{why} (--groups none splits them one by one)")


def _same_images(folder: ImageMaskFolder) -> Iterator[Finding]:
    splits = defaultdict[str, set[str]](set)
    for pair, split in zip(folder.pairs, folder.splits, strict=True):
        splits[folder.scans[pair].image_digest].add(split)
    across = sum(len(found) > 1 for found in splits.values())
    if across:
        yield Finding("warning", "same-image", ".", f"{across} images lie in several splits, byte for byte")


def _copies_across(folder: ImageMaskFolder) -> Iterator[Finding]:
    """Yield a warning of pictures that are copies of others in another split, though not byte for byte."""
    if not folder.grouped_by_looks:
        return
    pairs, splits, scans = folder.pairs, folder.splits, folder.scans
    looks = np.stack([look_of(scans[pair].look) for pair in pairs])
    across = [
        (low, high)
        for low, high in sorted(set(copies(looks)))
        if splits[low] != splits[high] and scans[pairs[low]].image_digest != scans[pairs[high]].image_digest
    ]
    if across:
        low, high = across[0]
        what = f"{len({high for _, high in across})} images are copies of images in another split, as they are,"
        such = f"mirrored or turned, such as {pairs[high].image} ({splits[high]}) of this ({splits[low]})"
        # Known data sets have the split of their authors, which nobody will change.
        severity: Severity = "warning" if folder.layout.name == "folder" else "note"
        yield Finding(severity, "copies-across-splits", pairs[low].image, f"{what} {such}")
