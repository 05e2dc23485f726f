"""The tables of the samples of one part of a corpus: written background by background, while they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.asset_remarks import RemarkCounter
from bgfg.data_manifests.corpus.digest import PixelDigest
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES_FILE, InstanceCounter
from bgfg.data_manifests.corpus.samples import BackgroundSamples
from bgfg.data_manifests.placement.sample_index import Rectangle


def write_sample_tables(
    folder: Path,
    rectangle: Rectangle,
    drawn: Iterable[BackgroundSamples],
    labels: Sequence[str],
    crowd: bool,
    digest: PixelDigest,
    remarks: RemarkCounter,
) -> dict[str, Any]:
    """Write samples.parquet of a part, and instances.parquet where samples have several cut-outs.

    Args:
        folder: Where the tables are to lie.
        rectangle: The samples of the part.
        drawn: What was drawn for each of its backgrounds.
        labels: Class of each cut-out of the corpus, flips counted.
        crowd: Whether samples have several cut-outs.
        digest: The digest of the part, to which what was drawn is added.
        remarks: Counts the samples that show pictures with remarks.

    Returns:
        What was counted of instances, as it is in the manifest's statistics.
    """
    counter = InstanceCounter()
    with ExitStack() as stack:
        schemas = [tables.written_schema(schema, labels) for schema in (tables.SAMPLE_SCHEMA, INSTANCE_SCHEMA)]
        samples = stack.enter_context(tables.TableWriter(folder / tables.SAMPLES_FILE, schemas[0]))
        if crowd:
            instances = stack.enter_context(tables.TableWriter(folder / INSTANCES_FILE, schemas[1]))
        for b, of_background in zip(rectangle.backgrounds, drawn, strict=True):
            digest.add(of_background.pastes)
            remarks.add(b, of_background)
            samples.add(of_background.samples)
            if of_background.instances:
                instances.add(of_background.instances.to_arrow(labels))
                counter.add(of_background.instances, of_background.fewer_than_drawn)
    return counter.statistics()
