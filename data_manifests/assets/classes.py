"""Classes: what cut-outs show. Each has a label, and a number from 1 on by which pictures and annotations say it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from bgfg.data_manifests.terminal.errors import Problem, counted, first_few

# What a cut-out shows that nobody gave a class. Corpora of this class alone, and all of before, don't write it down.
DEFAULT_LABEL = "foreground"

# What is around cut-outs: number 0 of every picture of classes.
BACKGROUND_LABEL = "background"

# Numbers of classes are pixels of 8 bits, among which 0 is the background and 255 stands for what isn't known.
MOST_CLASSES = 254


class LabelledCutout(Protocol):
    """What is asked of a cut-out here: a row of assets.parquet."""

    @property
    def label(self) -> str | None:
        """Its class."""

    @property
    def file(self) -> str:
        """The file it comes from."""

    @property
    def group(self) -> int:
        """Number of its group of near-duplicates."""

    @property
    def split(self) -> str | None:
        """Its split."""


def sorted_classes(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the classes of cut-outs in the order of their numbers: sorted, so that others come to the same.

    Args:
        labels: Label of each cut-out.

    Raises:
        Problem: There are too many, two differ in nothing but upper and lower case, or one is that of what is around.
    """
    found = tuple(sorted(set(labels)))
    alike: dict[str, str] = {}
    for label in found:
        other = alike.setdefault(label.casefold(), label)
        if other != label:
            raise Problem(f"--fg: the classes {other} and {label} differ only in case: give both one name", exit_code=2)
    if BACKGROUND_LABEL in alike:
        line = f"--fg: a class can't be called {alike[BACKGROUND_LABEL]}, which is what is around cut-outs: rename it"
        raise Problem(line, exit_code=2)
    if len(found) > MOST_CLASSES:
        shown = first_few(found, 3)
        line = f"--fg: {len(found)} classes ({shown}), of which pictures of classes hold {MOST_CLASSES}: join some"
        raise Problem(f"{line}, or give --label NAME --subfolders merge where all show the same kind", exit_code=2)
    return found


def class_numbers(classes: Sequence[str]) -> dict[str, int]:
    """Return the number of each class: its place in the list, from 1 on."""
    return {label: number for number, label in enumerate(classes, start=1)}


def count_classes(cutouts: Iterable[LabelledCutout]) -> str:
    """Say how many cut-outs each class has, such as "cat 12, dog 9", in the order of their numbers."""
    counts: dict[str, int] = {}
    for cutout in cutouts:
        counts[str(cutout.label)] = counts.get(str(cutout.label), 0) + 1
    return ", ".join(f"{label} {count:,}" for label, count in sorted(counts.items()))


def thin_classes(cutouts: Sequence[LabelledCutout], splits: Sequence[str]) -> list[tuple[str, str]]:
    """Find the classes that have too few cut-outs to be in every split.

    Args:
        cutouts: Originals, with their splits.
        splits: The splits that have a share.

    Returns:
        For each such class its label, and what is missing, in words; nothing where there is one class.
    """
    by_class: dict[str, list[LabelledCutout]] = {}
    for cutout in cutouts:
        by_class.setdefault(str(cutout.label), []).append(cutout)
    found = []
    for label, members in sorted(by_class.items()) if len(by_class) > 1 else ():
        missing = [split for split in splits if all(cutout.split != split for cutout in members)]
        if missing:
            alike = len({cutout.group for cutout in members}) < len(members)
            few = f"{counted(len(members), 'cut-out')}{', near-duplicates counted' if alike else ''}"
            found.append((label, f"none of its {few} is in {' or '.join(missing)}"))
    return found


def contradictions(cutouts: Sequence[LabelledCutout]) -> list[tuple[LabelledCutout, LabelledCutout]]:
    """Return the cut-outs that are near-duplicates of one of another class, each with the first such."""
    by_group: dict[int, list[LabelledCutout]] = {}
    for cutout in cutouts:
        by_group.setdefault(cutout.group, []).append(cutout)
    found = []
    for alike in by_group.values():
        for number, cutout in enumerate(alike):
            other = next((one for one in alike[:number] if one.label != cutout.label), None)
            if other is not None:
                found.append((cutout, other))
    return found
