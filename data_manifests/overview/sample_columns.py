"""The columns of all samples of a corpus, in memory: a selection among 400,000 rows takes milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.parquet_table import PathOfPart
from bgfg.data_manifests.corpus.sample_table import iter_strips
from bgfg.data_manifests.corpus.selection import Selection, sample_fields
from bgfg.data_manifests.placement.variety import Variety

_NAME = "image_name"


@dataclass(frozen=True)
class SampleColumns:
    """The columns of all samples of a corpus, read once: some 60 bytes a sample.

    Attributes:
        table: A row for each sample, in the order of their numbers: the columns of samples.parquet without the names of
            masks and depth maps, and what was measured (see `with_measured`).
        assets: assets.parquet, whose names and files a search finds.
    """

    table: pa.Table
    assets: pa.Table

    @classmethod
    def load(
        cls, path_of: PathOfPart, geometry: CorpusGeometry, assets: pa.Table, variety: Variety | None = None
    ) -> SampleColumns:
        """Read the columns.

        Args:
            path_of: Path of samples.parquet of a part, by its number.
            geometry: Counts and sizes of the corpus.
            assets: Its assets.
            variety: What varies in it.

        Raises:
            Problem: A table can't be read, or isn't one of this corpus.
        """
        strips = iter_strips(path_of, geometry, [*sample_fields(variety), _NAME])
        return cls(pa.concat_tables(strips).combine_chunks(), assets)

    def __len__(self) -> int:
        return len(self.table)

    def with_measured(self, columns: Mapping[str, NDArray[np.floating]]) -> SampleColumns:
        """Return these columns and more, each (N,) float by its name, NaN where nothing is known of a sample."""
        table = self.table
        for name, values in columns.items():
            table = table.append_column(name, pa.array(values, pa.float64(), from_pandas=True))  # NaN becomes null
        return replace(self, table=table)

    def select(self, selection: Selection | None = None, name: str = "") -> NDArray[np.int64]:
        """Return the numbers of the samples that meet all conditions, ascending.

        Args:
            selection: Splits, a range of samples, and conditions on columns.
            name: Part of a name, in any case: of the sample, or of the name or the file of a picture that it shows.
        """
        selection = selection or Selection()
        needed = ["sample", *selection.columns, *((_NAME, "background", "cutout") if name else ())]
        rows = selection.filter_table(self.table.select(list(dict.fromkeys(needed))))
        if name:
            rows = rows.filter(self._is_named(rows, name))
        numbers: NDArray[np.int64] = rows["sample"].to_numpy()
        return numbers

    def _is_named(self, rows: pa.Table, name: str) -> pa.ChunkedArray:
        found = pc.match_substring(rows[_NAME], name, ignore_case=True)
        by_name, by_file = (pc.match_substring(self.assets[each], name, ignore_case=True) for each in ("name", "file"))
        called = pc.or_(by_name, by_file)
        for kind in ("background", "cutout"):
            of_kind = self.assets.filter(pc.and_(called, pc.equal(self.assets["kind"], kind)))
            found = pc.or_(found, pc.is_in(rows[kind], value_set=of_kind["id"].combine_chunks()))
        return found
