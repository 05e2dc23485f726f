"""Composites counted against the plan that most of them follow: each background with each cut-out, equally often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.spelling import find_spelling
from bgfg.data_manifests.corpus.naming import Name, NameWriter
from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding

_EXAMPLES = 20_000  # names that are looked at to learn how a set spells them

# A background with a cut-out or its flip: (background, cut-out, whether it is flipped).
Block = tuple[int, int, bool]


def count_findings(composites: Sequence[PictureEntry], names: NameWriter) -> Iterator[Finding]:
    """Find missing and surplus composites.

    They are held to a plan only where they follow one: where more than half of all pairs of a background and a cut-out
    are there, and placements that at least half of these share. So the work is a few steps a picture, whatever the
    numbers are.

    Args:
        composites: The composites; those of other conventions count for nothing here.
        names: Writer of the canonical names.

    Yields:
        The findings; a note where there is no plan to hold them to.
    """
    blocks: dict[Block, set[int]] = defaultdict(set)
    for entry in composites:
        if entry.name:
            blocks[_block(entry.name)].add(entry.name.placement or 0)
    if not blocks:
        return
    times = Counter(k for of_block in blocks.values() for k in of_block)
    placements = {k for k in times if 2 * times[k] >= len(blocks)}
    backgrounds, cutouts = sorted({b for b, _, _ in blocks}), sorted({(c, flipped) for _, c, flipped in blocks})
    pairs = len(backgrounds) * len(cutouts)
    if not placements or 2 * len(blocks) <= pairs:
        what = f"{times.total():,} composites of {len(blocks):,} of {pairs:,} pairs of a background and a cut-out"
        yield Finding("note", "count", ".", f"{what}: not each with each alike, so that their number says nothing")
        return
    beyond = [entry for entry in composites if entry.name and entry.name.placement not in placements]
    expected = pairs * len(placements)
    if times.total() == expected and not beyond:
        return
    plan = f"{len(backgrounds)} backgrounds x {len(cutouts)} cut-outs (flips counted) x {len(placements)} placements"
    yield Finding("error", "count", ".", f"{times.total():,} composites, where {plan} make {expected:,}")
    for entry in beyond:
        yield Finding("error", "beyond-plan", entry.path, "a placement that most cut-outs on most backgrounds haven't")
    write = _writer(composites, names)
    none: set[int] = set()
    for b in backgrounds:
        for c, flipped in cutouts:
            if left_out := sorted(placements - blocks.get((b, c, flipped), none)):
                written = first_few([write(Name("image", b, c, flipped, k)) for k in left_out])
                yield Finding("error", "missing-image", written, "left out, where other blocks of the plan have it")


def _writer(composites: Sequence[PictureEntry], names: NameWriter) -> Callable[[Name], str]:
    """Return how the names of composites are written in a set's own convention."""
    spellings = {}
    for flipped in (False, True):
        alike = ((e.file, _written(e.name)) for e in composites if e.name and e.name.flipped == flipped)
        spellings[flipped] = find_spelling(islice(alike, _EXAMPLES))

    def write(name: Name) -> str:
        spell = spellings[name.flipped]
        return names.write(name) if spell is None else spell(_written(name))

    return write


def _written(name: Name) -> tuple[int, int, int]:
    """Return the numbers of a composite as they are written, from 1."""
    return (name.background or 0) + 1, (name.cutout or 0) + 1, (name.placement or 0) + 1


def _block(name: Name) -> Block:
    return name.background or 0, name.cutout or 0, name.flipped
