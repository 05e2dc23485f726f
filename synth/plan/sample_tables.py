"""The tables of the samples of one part of a corpus: written background by background, while they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa

from bgfg.data_manifests.corpus import parquet_table, sample_table
from bgfg.data_manifests.corpus.asset_remarks import RemarkCounter
from bgfg.data_manifests.corpus.digest import PixelDigest
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES_FILE, InstanceCounter
from bgfg.data_manifests.corpus.samples import BackgroundSamples
from bgfg.data_manifests.corpus.varied_samples import DISTRACTOR_SCHEMA, DISTRACTORS_FILE
from bgfg.data_manifests.placement.sample_index import Rectangle
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.placement.variety_columns import with_variety


def write_sample_tables(
    folder: Path,
    rectangle: Rectangle,
    drawn: Iterable[BackgroundSamples],
    labels: Sequence[str],
    crowd: bool,
    digest: PixelDigest,
    remarks: RemarkCounter,
    variety: Variety | None = None,
) -> dict[str, Any]:
    """Write samples.parquet of a part, and instances.parquet and distractors.parquet where samples have such.

    Args:
        folder: Where the tables are to lie.
        rectangle: The samples of the part.
        drawn: What was drawn for each of its backgrounds.
        labels: Class of each cut-out of the corpus, flips counted.
        crowd: Whether samples have several cut-outs.
        digest: The digest of the part, to which what was drawn is added.
        remarks: Counts the samples that show pictures with remarks.
        variety: What varies in the corpus; None where nothing does.

    Returns:
        What was counted of instances, as it is in the manifest's statistics.
    """
    counter = InstanceCounter()
    columns, paste_columns = (variety.columns, variety.paste_columns) if variety else ((), ())
    with ExitStack() as stack:

        def writer(name: str, schema: pa.Schema, varying: Sequence[str]) -> parquet_table.TableWriter:
            written = with_variety(parquet_table.written_schema(schema, labels), varying)
            return stack.enter_context(parquet_table.TableWriter(folder / name, written))

        samples = writer(sample_table.SAMPLES_FILE, sample_table.SAMPLE_SCHEMA, columns)
        if crowd:
            instances = writer(INSTANCES_FILE, INSTANCE_SCHEMA, paste_columns)
        if variety and variety.distractors[1]:
            distractors = writer(DISTRACTORS_FILE, DISTRACTOR_SCHEMA, paste_columns)
        for b, of_background in zip(rectangle.backgrounds, drawn, strict=True):
            digest.add(*of_background.pastes)
            remarks.add(b, of_background)
            samples.add(of_background.samples)
            if of_background.instances:
                instances.add(of_background.instances.to_arrow(labels))
                counter.add(of_background.instances, of_background.fewer_than_drawn)
            if of_background.distractors:
                distractors.add(of_background.distractors.to_arrow())
    return counter.statistics()
