"""Train, val and test of a folder that has none: by a keyed hash of names, what belongs together in one part."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.discovery import Pair

SHARES = "80/10/10"


def split_pairs(
    pairs: Sequence[Pair], shares: str = SHARES, val: int | None = None, test: int | None = None, seed: int = 0
) -> list[str]:
    """Return the split of each pair: the one that its data say, or else one that its group's hash draws.

    shares: train/val/test in per cent. val, test: counts of pairs, in the place of the shares. Where the data name
    pairs for testing or validating, only what they don't name is drawn from the rest. seed: key of the hash; another
    one gives another split. Groups stay whole, so that counts are met as nearly as they allow; train keeps one at
    least. Raises Problem where the counts leave nothing to train on.
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
    order = sorted(left, key=lambda group: _drawn(group, seed))
    for part, count in wanted.items():
        if part in splits:
            continue
        for group in _taken(order, left, count):
            order.remove(group)
            for i in left[group]:
                splits[i] = part
    if (val or test) and "train" not in splits:
        raise Problem(
            f"--val {val or 0} --test {test or 0}: of {len(pairs)} pairs none is left to train on", exit_code=2
        )
    return splits


def _taken(order: Sequence[str], members: dict[str, list[int]], count: int) -> list[str]:
    """Take groups in turn as long as they fit in `count`; the smallest where none does; leave one at least."""
    chosen: list[str] = []
    room = count
    for group in order:
        if len(members[group]) <= room and len(chosen) < len(order) - 1:
            chosen.append(group)
            room -= len(members[group])
    if chosen or not count or len(order) < 2:
        return chosen
    return [min(order, key=lambda group: len(members[group]))]


def _drawn(group: str, seed: int) -> bytes:
    return hashlib.blake2b(group.encode("utf-8", "surrogateescape"), key=seed.to_bytes(8, "little")).digest()


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Problem (exit code 2) where shares and counts are given both, or make no sense."""
    if "split" in settings and ("val" in settings or "test" in settings):
        raise Problem("--split, --val, --test: give shares, or counts", exit_code=2)
    parse_shares(settings.get("split", SHARES))
    for name in ("val", "test", "split_seed"):
        if settings.get(name, 0) < 0:
            raise Problem(f"--{name.replace('_', '-')} {settings[name]}: give 0 or more", exit_code=2)
