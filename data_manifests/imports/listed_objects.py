"""The objects that an export of bgfg lists, as the objects of foreign samples, and the classes that it has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL, sorted_classes
from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.imports.export_lists import INSTANCES_FILE, ExportLists, ListedInstance
from bgfg.data_manifests.imports.foreign_set import ForeignObjects, ForeignPicture, ForeignSample
from bgfg.data_manifests.terminal.errors import Problem


def listed_objects(
    lists: ExportLists, samples: Sequence[ForeignSample], cutouts: Sequence[ForeignPicture]
) -> tuple[ForeignObjects | None, tuple[str, ...] | None]:
    """Return what an export says of the objects of its samples.

    Args:
        lists: Its lists.
        samples: The samples, of which those with a picture of instances have objects.
        cutouts: The cut-outs that are there as pictures.

    Returns:
        The objects, and the classes of all cut-outs and objects in order; None where nothing is said of them.

    Raises:
        Problem: A list isn't an export's.
    """
    numbers = {s.image.rpartition("/")[2]: number for number, s in enumerate(samples) if s.instance is not None}
    listed = [each for each in (lists.instances() if numbers else ()) if each.image in numbers]
    classes = _classes(lists.classes, samples, cutouts, listed)
    if not listed:
        return None, classes
    known = {cutout.path.rpartition("/")[2]: number for number, cutout in enumerate(cutouts)}
    of_class = {label: UNKNOWN - number for number, label in enumerate(classes or ())}
    rows = sorted(
        (numbers[each.image], each.number, known.get(each.cutout, of_class.get(str(each.label), UNKNOWN)))
        for each in listed
    )
    found = np.array(rows, np.int64)
    twice = np.flatnonzero((np.diff(found[:, :2], axis=0) == 0).all(axis=1))
    if len(twice):
        sample, number, _ = rows[twice[0]]
        line = f"{INSTANCES_FILE}: instance {number} of {samples[sample].image} is listed twice"
        raise Problem(f"{line}: restore the list, or move it away to import without it", exit_code=2)
    return ForeignObjects(*found.T), classes


def _classes(
    exported: Sequence[str],
    samples: Sequence[ForeignSample],
    cutouts: Sequence[ForeignPicture],
    listed: Sequence[ListedInstance],
) -> tuple[str, ...] | None:
    """Return the classes that were exported and are said of something; None where none is."""
    of_one = [sample for sample in samples if sample.label or sample.instance is None]
    told = {s.label for s in of_one} | {each.label for each in listed} | {c.label for c in cutouts}
    if not told - {None, DEFAULT_LABEL}:
        return None
    unsaid = {DEFAULT_LABEL} if None in told else set()
    return sorted_classes({*exported, *unsaid, *(label for label in told if label)})
