"""Every check of names and structure -> findings with a severity: all of them, not the first.

No picture is opened here, so that 400,000 names take seconds; what is inside the files is for `contents.py`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from bgfg.data_manifests.audit.convention import deviating
from bgfg.data_manifests.audit.tree import BACKGROUND_DEPTH, INSTANCES, Entry, Tree, form
from bgfg.data_manifests.corpus.naming import KINDS, Name, Names
from bgfg.data_manifests.terminal.errors import few
from bgfg.data_manifests.terminal.findings import Finding, Severity

LABELS = {
    "bg": "background",
    "fg": "cut-out",
    "fg_mask": "cut-out mask",
    "image": "composite",
    "mask": "composite mask",
    "depth": "depth map",
    BACKGROUND_DEPTH: "depth map of a background",
    INSTANCES: "picture of instances",
}

_TROUBLES: dict[str, Severity] = {
    "unreadable": "error",
    "unsafe-member": "error",
    "not-a-file": "warning",
    "link": "warning",
}
_FORMS_SHOWN = 3
_ARCHIVE = re.compile(r".*?\.(?:zip|tar)/", re.IGNORECASE)


def audit_names(tree: Tree, known: AbstractSet[str] = frozenset(), partial: bool = False) -> Iterator[Finding]:
    """Yield what the names and the structure of a tree show.

    known: files that are what they should be though their names say nothing. partial: the tree is a chosen part of a
    corpus (a split, a range), so that gaps in its numbers and missing placements are no finding.
    """
    forms = {kind: [form(entry) for entry in entries] for kind, entries in tree.kinds.items()}
    yield from _recognised(tree, forms, known)
    yield from (Finding(_TROUBLES[t.check], t.check, t.path, t.reason) for t in tree.troubles)
    names = names_of(tree)
    for kind in KINDS:
        yield from deviating(kind, LABELS[kind], tree.kinds[kind], forms[kind], names)
    yield from _duplicates(tree)
    yield from _partners(tree)
    yield from _sources(tree)
    if not partial:
        yield from _gaps(tree, names)
        yield from _counts(tree, names)


def archives_of(tree: Tree) -> set[str]:
    """Return the zip and tar files in which pictures were recognised."""
    return {pack[0].rstrip("/") for entry in tree if (pack := _ARCHIVE.match(entry.path))}


def names_of(tree: Tree) -> Names:
    """Return the writer of the names that this tree should have, from its largest numbers."""
    found = [entry.name for entry in tree if entry.name is not None]
    return Names(
        1 + max((name.background for name in found if name.background is not None), default=-1),
        1 + max((name.cutout for name in found if name.cutout is not None), default=-1),
        1 + max((name.placement for name in found if name.placement is not None), default=-1),
    )


def _recognised(tree: Tree, forms: Mapping[str, list[str]], known: AbstractSet[str]) -> Iterator[Finding]:
    for kind, written in forms.items():
        if written:
            counted = Counter(written)
            common = ", ".join(text for text, _ in counted.most_common(_FORMS_SHOWN))
            more = f" and {len(counted) - _FORMS_SHOWN} other forms" if len(counted) > _FORMS_SHOWN else ""
            yield Finding("note", "recognised", ".", f"{_many(len(written), kind)}, named like {common}{more}")
    if not any(tree.kinds.values()):
        yield Finding("error", "nothing-recognised", ".", "no picture here has a name or a folder that says what it is")
    archives = archives_of(tree)
    for path in tree.ignored:
        if path not in known and path not in archives:
            yield Finding("note", "ignored", path, "no picture, or neither its name nor its folder says of what")


def _duplicates(tree: Tree) -> Iterator[Finding]:
    """Two files that stand for the same picture, in two spellings or in two folders."""
    for kind in KINDS:
        first: dict[object, str] = {}
        for entry in tree.kinds[kind]:
            before = first.setdefault(_identity(entry), entry.path)
            if before != entry.path:
                yield Finding("error", "duplicate-name", entry.path, f"stands for the same {LABELS[kind]} as {before}")


def _identity(entry: Entry) -> object:
    """Return what no two pictures of a kind may share. Each pack of a corpus brings its own backgrounds."""
    if entry.name is None:
        return entry.folder, entry.file.rpartition(".")[0].lower()
    if entry.name.placement is None and (pack := _ARCHIVE.match(entry.path)):
        return pack[0], entry.sample
    return entry.sample


def _partners(tree: Tree) -> Iterator[Finding]:
    """Composite, mask and depth must come together; and so must a cut-out and its mask."""
    samples = {kind: {entry.sample: entry.path for entry in entries} for kind, entries in tree.kinds.items()}
    for whole, partner in (("image", "mask"), ("image", "depth"), ("image", INSTANCES), ("fg", "fg_mask")):
        if samples[whole] and samples[partner]:
            for path in _missing(samples[whole], samples[partner]):
                yield Finding("error", f"missing-{partner}", path, f"a {LABELS[whole]} without its {LABELS[partner]}")
            for path in _missing(samples[partner], samples[whole]):
                yield Finding("error", f"missing-{whole}", path, f"a {LABELS[partner]} without its {LABELS[whole]}")
        elif samples["image"] and partner in ("mask", "depth"):
            yield Finding("note", "kind-absent", ".", f"there are no {LABELS[partner]}s here at all")
    if not samples["image"] and (samples["mask"] or samples["depth"]):
        yield Finding("note", "kind-absent", ".", "there are no composites here at all")


def _missing(have: dict[object, str], partners: dict[object, str]) -> list[str]:
    return [path for sample, path in have.items() if sample not in partners]


def _sources(tree: Tree) -> Iterator[Finding]:
    """Composites of a background or a cut-out that isn't among those that are here."""
    backgrounds = {e.name.background for e in tree.kinds["bg"] if e.name}
    cutouts = {(e.name.cutout, e.name.flipped) for e in tree.kinds["fg"] if e.name}
    with_flips = any(flipped for _, flipped in cutouts)
    for entry in tree.kinds["image"]:
        name = entry.name
        if name is None:
            continue
        if backgrounds and name.background not in backgrounds:
            yield Finding("error", "missing-bg", entry.path, "composed on a background that isn't here")
        if cutouts and (name.cutout, name.flipped and with_flips) not in cutouts:
            yield Finding("error", "missing-fg", entry.path, "composed of a cut-out that isn't here")


