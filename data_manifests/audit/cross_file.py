"""Findings across many pictures: mixed modes and sizes, and duplicates among backgrounds or cut-outs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bgfg.data_manifests.assets.duplicates import duplicate_groups
from bgfg.data_manifests.audit.inspection import Inspection, Thumbnail
from bgfg.data_manifests.audit.names import KIND_LABELS
from bgfg.data_manifests.audit.paired_sizes import paired_size_findings, usual_size_findings
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.errors import counted
from bgfg.data_manifests.terminal.findings import Finding

# Kinds whose pictures should be of one size: cut-outs are as wide as what they show, and masks and depth maps are
# compared with their own composites.
_ONE_SIZE = ("bg", "image")
# Pictures of a kind that are told one by one for another mode or size: so many, or this share. Beyond it the set is
# mixed, as photographs of two cameras are.
_MOST_OUTLIERS, _MOST_OUTLIERS_SHARE = 2, 0.1


def cross_file_findings(inspection: Inspection, known: Sequence[Sequence[str]], workers: int) -> Iterator[Finding]:
    """Compare all pictures of a kind with one another.

    Args:
        inspection: What reading all pictures gave.
        known: Names of pictures that are already known for near-duplicates, group by group; these aren't reported.
        workers: Number of threads.

    Yields:
        The findings.
    """
    yield from _outliers("modes", "mode", inspection.modes)
    sizes = {key: paths for key, paths in inspection.sizes.items() if key[0] in _ONE_SIZE}
    yield from _outliers("sizes", "size", sizes)
    of_composites = any(kind in ("bg", "fg") for kind, _ in inspection.sizes)
    yield from paired_size_findings(inspection.size_pairs, of_composites)
    yield from usual_size_findings(sizes)
    yield from _opaque(inspection)
    for kind in ("bg", "fg"):
        copies = sorted((copy for copy in inspection.thumbnails if copy.kind == kind), key=lambda copy: copy.path)
        yield from _duplicates(copies, {name: number for number, names in enumerate(known) for name in names}, workers)


def split_of_path(path: str) -> str | None:
    """Return the split that a folder of the path names, if one does."""
    return next((part for part in path.lower().split("/")[:-1] if part in SPLITS), None)


def _outliers(check: str, noun: str, found: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Finding]:
    """Yield a finding for each picture that isn't like most of its kind."""
    kinds: dict[str, dict[str, Sequence[str]]] = defaultdict(dict)
    for (kind, value), paths in found.items():
        kinds[kind][value] = paths
    for kind, values in kinds.items():
        usual = max(values, key=lambda value: len(values[value]))
        count = sum(map(len, values.values()))
        outliers = count - len(values[usual])
        if 2 * outliers >= count or outliers > max(_MOST_OUTLIERS, _MOST_OUTLIERS_SHARE * count):
            told = f"{len(values):,} {check}, most often {usual} ({len(values[usual]):,})"
            message = f"{count:,} {KIND_LABELS[kind]}s have {told}"
            yield Finding("note", f"mixed-{check}", ".", message)
            continue
        for value in sorted(values.keys() - {usual}):
            for path in sorted(values[value]):
                message = f"{noun} {value}, where {len(values[usual]):,} {KIND_LABELS[kind]}s have {usual}"
                yield Finding("warning", f"mixed-{check}", path, message)


def _opaque(inspection: Inspection) -> Iterator[Finding]:
    """Yield what there is to say of opaque cut-outs with masks: if all are so, masks are their transparency."""
    count = sum(len(paths) for (kind, _), paths in inspection.modes.items() if kind == "fg")
    if inspection.opaque and len(inspection.opaque) == count:
        message = f"{counted(count, 'cut-out')}, all of them opaque and with masks: these say what is cut out"
        yield Finding("note", "no-transparency", ".", message)
    else:
        yield from inspection.opaque


def _duplicates(copies: Sequence[Thumbnail], known: Mapping[str, int], workers: int) -> Iterator[Finding]:
    if len(copies) < 2:
        return
    groups: dict[int, list[Thumbnail]] = defaultdict(list)
    numbers = duplicate_groups([copy.pixels for copy in copies], [copy.sha256 for copy in copies], workers)
    for number, copy in zip(numbers, copies, strict=True):
        groups[number].append(copy)
    for first, *others in groups.values():
        for other in others:
            # Near-duplicates that the manifest of a corpus lists are no news.
            one, another = (known.get(copy.path.rpartition("/")[2]) for copy in (first, other))
            if one is not None and one == another:
                continue
            exact = other.sha256 == first.sha256
            parts = [split_of_path(copy.path) for copy in (first, other)]
            apart = None not in parts and parts[0] != parts[1]
            across = f", across the splits {parts[0]} and {parts[1]}" if apart else ""
            message = f"{'the same file as' if exact else 'a near-duplicate of'} {first.path}{across}"
            yield Finding("warning", "duplicate", other.path, message)
