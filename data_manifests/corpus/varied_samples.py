"""The samples of a background where something varies: their pastes, their distractors, and what was drawn for them.

distractors.parquet has a row for each cut-out that is pasted without being labelled. A row group is one background.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import sample_table
from bgfg.data_manifests.corpus.instances import InstanceTable
from bgfg.data_manifests.placement.distractors import DistractorSampler
from bgfg.data_manifests.placement.multi_cutout import Company, Composition, MultiCutoutSampler, Paste
from bgfg.data_manifests.placement.rule import Placer
from bgfg.data_manifests.placement.sample_index import Strip
from bgfg.data_manifests.placement.variety import AS_BY_DEFAULT, BLENDS, PASTE_FIELDS, Variety
from bgfg.data_manifests.placement.variety_columns import (
    VARIETY_COLUMNS,
    as_column,
    as_drawn,
    varying_columns,
    with_variety,
)
from bgfg.data_manifests.placement.variety_draw import draw_sample_variety

DISTRACTORS_FILE = "distractors.parquet"

DISTRACTOR_SCHEMA = pa.schema(
    [
        ("sample", pa.int64()),
        ("distractor", pa.int32()),
        ("cutout", pa.int32()),
        *[(name, pa.int32()) for name in sample_table.BOX_COLUMNS],
    ]
)


@dataclass(frozen=True)
class DistractorTable:
    """The distractors of one background, in the order of samples and of pasting; a sample may have none.

    Attributes:
        rows: (n, 7 + V) int64, the columns of distractors.parquet in their order.
        columns: Names of the last V, which say what was drawn for each of them, in whole numbers.
    """

    rows: NDArray[np.int64]
    columns: tuple[str, ...] = ()

    @classmethod
    def from_pastes(
        cls, first_sample: int, pastes: Iterable[Sequence[Paste]], columns: tuple[str, ...] = ()
    ) -> DistractorTable:
        """Number the samples of a background from `first_sample` on, and the distractors of each from 1 on."""
        rows = [
            (
                *(first_sample + sample, number, paste.cutout, *paste.box),
                *(getattr(paste.variety, name) for name in columns),
            )
            for sample, of_sample in enumerate(pastes)
            for number, paste in enumerate(of_sample, start=1)
        ]
        return cls(np.array(rows, np.int64).reshape(-1, len(DISTRACTOR_SCHEMA) + len(columns)), columns)

    @classmethod
    def read(cls, path: Path, strip: Strip) -> DistractorTable:
        """Read the distractors of one background in one part; raise Problem where the table isn't one of such."""
        table = sample_table.read_row_group(path, strip, DISTRACTOR_SCHEMA)
        plain = [table[name].to_numpy().astype(np.int64) for name in DISTRACTOR_SCHEMA.names]
        columns = varying_columns(table.schema)
        return cls(np.concatenate([np.stack(plain, axis=1), as_drawn(table, columns)], axis=1), columns)

    def to_arrow(self) -> pa.Table:
        """Return the rows as they are in distractors.parquet."""
        plain = len(DISTRACTOR_SCHEMA)
        columns = [pa.array(c, field.type) for c, field in zip(self.rows.T[:plain], DISTRACTOR_SCHEMA, strict=True)]
        columns += [as_column(name, c) for c, name in zip(self.rows.T[plain:], self.columns, strict=True)]
        return pa.Table.from_arrays(columns, schema=with_variety(DISTRACTOR_SCHEMA, self.columns))

    def by_sample(self, samples: range) -> list[NDArray[np.int64]]:
        """Return the rows of each sample of its background, (m, 7 + V) int64 each.

        Args:
            samples: The numbers of these samples.
        """
        return np.split(self.rows, np.searchsorted(self.rows[:, 0], samples[1:]))


