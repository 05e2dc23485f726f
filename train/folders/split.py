"""Splits of a folder that has none: drawn by a keyed hash of group names, so that groups stay together."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
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

    Where the data name pairs for testing or validating, only the split that they don't name is drawn from the rest, and
    never from a group of which they name some: where they say nothing of its others, these go with those. Groups stay
    whole, so counts are met as nearly as groups allow; train keeps one group at least.

    Args:
        pairs: The pairs.
        shares: Train/val/test in per cent.
        val: Count of pairs to validate on, in the place of its share.
        test: Count of pairs to test on, in the place of its share.
        seed: Key of the hash; another one gives another split.
    """
    _, val_share, test_share = parse_shares(shares)
    given = {pair.group: pair.split for pair in pairs if pair.split not in (None, "train")}
    splits = [pair.split or given.get(pair.group) or "train" for pair in pairs]
    wanted = {
        "test": test if test is not None else round(test_share * len(pairs)),
        "val": val if val is not None else round(val_share * len(pairs)),
    }
    left: dict[str, list[int]] = defaultdict(list)
    for i, pair in enumerate(pairs):
        if splits[i] == "train" and pair.group not in given:
            left[pair.group].append(i)
    order = sorted(left, key=lambda group: _group_hash(group, seed))
    for part, count in wanted.items():
        if part in splits:
            continue
        for group in _choose_groups(order, left, count):
            order.remove(group)
            for i in left[group]:
                splits[i] = part
    return splits


def require_counts(pairs: Sequence[ImageMaskPair], settings: Mapping[str, Any]) -> None:
    """Raise Problem (exit code 2) where the counts of settings can't be met by any split of these pairs.

    Also where the data leave nothing that shares or a seed would decide on.

    Args:
        pairs: The pairs.
        settings: As of ImageMaskFolder; those of the split are looked at.
    """
    given = Counter(pair.split for pair in pairs)
    asked = {name: settings[name] for name in ("val", "test") if name in settings}
    for name in ("split", "split_seed"):
        if name in settings and given["val"] and given["test"]:
            what = "the data themselves name pairs for val and for test, by folder or by list"
            raise Problem(f"--{name.replace('_', '-')} {settings[name]}: {what}: leave it out", exit_code=2)
    for name, count in asked.items():
        if given[name] not in (0, count):
            what = f"the data themselves name {given[name]} pairs for {name}, by folder or by list"
            raise Problem(f"--{name} {count}: {what}: leave it out", exit_code=2)
    require_room(pairs, settings)


def require_room(pairs: Sequence[ImageMaskPair], settings: Mapping[str, Any]) -> None:
    """Raise Problem (exit code 2) where counts of settings leave nothing to train on.

    Args:
        pairs: The pairs: where it holds of all, it holds of those too that turn out to be usable.
        settings: As of ImageMaskFolder; "val" and "test" are looked at.
    """
    given = Counter(pair.split for pair in pairs)
    asked = {name: settings[name] for name in ("val", "test") if name in settings}
    drawn = given[None] + given["train"]
    wanted = sum(count for name, count in asked.items() if not given[name])
    if wanted and wanted >= drawn:
        counts = " ".join(f"--{name} {count}" for name, count in asked.items())
        raise Problem(f"{counts}: of {drawn} pairs none is left to train on: give fewer", exit_code=2)


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
    if settings.get("split_seed", 0) >= 2**64:
        raise Problem(f"--split-seed {settings['split_seed']}: give less than 2^64", exit_code=2)
