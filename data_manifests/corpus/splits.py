"""Splits into train, val and test by background and by cut-out: by identity, never by sample.

A sample takes the split that its background and its cut-out have in common; where these differ it is "mixed". "seen"
are samples of training pictures in placements that aren't trained on.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem

SPLITS = ("train", "seen", "val", "test", "mixed")
_TRAIN, _SEEN, _VAL, _TEST, _MIXED = range(len(SPLITS))
ASSET_SPLITS = ("train", "val", "test")


def parse_shares(text: str) -> tuple[float, float, float]:
    """Parse "80/10/10" into three shares of 1.

    Raises:
        Problem: It isn't three numbers that add up to 100, or leaves nothing to train on (exit code 2).
    """
    try:
        shares = [float(part) for part in text.split("/")]
    except ValueError:
        shares = []
    is_sound = len(shares) == 3 and all(map(math.isfinite, shares)) and min(shares) >= 0
    if not is_sound or abs(sum(shares) - 100) > 1e-6:
        raise Problem(
            f"--split {text}: give train/val/test in per cent that add up to 100, such as 80/10/10", exit_code=2
        )
    if shares[0] == 0:
        raise Problem(
            f"--split {text}: leaves nothing to train on: give train, the first, more than 0, such as 80/10/10",
            exit_code=2,
        )
    return shares[0] / 100, shares[1] / 100, shares[2] / 100


def shared_splits(text: str) -> list[str]:
    """Return those of train, val and test that have a share above 0 in a text such as "80/10/10"."""
    return [split for split, share in zip(ASSET_SPLITS, parse_shares(text), strict=True) if share]


def split_groups(groups: Sequence[int], shares: Sequence[float], seed: int, salt: str) -> list[str]:
    """Assign identities to train, val and test so that a group of near-duplicates stays together.

    Every split with a share above 0 gets at least one identity as long as there are groups enough; which groups is
    drawn from (seed, salt).

    Args:
        groups: Group of near-duplicates of each identity.
        shares: Of train, val and test, adding up to 1.
        seed: Seed of the corpus.
        salt: What is being split, so that backgrounds and cut-outs are drawn independently.

    Returns:
        The name of the split of each identity.
    """
    members: dict[int, list[int]] = {}
    for identity, number in enumerate(groups):
        members.setdefault(number, []).append(identity)
    draw = np.random.Generator(np.random.Philox(key=[seed, int.from_bytes(salt.encode()[:8], "big")]))
    order = [list(members.values())[g] for g in draw.permutation(len(members))]
    splits = ["train"] * len(groups)
    for part, share in (("test", shares[2]), ("val", shares[1])):
        for group in _choose(order, share, len(groups)):
            order.remove(group)
            for identity in group:
                splits[identity] = part
    return splits


def split_added_groups(
    groups: Sequence[int], known: Mapping[int, str], counts: Mapping[str, int], shares: Sequence[float], seed: int,
    salt: str,
) -> list[str]:  # fmt: skip
    """Assign identities that are added to others, whose splits stay as they are.

    Near-duplicates of what is there go with it. Which of the others go to val and test is drawn as `split_groups` does;
    as many as the shares of all identities leave room for, so that many small additions come to the shares too.

    Args:
        groups: Group of near-duplicates of each new identity; some may be groups that are there.
        known: Split of each group that is there.
        counts: How many identities each split has already.
        shares: Of train, val and test, adding up to 1.
        seed: Seed of the corpus.
        salt: What is being split.

    Returns:
        The name of the split of each new identity.
    """
    there = sum(counts.values())
    members: dict[int, list[int]] = {}
    for identity, number in enumerate(groups):
        if number not in known:
            members.setdefault(number, []).append(identity)
    key = [seed, int.from_bytes(salt.encode()[:8], "big")]
    draw = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, there]))
    order = [list(members.values())[g] for g in draw.permutation(len(members))]
    splits = [known.get(number, "train") for number in groups]
    for part, share in (("test", shares[2]), ("val", shares[1])):
        room = round(share * (there + len(groups))) - counts.get(part, 0) - splits.count(part)
        for group in list(order):
            if len(group) <= room:
                order.remove(group)
                room -= len(group)
                for identity in group:
                    splits[identity] = part
    return splits


def split_classes(
    groups: Sequence[int], labels: Sequence[str], shares: Sequence[float], seed: int, salt: str
) -> list[str]:
    """Assign identities to train, val and test, each class apart, so that each is in every split if it can be.

    A group of near-duplicates stays together and goes with the class of its first member. Where there is one class, the
    split is that of `split_groups`. Otherwise each class is drawn by a key of its own: more of one class, or another
    class, never changes the split of the others.

    Args:
        groups: Group of near-duplicates of each identity.
        labels: Class of each identity.
        shares: Of train, val and test, adding up to 1.
        seed: Seed of the corpus.
        salt: What is being split.

    Returns:
        The name of the split of each identity.
    """
    if len(set(labels)) < 2:
        return split_groups(groups, shares, seed, salt)
    splits = [""] * len(groups)
    for label, identities in _by_class(groups, labels).items():
        drawn = split_groups([groups[i] for i in identities], shares, seed, _class_salt(salt, label))
        for identity, split in zip(identities, drawn, strict=True):
            splits[identity] = split
    return splits


def split_added_classes(
    groups: Sequence[int], labels: Sequence[str], known: Mapping[int, str], counts: Mapping[str, Mapping[str, int]],
    shares: Sequence[float], seed: int, salt: str,
) -> list[str]:  # fmt: skip
    """Assign identities that are added to others, class by class: to classes that are there, or to new ones.

    Args:
        groups: Group of near-duplicates of each new identity; some may be groups that are there.
        labels: Class of each new identity.
        known: Split of each group that is there.
        counts: Class that is there -> how many identities of it each split has already.
        shares: Of train, val and test, adding up to 1.
        seed: Seed of the corpus.
        salt: What is being split.

    Returns:
        The name of the split of each new identity.
    """
    if len({*labels, *counts}) < 2:
        return split_added_groups(groups, known, next(iter(counts.values()), {}), shares, seed, salt)
    splits = [known.get(group, "") for group in groups]
    for label, members in _by_class(groups, labels).items():
        identities = [i for i in members if not splits[i]]
        new, key = [groups[i] for i in identities], _class_salt(salt, label)
        if label in counts:
            drawn = split_added_groups(new, known, counts[label], shares, seed, key)
        else:
            drawn = split_groups(new, shares, seed, key)
        for identity, split in zip(identities, drawn, strict=True):
            splits[identity] = split
    return splits


def _by_class(groups: Sequence[int], labels: Sequence[str]) -> dict[str, list[int]]:
    """Return the identities of each class, a group going with the class of its first member."""
    label_of: dict[int, str] = {}
    members: dict[str, list[int]] = {}
    for identity, (group, label) in enumerate(zip(groups, labels, strict=True)):
        members.setdefault(label_of.setdefault(group, label), []).append(identity)
    return members


def _class_salt(salt: str, label: str) -> str:
    return hashlib.sha256(f"{salt}/{label}".encode()).hexdigest()


def _choose(order: list[list[int]], share: float, count: int) -> list[list[int]]:
    """Choose groups in turn as long as they fit the share, the smallest one if none fits; leave at least one."""
    if share == 0 or len(order) < 2:
        return []
    # `order` is drawn: taking groups in turn is taking them at random.
    room = max(1, round(share * count))
    chosen: list[list[int]] = []
    for group in order:
        if len(group) <= room and len(chosen) < len(order) - 1:
            chosen.append(group)
            room -= len(group)
    return chosen or [min(order, key=len)]


def sample_splits(
    background: str, cutouts: Sequence[str], placements: int, placements_per_place: int = 1
) -> NDArray[np.int8]:
    """Return the splits of the samples of one background.

    Args:
        background: Split of the background.
        cutouts: Split of each of the F cut-outs.
        placements: K.
        placements_per_place: How many of them, one after the other, show the same place.

    Returns:
        (F, K) int8 indices into SPLITS.
    """
    table = np.full((len(cutouts), placements), _MIXED, np.int8)
    code = SPLITS.index(background)
    table[[cutout == background for cutout in cutouts]] = code
    if placements > placements_per_place and code == _TRAIN:
        # The last place of a training block is held out: it tells how much of a score is owed to pictures that
        # were trained on, and how much to new ones.
        table[table[:, -1] == _TRAIN, -placements_per_place:] = _SEEN
    return table