@dataclass(frozen=True)
class VariedDraw:
    """What was drawn for the samples of one background in one part.

    Attributes:
        first_pastes: (samples, 5) int32, x, y, width, height and visible pixels of the first cut-out of each.
        instances: All their pastes; None where every sample has one cut-out.
        behind: Their distractors.
        distractors: The same; None where there are none by plan.
        of_samples: (F, K, 8) int32, the fields of `PasteVariety` of the first cut-out and those of `SampleVariety`.
        varying: Name of a column of samples.parquet -> what was drawn, (F, K) int32.
        fewer_than_drawn: How many samples have fewer cut-outs than were drawn, since no place was found for more.
    """

    first_pastes: NDArray[np.int32]
    instances: InstanceTable | None
    behind: DistractorTable
    distractors: DistractorTable | None
    of_samples: NDArray[np.int32]
    varying: Mapping[str, NDArray[np.int32]]
    fewer_than_drawn: int


class VariedSamples:
    """Draws the samples of a corpus in which something varies.

    Args:
        variety: What may vary.
        seed: Seed of the corpus.
        company: Which of the F cut-outs may be together.
        sampler: Draws further cut-outs; None where every sample has one.
    """

    def __init__(self, variety: Variety, seed: int, company: Company, sampler: MultiCutoutSampler | None) -> None:
        self._variety, self._seed, self._sampler = variety, seed, sampler
        self._distractors = DistractorSampler(variety.distractors, seed, company)

    def draw(self, strip: Strip, placer: Placer) -> VariedDraw:
        """Draw the samples of one background in one part; each place once, however many placements show it."""
        variety, per_place, columns = self._variety, self._variety.placements_per_place, self._variety.paste_columns
        K = strip.rectangle.placements
        drawn = draw_sample_variety(variety, self._seed, strip.background, strip.cutouts, K // per_place)
        counts = np.ones(drawn.shape[:2], np.int32)
        if self._sampler is not None:
            of_all = self._sampler.draw_counts(strip.background, K // per_place)
            counts = of_all[strip.cutouts.start : strip.cutouts.stop]
        pastes, behind = [], []
        for i, (f, of_block) in enumerate(zip(strip.cutouts, counts, strict=True)):
            block = list(self._compositions(strip.background, f, of_block, placer))
            labelled = [composition.pastes for composition in block]
            others = self._distractors.draw_block(strip.background, f, labelled, placer.place_at)
            first = strip.samples.start + i * K
            shown = [composition for composition in block for _ in range(per_place)]
            hidden = [of_sample for of_sample in others for _ in range(per_place)]
            pastes.append(InstanceTable.from_compositions(first, shown, columns).rows)
            behind.append(DistractorTable.from_pastes(first, hidden, columns).rows)
        instances = InstanceTable(np.concatenate(pastes), columns)
        distractors = DistractorTable(np.concatenate(behind), columns)
        of_samples = self._of_samples(instances, np.repeat(drawn, per_place, axis=1))
        return VariedDraw(
            instances.first_pastes(),
            instances if self._sampler else None,
            distractors,
            distractors if variety.distractors[1] else None,
            of_samples,
            {name: of_samples[..., VARIETY_COLUMNS.index(name)] for name in variety.columns},
            int((instances.counts() < np.repeat(counts, per_place, axis=1).ravel()).sum()),
        )

    def _compositions(self, b: int, f: int, counts: NDArray[np.int32], placer: Placer) -> Iterator[Composition]:
        """Yield the cut-outs of each place of a block."""
        first_pastes = placer.first_pastes(f, counts)
        if self._sampler is not None:
            yield from self._sampler.compositions(b, f, counts, first_pastes, placer.place_at)
            return
        for paste in first_pastes:
            yield Composition((paste,), (paste.unoccluded_px,), (paste.patch.alpha_u8,))

    def _of_samples(self, instances: InstanceTable, drawn: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return what was drawn for each sample and its first cut-out. drawn: (F, K, 4), for each sample."""
        found = np.empty((*drawn.shape[:2], len(VARIETY_COLUMNS)), np.int32)
        found[..., : len(PASTE_FIELDS)], found[..., len(PASTE_FIELDS) :] = list(vars(AS_BY_DEFAULT).values()), drawn
        for name, values in zip(instances.columns, instances.first_varieties().T, strict=True):
            found[..., VARIETY_COLUMNS.index(name)] = values.reshape(drawn.shape[:2])
        if self._variety.blend_each:
            numbers = [BLENDS.index(name) for name in self._variety.blend]
            found[..., VARIETY_COLUMNS.index("blend")] = np.tile(numbers, drawn.shape[1] // len(numbers))
        return found
