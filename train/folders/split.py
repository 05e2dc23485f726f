"""Splits of a folder that has none: drawn by a keyed hash of group names, so that groups stay together."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.discovery import ImageMaskPair

DEFAULT_SHARES = "80/10/10"


def split_pairs(
    pairs: Sequence[ImageMaskPair],
    shares: str = DEFAULT_SHARES,
    val: int | None = None,
    test: int | None = None,
    seed: int = 0,
) -> list[str]:
    """Return the split of each pair: the one that its data say, or else one that its group's hash draws.

    Where the data name pairs for testing or validating, only the split that they don't name is drawn from the rest.
    Groups stay whole, so counts are met as nearly as groups allow; train keeps one group at least.

    Args:
        pairs: The pairs.
        shares: Train/val/test in per cent.
        val: Count of pairs to validate on, in the place of its share.
        test: Count of pairs to test on, in the place of its share.
        seed: Key of the hash; another one gives another split.

    Raises:
        Problem: The counts leave nothing to train on.
    """
    _, val_share, test_share = parse_shares(shares)
    splits = [pair.split or "train" for pair in pairs]
    wanted = {
        "test": test if test is not None else round(test_share * len(pairs)),
        "val": val if val is not None else round(val_share * len(pairs)),
    }
    left: dict[str, list[int]] = defaultdict(list)
    for i, pair in enumerate(pairs):
        if splits[i] == "train":
            left[pair.group].append(i)
    order = sorted(left, key=lambda group: _group_hash(group, seed))
    for part, count in wanted.items():
        if part in splits:
            continue
        for group in _choose_groups(order, left, count):
            order.remove(group)
            for i in left[group]:
                splits[i] = part
    if (val or test) and "train" not in splits:
        raise Problem(
            f"--val {val or 0} --test {test or 0}: of {len(pairs)} pairs none is left to train on", exit_code=2
        )
    return splits


def _choose_groups(order: Sequence[str], members: dict[str, list[int]], count: int) -> list[str]:
    """Take groups in turn while they fit in `count`, or the smallest where none does; leave one group at least."""
    chosen: list[str] = []
    room = count
    for group in order:
        if len(members[group]) <= room and len(chosen) < len(order) - 1:
            chosen.append(group)
            room -= len(members[group])
    if chosen or not count or len(order) < 2:
        return chosen
    return [min(order, key=lambda group: len(members[group]))]


def _group_hash(group: str, seed: int) -> bytes:
    return hashlib.blake2b(group.encode("utf-8", "surrogateescape"), key=seed.to_bytes(8, "little")).digest()


def check_split_settings(settings: dict[str, Any]) -> None:
    """Raise Problem (exit code 2) where shares and counts are given both, or make no sense."""
    if "split" in settings and ("val" in settings or "test" in settings):
        raise Problem("--split, --val, --test: give shares, or counts", exit_code=2)
    parse_shares(settings.get("split", DEFAULT_SHARES))
    for name in ("val", "test", "split_seed"):
        if settings.get(name, 0) < 0:
            raise Problem(f"--{name.replace('_', '-')} {settings[name]}: give 0 or more", exit_code=2)
