"""instances.parquet: a row per paste, where samples have several cut-outs. One row group is one background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.manifest import Geometry, Manifest
from bgfg.data_manifests.placement.multi import Picture
from numpy.typing import NDArray

INSTANCES = "instances.parquet"

INSTANCE_SCHEMA = pa.schema(
    [
        ("sample", pa.int64()),
        ("instance", pa.int32()),
        ("cutout", pa.int32()),
        *[(name, pa.int32()) for name in tables.BOX],
        ("visible_px", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Instances:
    """The pastes of one background, n of them in the order of samples and of pasting.

    rows: (n, 8) int64, the columns of instances.parquet in their order.
    """

    rows: NDArray[np.int64]

    @classmethod
    def of(cls, first_sample: int, pictures: Iterable[Picture]) -> Instances:
        """Number the samples and instances of a background's pictures."""
        rows = [
            (first_sample + sample, number, paste.cutout, *paste.box, visible_px)
            for sample, picture in enumerate(pictures)
            for number, (paste, visible_px) in enumerate(zip(picture.pastes, picture.visible_px, strict=True), start=1)
        ]
        return cls(np.array(rows, np.int64).reshape(-1, len(INSTANCE_SCHEMA)))

    @classmethod
    def read(cls, path: Path, b: int, geometry: Geometry) -> Instances:
        """Read the pastes of background `b`; raise Problem where the table isn't one of this geometry."""
        table = tables.read_group(path, b, INSTANCE_SCHEMA, geometry.backgrounds)
        found = cls(np.stack([column.to_numpy().astype(np.int64) for column in table.columns], axis=1))
        samples = 2 * geometry.cutouts * geometry.placements
        first = b * samples + np.arange(samples)
        if not np.array_equal(found.rows[found._starts, 0], first):
            raise tables.other(path)
        return found

    @property
    def _starts(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.rows[:, 1] == 1)

    def table(self) -> pa.Table:
        """Return the rows as they are in instances.parquet."""
        columns = (pa.array(c, field.type) for c, field in zip(self.rows.T, INSTANCE_SCHEMA, strict=True))
        return pa.Table.from_arrays(list(columns), schema=INSTANCE_SCHEMA)

    def pastes(self) -> NDArray[np.int32]:
        """Return what of each determines pixels, (n, 6) int32: instance, cut-out, x, y, width, height."""
        return self.rows[:, 1:7].astype(np.int32)

    def firsts(self) -> NDArray[np.int32]:
        """Return of the first paste of each sample x, y, width, height and visible pixels, (samples, 5) int32."""
        return self.rows[self._starts, 3:8].astype(np.int32)

    def by_sample(self) -> list[NDArray[np.int64]]:
        """Return the rows of each sample of the background, (m, 8) int64 each."""
        return np.split(self.rows, self._starts[1:])

    def counts(self) -> NDArray[np.int64]:
        """Return how many cut-outs each sample of the background has."""
        return np.diff(self._starts, append=len(self.rows))


class Census:
    """Counts the samples of a corpus by how many cut-outs they have."""

    def __init__(self) -> None:
        self._samples: Counter[int] = Counter()
        self._fewer = 0

    def add(self, instances: Instances, fewer: int) -> None:
        """Count a background. fewer: how many of its samples have fewer cut-outs than were drawn for them."""
        self._samples.update(instances.counts().tolist())
        self._fewer += fewer

    def statistics(self) -> dict[str, Any]:
        """Return what the manifest's statistics say of it, nothing where nothing was counted."""
        if not self._samples:
            return {}
        samples = {str(number): count for number, count in sorted(self._samples.items())}
        return {"instances": {"samples_with": samples, "fewer_than_drawn": self._fewer}}


def in_words(manifest: Manifest) -> str:
    """Say in one line how many cut-outs the samples of a corpus have; raise ValueError where each has one."""
    if manifest.crowd is None:
        raise ValueError("each sample has one cut-out")
    found = manifest.statistics.get("instances", {})
    samples = ", ".join(f"{count:,} with {number}" for number, count in found.get("samples_with", {}).items())
    fewer = f"; {count:,} have fewer than drawn, for want of room" if (count := found.get("fewer_than_drawn")) else ""
    limit = f"those in front cover at most {manifest.crowd.max_overlap_percent} % of one"
    return f"{manifest.crowd} cut-outs a sample, {limit}: {samples}{fewer}"


def read_sample(path: Path, sample: int, geometry: Geometry) -> list[dict[str, Any]]:
    """Read the rows of one sample from instances.parquet, in the order of pasting."""
    of_background = Instances.read(path, geometry.index.ids(sample)[0], geometry).rows
    rows: list[dict[str, Any]] = Instances(of_background[of_background[:, 0] == sample]).table().to_pylist()
    return rows
