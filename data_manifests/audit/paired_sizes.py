"""Sizes compared across kinds: masks and depth maps with their composites, composites with backgrounds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bgfg.data_manifests.audit.names import KIND_LABELS
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH
from bgfg.data_manifests.terminal.findings import Finding, Severity

_LEAST_ALIKE = 3  # pairs of one size each that make a rule of a set

Size = tuple[int, int]  # width and height in px


class SizePair(NamedTuple):
    """The sizes of a picture and of the one that it belongs to, in px as (width, height).

    Attributes:
        path: Path of the picture.
        kind: Its kind.
        size: Its size.
        whole_kind: Kind of what it belongs to.
        whole_size: Size of that.
    """

    path: str
    kind: str
    size: Size
    whole_kind: str
    whole_size: Size

    @property
    def is_equal(self) -> bool:
        """Whether both are of one size."""
        return self.size == self.whole_size


def paired_size_findings(pairs: Sequence[SizePair], of_composites: bool = True) -> Iterator[Finding]:
    """Find pictures whose size isn't that of what they belong to.

    Where all of a kind differ from theirs in size but not in shape, that is how the set is made: one finding. So it is
    where any do in a set of photographs with masks, which are brought to the size of these when they are learnt from.

    Args:
        pairs: Sizes of pictures beside those of what they belong to.
        of_composites: Whether backgrounds or cut-outs are in the set, so that composites and masks were made together.
    """
    groups: dict[tuple[str, str], list[SizePair]] = defaultdict(list)
    for pair in pairs:
        groups[pair.kind, pair.whole_kind].append(pair)
    for (kind, whole_kind), found in groups.items():
        differing = [pair for pair in found if not pair.is_equal]
        alike = [pair for pair in differing if _is_one_shape(pair)]
        if len(alike) == len(found) >= _LEAST_ALIKE or (alike and not of_composites and whole_kind != "bg"):
            severity: Severity = "warning" if kind == "mask" and of_composites else "note"
            yield Finding(severity, "size", alike[0].path, _scaled(alike, len(found)))
            differing = [pair for pair in differing if pair not in alike]
        for pair in differing:
            if pair.kind == BACKGROUND_DEPTH and _is_one_shape(pair):
                continue  # it is brought to the size of its background
            sizes = _text(pair.size), _text(pair.whole_size)
            message = f"a {KIND_LABELS[kind]} of {sizes[0]} to a {KIND_LABELS[whole_kind]} of {sizes[1]}"
            yield Finding("warning" if kind == BACKGROUND_DEPTH else "error", "size", pair.path, message)


def _scaled(alike: Sequence[SizePair], count: int) -> str:
    """Tell of pictures that have the shape of theirs in another size, out of so many."""
    first = alike[0]
    labels = (
        f"{KIND_LABELS[first.kind]}s are of another size than their {KIND_LABELS[first.whole_kind]}s, in the same shape"
    )
    example = f"{_text(first.size)} to {_text(first.whole_size)}"
    return f"{len(alike):,} of {count:,} {labels}, such as {example}"


def usual_size_findings(sizes: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Finding]:
    """Note where composites aren't of the size of the backgrounds that they are made of, as sets may well be made."""
    usual = {}
    for kind in ("bg", "image"):
        counted = Counter({size: len(paths) for (of, size), paths in sizes.items() if of == kind})
        if counted:
            size, times = counted.most_common(1)[0]
            usual[kind] = size if 2 * times > counted.total() else None
    if None not in usual.values() and len(set(usual.values())) == 2:
        message = f"composites are of {usual['image']}, and backgrounds of {usual['bg']}"
        yield Finding("note", "size", ".", message)


def _is_one_shape(pair: SizePair) -> bool:
    """Say whether both are of one shape, but for rounding to whole pixels."""
    scale = pair.size[0] / pair.whole_size[0]
    return abs(pair.size[1] - scale * pair.whole_size[1]) <= max(1.0, scale)


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