def _gaps(tree: Tree, names: Names) -> Iterator[Finding]:
    """Numbers left out between the first and the last of a kind."""
    for kind in ("bg", "fg"):
        found = [entry.name for entry in tree.kinds[kind] if entry.name]
        numbers = {name.background if kind == "bg" else name.cutout for name in found}
        left_out = sorted(set(range(max((n for n in numbers if n is not None), default=-1))) - numbers)
        if left_out:
            asked = [Name("bg", background=n) if kind == "bg" else Name("fg", cutout=n) for n in left_out]
            written = few([names.write(name) for name in asked])
            yield Finding("warning", "numbering-gap", ".", f"{LABELS[kind]}s are numbered with gaps: no {written}")
    for kind in ("bg", "fg", "image"):
        yield from _gaps_of_others(kind, [entry for entry in tree.kinds[kind] if entry.name is None])


def _gaps_of_others(kind: str, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Numbers left out by pictures of other conventions, where it is by their numbers alone that they differ."""
    series: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for entry in entries:
        numbers = [word for word in entry.key[-1] if isinstance(word, int)]
        if len(numbers) == 1 and entry.number is not None:
            series[entry.folder, form(entry).strip("0123456789"), len(entry.key[-1])].append(numbers[0])
    for (folder, _, _), found in series.items():
        left_out = sorted(set(range(min(found), max(found))) - set(found))
        if left_out and len(left_out) < len(found):
            message = f"{LABELS[kind]}s are numbered with gaps: no {few(left_out)}"
            yield Finding("warning", "numbering-gap", folder or ".", message)


def _counts(tree: Tree, names: Names) -> Iterator[Finding]:
    """Each background with each cut-out has the same placements, and none of these blocks is left out."""
    blocks: dict[tuple[int | None, int | None, bool], set[int | None]] = defaultdict(set)
    for entry in tree.kinds["image"]:
        if entry.name:
            blocks[entry.name.background, entry.name.cutout, entry.name.flipped].add(entry.name.placement)
    found = [k for of_block in blocks.values() for k in of_block]
    times = Counter(found)
    placements = {k for k in times if 2 * times[k] >= len(blocks)} or set(times)  # what most blocks have is the plan
    backgrounds, cutouts = sorted({b or 0 for b, _, _ in blocks}), sorted({(c or 0, flip) for _, c, flip in blocks})
    expected = len(backgrounds) * len(cutouts) * len(placements)
    beyond = [entry for entry in tree.kinds["image"] if entry.name and entry.name.placement not in placements]
    if len(found) == expected and not beyond:
        return
    plan = f"{len(backgrounds)} backgrounds x {len(cutouts)} cut-outs (flips counted) x {len(placements)} placements"
    yield Finding("error", "count", ".", f"{len(found):,} composites, where {plan} make {expected:,}")
    for entry in beyond:
        yield Finding("error", "beyond-plan", entry.path, "a placement that most cut-outs on most backgrounds haven't")
    for b in backgrounds:
        for c, flipped in cutouts:
            left_out = sorted(k for k in placements - blocks[b, c, flipped] if k is not None)
            if left_out:
                written = few([names.write(Name("image", b, c, flipped, k)) for k in left_out])
                yield Finding("error", "missing-image", written, "left out, where other blocks of the plan have it")


def _many(count: int, kind: str) -> str:
    first, _, rest = LABELS[kind].partition(" of ")
    return f"{count:,} {first}{'s' * (count != 1)}{' of backgrounds' if rest else ''}"
