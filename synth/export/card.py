"""README.md of an export: what is in it and how it is read, for people who get the folder without the corpus.

Its head is YAML as Hugging Face's hub reads it: what the data set is for, how large it is, under which licence, and for
forms that `datasets` loads, where the splits are (https://huggingface.co/docs/hub/datasets-cards).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.format import ExportJob, SampleGroups
from bgfg.synth.formats.licence import hub_licence

CARD_FILE = "README.md"

# From how many samples on the hub calls the size of a data set what.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))  # fmt: skip


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
    head = "\n".join(["---", *_about(job, sum(map(len, groups.values()))), *loading, "---"])
    licence = f"Licence: {job.request.licence}." if job.request.licence else ""
    text = "\n\n".join([head, f"# {title}", *filter(None, [*paragraphs, licence])])
    writer.write_file("card", CARD_FILE, f"{text}\n".encode())


def hub_split(split: str) -> str:
    """Return what `datasets` calls a split; but for `val`, they keep their names."""
    return "validation" if split == "val" else split


def _about(job: ExportJob, samples: int) -> list[str]:
    """Return the lines of YAML that say what the data set is for, how large it is, and under which licence."""
    size = next((name for below, name in _SIZES if samples < below), "100M<n<1B")
    licence = hub_licence(job.request.licence) if job.request.licence else []
    tasks = [f"- {task}" for task in tasks_of(job)]
    return [*licence, "task_categories:", *tasks, "size_categories:", f"- {size}", "tags:", "- bgfg", "- composites"]


def tasks_of(job: ExportJob) -> list[str]:
    """Return what the data set is for, in the hub's words."""
    request = job.request
    return [
        *([] if request.boxes else ["image-segmentation"]),
        *(["object-detection"] if request.format_name in ("coco", "yolo") else []),
        *(["depth-estimation"] if request.depth_bits is not None else []),
    ]
