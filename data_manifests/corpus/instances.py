"""instances.parquet: a row for each paste, where samples have several cut-outs. A row group is one background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL
from bgfg.data_manifests.corpus import parquet_table, sample_table
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.placement.multi_cutout import Composition
from bgfg.data_manifests.placement.sample_index import ListedSamples, Strip
from bgfg.data_manifests.placement.variety_columns import as_column, as_drawn, varying_columns, with_variety

INSTANCES_FILE = "instances.parquet"

# Stands for a background or a cut-out of which nothing is known; below it a cut-out of which its class alone is known:
# of class n, counted from 0, it is UNKNOWN - n, which is the place of its label after those of the cut-outs that are.
UNKNOWN = -1


def known_or_class(cutouts: pa.ChunkedArray, labels: pa.ChunkedArray, classes: Sequence[str]) -> NDArray[np.int64]:
    """Return the numbers of cut-outs, (n,) int64; of those that aren't known, UNKNOWN less the number of the class."""
    if not cutouts.null_count:
        return np.asarray(cutouts.to_numpy()).astype(np.int64)
    of_class = pc.fill_null(pc.index_in(labels, value_set=pa.array(classes, pa.string())), 0)
    found = pc.if_else(pc.is_null(cutouts), pc.subtract(UNKNOWN, of_class), cutouts)
    return np.asarray(found.to_numpy()).astype(np.int64)


_NUMBERS = [
    ("sample", pa.int64()),
    ("instance", pa.int32()),
    ("cutout", pa.int32()),
    *[(name, pa.int32()) for name in sample_table.BOX_COLUMNS],
    ("visible_px", pa.int32()),
]
INSTANCE_SCHEMA = pa.schema([*_NUMBERS, ("label", pa.string())])


@dataclass(frozen=True)
class InstanceTable:
    """The pastes of one background, in the order of samples and of pasting.

    Attributes:
        rows: (n, 8 + V) int64, the columns of instances.parquet in their order, but for the label, which is the
            cut-out's; a cut-out that isn't known is UNKNOWN or below.
        columns: Names of the last V, which say what was drawn for each paste, in whole numbers.
    """

    rows: NDArray[np.int64]
    columns: tuple[str, ...] = ()

    @classmethod
    def from_compositions(
        cls, first_sample: int, compositions: Iterable[Composition], columns: tuple[str, ...] = ()
    ) -> InstanceTable:
        """Number the samples of a background from `first_sample` on, and the instances of each from 1 on."""
        rows = [
            (
                *(first_sample + sample, number, paste.cutout, *paste.box, visible_px),
                *(getattr(paste.variety, name) for name in columns),
            )
            for sample, composition in enumerate(compositions)
            for number, (paste, visible_px) in enumerate(
                zip(composition.pastes, composition.visible_px, strict=True), start=1
            )
        ]
        return cls(np.array(rows, np.int64).reshape(-1, len(_NUMBERS) + len(columns)), columns)

    @classmethod
    def read(cls, path: Path, strip: Strip, classes: Sequence[str] = (DEFAULT_LABEL,)) -> InstanceTable:
        """Read the pastes of one background in one part.

        Args:
            path: instances.parquet of the part.
            strip: The samples.
            classes: The classes of the corpus.

        Raises:
            Problem: The table isn't one of such samples.
        """
        table = sample_table.read_row_group(path, strip, INSTANCE_SCHEMA)
        numbers = {name: table[name].to_numpy().astype(np.int64) for name, _ in _NUMBERS if name != "cutout"}
        labels = parquet_table.labelled(table, INSTANCE_SCHEMA, ["label"])["label"]
        numbers["cutout"] = known_or_class(table["cutout"], labels, classes)
        plain, columns = [numbers[name] for name, _ in _NUMBERS], varying_columns(table.schema)
        found = cls(np.concatenate([np.stack(plain, axis=1), as_drawn(table, columns)], axis=1), columns)
        # Each sample begins with instance 1, and they come in order: else the table is of another corpus. In an
        # imported one there may be nobody in a sample.
        samples, first = np.array(strip.samples), found.rows[found._starts, 0]
        is_sound = np.array_equal(first, samples)
        if isinstance(strip.rectangle, ListedSamples):
            is_sound = bool((np.diff(found.rows[:, 0]) >= 0).all() and np.isin(found.rows[:, 0], samples).all())
        if not is_sound:
            raise parquet_table.mismatched_table(path)
        return found

    @property
    def _starts(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.rows[:, 1] == 1)

    def to_arrow(self, labels: Sequence[str]) -> pa.Table:
        """Return the rows as they are in instances.parquet.

        Args:
            labels: Class of each of the F cut-outs; of an imported corpus then all classes, the last first.
        """
        plain = len(_NUMBERS)
        columns = [
            pa.array(numbers, kind, mask=numbers < 0 if name == "cutout" else None)
            for numbers, (name, kind) in zip(self.rows.T[:plain], _NUMBERS, strict=True)
        ]
        label = pa.array(labels, pa.string()).take(pa.array(self.rows[:, 2] % max(1, len(labels))))
        varying = [as_column(name, drawn) for name, drawn in zip(self.columns, self.rows.T[plain:], strict=True)]
        schema = with_variety(INSTANCE_SCHEMA, self.columns)
        return pa.Table.from_arrays([*columns, label, *varying], schema=schema)

    def pastes(self) -> NDArray[np.int32]:
        """Return what determines the pixels of each paste: instance, cut-out, x, y, width, height, and what varies.

        Returns:
            (n, 6 + V) int32.
        """
        return np.delete(self.rows, [0, 7], axis=1).astype(np.int32)

    def first_pastes(self) -> NDArray[np.int32]:
        """Return x, y, width, height and visible pixels of the first paste of each sample, (samples, 5) int32."""
        return self.rows[self._starts, 3:8].astype(np.int32)

    def first_varieties(self) -> NDArray[np.int64]:
        """Return what was drawn for the first paste of each sample, (samples, V), by `columns`."""
        return self.rows[self._starts, len(_NUMBERS) :]

    def of_samples(self, samples: NDArray[np.int64]) -> InstanceTable:
        """Return the pastes of some samples."""
        return InstanceTable(self.rows[np.isin(self.rows[:, 0], samples)], self.columns)

    def by_sample(self, samples: range) -> list[NDArray[np.int64]]:
        """Return the rows of each sample of the strip, whose samples these are, (m, 8 + V) int64 each."""
        return np.split(self.rows, np.searchsorted(self.rows[:, 0], np.array(samples[1:])))

    def counts(self) -> NDArray[np.int64]:
        """Return how many cut-outs each sample of the background has."""
        return np.diff(self._starts, append=len(self.rows))


