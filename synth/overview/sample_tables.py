"""What the tables of a corpus say of its samples, in a folder or under a URL."""

from __future__ import annotations

from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.overview.sample_columns import SampleColumns
from bgfg.data_manifests.overview.sample_statistics import SampleStatistics
from bgfg.synth.store.corpus import Corpus


def sample_columns(corpus: Corpus) -> SampleColumns:
    """Read the columns of all samples; raise Problem where a table can't be read, or isn't one of this corpus."""
    return SampleColumns.load(corpus.samples_path, corpus.geometry, corpus.assets, corpus.manifest.variety)


def table_statistics(corpus: Corpus, columns: SampleColumns) -> SampleStatistics:
    """Count over all samples.

    Args:
        corpus: The corpus.
        columns: The columns of its samples.

    Raises:
        Problem: The table of instances can't be read, or isn't one of this corpus.
    """
    pastes = None
    if corpus.manifest.crowd is not None:
        pastes = [
            InstanceTable.read(corpus.table_path(INSTANCES_FILE, strip.part), strip, corpus.classes).to_arrow(
                corpus.cutout_labels
            )
            for strip in corpus.geometry.index.strips()
        ]
    return SampleStatistics.of(columns, corpus.geometry.frame_px, pastes)
