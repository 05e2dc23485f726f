"""One sample of a corpus with all that belongs to it."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """One sample with all that belongs to it.

    Attributes:
        row: Its row of samples.parquet.
        background: (H, W, 3) uint8 RGB, as prepared; None where an imported corpus doesn't know it.
        cutout: (h, w, 4) uint8 RGBA, as prepared; None likewise.
        image: (H, W, 3) uint8 RGB, the cut-out composed on the background.
        mask: (H, W) uint8, the alpha of what is visible of the cut-out.
        depth_m: (Hd, Wd) float32 metres, 0 unknown; None where the corpus isn't labelled. The size is the teacher's,
            and
            where the teacher's `encoding` is `relative` there is no unit.
        instance: (H, W) uint8, which of `pastes` is seen at each pixel, counted from 1, 0 none; None where samples have
            one cut-out.
        pastes: The sample's rows of instances.parquet; empty where samples have one cut-out.
        focal_px: Focal length of the background's camera in pixels of the image, whose middle is the principal point;
            None where it isn't known.
    """

    row: dict[str, Any]
    background: NDArray[np.uint8] | Any  # None too, of imported corpora alone: as typeshed says such things
    cutout: NDArray[np.uint8] | Any
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    depth_m: NDArray[np.float32] | None
    instance: NDArray[np.uint8] | None = None
    pastes: tuple[dict[str, Any], ...] = ()
    focal_px: float | None = None

    @property
    def label(self) -> str:
        """Class of its cut-out; where it has several, of the first one: `pastes` has each one's."""
        return str(self.row["label"])


def sample_number(key: object, count: int) -> int:
    """Return the number of a sample from an index as Python has it, a negative one from the end.

    Args:
        key: What stands between the brackets of `corpus[...]`.
        count: N, how many samples the corpus has.

    Raises:
        IndexError: There is no such sample; loops over a corpus end by it.
        TypeError: `key` is no whole number. Slices aren't taken, since all of a corpus may not fit into memory.
    """
    if isinstance(key, slice):
        one_by_one, part = f"[corpus[i] for i in {range(*key.indices(count))}]", f"slice({key.start}, {key.stop})"
        line = f"a corpus gives a sample at a time: {one_by_one}, or an array: corpus.read('image', {part})"
        raise TypeError(line)
    try:
        number = operator.index(key)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"corpus[{key!r}]: give the number of a sample, or the name of one of its files") from None
    if not -count <= number < count:
        raise IndexError(f"corpus[{number}]: it has {count:,} samples, 0 to {count - 1}")
    return number % count
