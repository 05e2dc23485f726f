"""What a way out is, and what it works with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from bgfg.synth.export.encode import Encoder
from bgfg.synth.export.manifest import Ledger, Scratch
from bgfg.synth.export.part import Part
from bgfg.synth.export.request import Request
from bgfg.synth.export.source import Source
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray

Samples = NDArray[np.int64]
Groups = Mapping[str, Samples]


class Job:
    """One export at work: where from, where to, and the tools for it; every process makes its own."""

    def __init__(self, corpus: Corpus, out: Path, request: Request) -> None:
        self.corpus, self.request, self.ledger = corpus, request, Ledger(out)

    @cached_property
    def encoder(self) -> Encoder:
        """Makes the pictures' bytes."""
        return Encoder(self.request, None if self.request.depth_bits is None else self.corpus.depth_code())

    @cached_property
    def source(self) -> Source:
        """Reads the samples."""
        image, depth = self.encoder.image_suffix, self.encoder.depth_suffix
        suffixes = {"bg": image, "image": image, "mask": "png", "depth": depth}
        return Source(self.corpus, self.request.depth_bits is not None, suffixes)


Assemble = Callable[[Job, str, Samples, Iterable[Part], Scratch], None]


@dataclass(frozen=True)
class Way:
    """One form that a corpus can leave in.

    samples_per_part: how many samples a worker writes in one go. by_split: whether each split goes into files of its
    own. pack_samples: how many samples a pack holds, if there are packs. depth_bits: of its depth, if none are asked.
    prepare(job, groups, scratch): in the parent, before all else: folders, and what isn't made of samples; groups: the
    samples of each split or pack.
    write(job, part, scratch): in a worker: the files of one part, or its segment of a larger one.
    assemble(job, group, samples, parts, scratch): in the parent: what is made of the segments of a group; samples: of
    the whole group; parts: come in their order, each as soon as its segment is there.
    """

    samples_per_part: int
    write: Callable[[Job, Part, Scratch], None]
    prepare: Callable[[Job, Groups, Scratch], None] | None = None
    assemble: Assemble | None = None
    by_split: bool = False
    pack_samples: int | None = None
    depth_bits: int = 16