class InstanceCounter:
    """Counts the samples of a corpus by how many cut-outs they have."""

    def __init__(self) -> None:
        self._samples: Counter[int] = Counter()
        self._fewer = 0

    def add(self, instances: InstanceTable, fewer: int) -> None:
        """Count the samples of a background; `fewer` of them have fewer cut-outs than were drawn for them."""
        self._samples.update(instances.counts().tolist())
        self._fewer += fewer

    def statistics(self) -> dict[str, Any]:
        """Return the counts as they are in the manifest's statistics; nothing where nothing was counted."""
        if not self._samples:
            return {}
        samples = {str(number): count for number, count in sorted(self._samples.items())}
        return {"instances": {"samples_with": samples, "fewer_than_drawn": self._fewer}}

    def add_statistics(self, statistics: Mapping[str, Any]) -> None:
        """Count what `statistics` gave of other samples."""
        found = statistics.get("instances", {})
        self._samples.update({int(number): count for number, count in found.get("samples_with", {}).items()})
        self._fewer += found.get("fewer_than_drawn", 0)


def describe_instances(manifest: Manifest) -> str:
    """Say in one line how many cut-outs the samples of a corpus have; raise ValueError where each has one."""
    if manifest.crowd is None:
        raise ValueError("each sample has one cut-out")
    found = manifest.statistics.get("instances", {})
    of_number = {int(number): count for number, count in found.get("samples_with", {}).items()}
    samples = ", ".join(f"{count:,} with {number}" for number, count in of_number.items())
    if manifest.is_imported:  # nobody placed them: none in a sample isn't a draw that failed
        numbers = list(of_number) or [manifest.crowd.fewest, manifest.crowd.most]
        fewest, most = min(numbers), max(numbers)
        return f"{most if fewest == most else f'{fewest}..{most}'} objects a sample: {samples}"
    count = found.get("fewer_than_drawn", 0)
    fewer = f"; {count:,} {'has' if count == 1 else 'have'} fewer than drawn, for want of room" if count else ""
    limit = f"those in front cover at most {manifest.crowd.max_overlap_percent} % of one"
    return f"{manifest.crowd} cut-outs a sample, {limit}: {samples}{fewer}"


def read_sample_instances(
    path: Path, sample: int, geometry: CorpusGeometry, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Read the rows of one sample from instances.parquet of its part, in the order of pasting.

    Args:
        path: The table.
        sample: Number of the sample.
        geometry: Counts of the corpus.
        labels: Class of each of the F cut-outs, and of an imported corpus then all classes, the last first.
    """
    classes = tuple(labels[geometry.cutouts :])[::-1] if geometry.listed else ()
    of_strip = InstanceTable.read(path, geometry.index.strip_of(sample), classes)
    of_sample = of_strip.of_samples(np.array([sample]))
    rows: list[dict[str, Any]] = of_sample.to_arrow(labels).to_pylist()
    return rows
