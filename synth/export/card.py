"""README.md of an export: what is in it and how it is read, for people who get the folder without the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.format import ExportJob, SampleGroups
from bgfg.synth.formats.data_card import CARD_FILE, data_card


def write_card(
    job: ExportJob,
    groups: SampleGroups,
    writer: AtomicWriter,
    title: str,
    paragraphs: Iterable[str],
    loading: Sequence[str] = (),
) -> None:
    """Write the card of an export.

    Args:
        job: The export.
        groups: The samples of each split or pack.
        writer: Writes files into the folder of the export.
        title: What the export is, in a line.
        paragraphs: What its readers need to know, in Markdown; those that are empty are left out.
        loading: Lines of YAML for programs that load the export by its card.
    """
    samples = sum(map(len, groups.values()))
    text = data_card(title, paragraphs, tasks_of(job), samples, job.request.licence, loading)
    writer.write_file("card", CARD_FILE, text.encode())


def hub_split(split: str) -> str:
    """Return what `datasets` calls a split; but for `val`, they keep their names."""
    return "validation" if split == "val" else split


def tasks_of(job: ExportJob) -> list[str]:
    """Return what the data set is for, in the hub's words."""
    request = job.request
    return [
        *([] if request.boxes else ["image-segmentation"]),
        *(["object-detection"] if request.format_name in ("coco", "yolo") else []),
        *(["depth-estimation"] if request.depth_bits is not None else []),
    ]
