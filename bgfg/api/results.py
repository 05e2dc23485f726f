"""What is done with a corpus, as functions: audit, report, card, export."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from os import PathLike
from typing import Literal

from bgfg.api.running import AnyBackend, Backend, executor_of, warn_of
from bgfg.data_manifests.images.decode import StrPath
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.places.export_place import export_folder
from bgfg.data_manifests.places.results_place import result_file
from bgfg.data_manifests.places.run_place import corpus_or_run
from bgfg.data_manifests.terminal.arguments import Printable, Quality, ReportSamples, Workers, checked_arguments
from bgfg.html_report.report import DEFAULT_SAMPLES, write_report
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.runner import ExportResult, export_corpus
from bgfg.synth.store.corpus_card import write_corpus_card
from bgfg.synth.verify.audit import AuditReport, audit_path


@checked_arguments
def audit(
    path: StrPath,
    *,
    full: bool = False,
    workers: Workers | None = None,
    backend: Backend = "loky",
    progress: bool = False,
) -> AuditReport:
    """Say what a corpus, an export or a folder of pictures is, and what is wrong with it.

    Args:
        path: The folder, or its URL.
        full: Whether to read every picture too, or every stored byte of a corpus.
        workers: Processes or threads; None for one a core.
        backend: Engine of joblib: processes ("loky") or threads.
        progress: Whether to show progress on stderr.

    Returns:
        What it is ("corpus", "export" or "folder"), and its findings, errors first.

    Raises:
        Problem: Where there is no such folder; whatever else is wrong is a finding.
    """
    executor = executor_of(workers, backend, progress)
    with corpus_folder(path) as folder:
        return audit_path(executor.path_for_workers(folder), executor, full)


@checked_arguments
def card(corpus: StrPath, *, licence: Printable | None = None) -> bool:
    """Write README.md and croissant.json of a corpus, which `compose` and `label` then keep true.

    Args:
        corpus: Folder of a corpus whose arrays are all made, or its URL.
        licence: Licence of the pictures; None for the one that the card has, else nothing is said.

    Returns:
        Whether something was written; False where all of it was there.

    Raises:
        Problem: Where arrays aren't all made, or one of the files wasn't made by bgfg or was changed by hand.
    """
    with corpus_folder(corpus) as folder:
        return write_corpus_card(folder, licence)


@checked_arguments
def report(
    sources: StrPath | Sequence[StrPath],
    out: StrPath,
    *,
    samples: ReportSamples = DEFAULT_SAMPLES,
    full: bool = False,
    licence: Printable | None = None,
    workers: Workers | None = None,
    backend: Backend = "loky",
    progress: bool = False,
) -> int:
    """Write what there is to see and to say of a corpus, or of runs side by side, as one HTML file.

    Args:
        sources: Folder of a corpus, or of one or more runs; or URLs.
        out: The file, whose name ends in .html, or its URL; a report that is there is made again.
        samples: How many samples of a corpus are shown with all that belongs to them.
        full: Whether the audit of a corpus reads every stored byte.
        licence: Licence of the pictures of a corpus; None for the one that its card has, if it has one.
        workers: Processes or threads; None for one a core.
        backend: Engine of joblib: processes ("loky") or threads.
        progress: Whether to show progress on stderr.

    Returns:
        Bytes of the file, 8 MB at most.

    Raises:
        Problem: Where a source is neither, there is something else at `out`, or a corpus changed meanwhile.
    """
    given = [sources] if isinstance(sources, (str, PathLike)) else sources
    executor = executor_of(workers, backend, progress)
    with ExitStack() as places:
        folders = [places.enter_context(corpus_or_run(source)) for source in given]
        return write_report(folders, places.enter_context(result_file(out)), executor, samples, full, licence)


@checked_arguments
def export(
    corpus: StrPath,
    out: StrPath,
    format: Literal["folder", "zips", "webdataset", "mds", "coco", "yolo", "hdf5", "parquet"],
    *,
    splits: Sequence[str] = (),
    samples: tuple[int, int] | str | None = None,
    where: Sequence[str] = (),
    image: Literal["jpeg", "png"] = "jpeg",
    quality: Quality = 95,
    grey: bool = False,
    depth: Literal["auto", "8", "16", "none"] = "auto",
    segmentation: Literal["polygons", "rle"] | None = None,
    depth_member: Literal["png", "npy"] | None = None,
    label: Printable | None = None,
    compression: Literal["none", "zstd"] | None = None,
    licence: Printable | None = None,
    boxes: bool = False,
    normals: bool = False,
    fov_deg: float | None = None,
    workers: Workers | None = None,
    backend: AnyBackend = "loky",
    address: str | None = None,
    progress: bool = False,
) -> ExportResult:
    """Write a corpus, or some of it, in a form that other tools read.

    Args:
        corpus: Folder of a composed corpus, or its URL.
        out: Folder of the export, or a URL; one of the same options that was interrupted is gone on with.
        format: Form of the export.
        splits: Splits to write; all where none is named.
        samples: First sample and the end, which is not included, as a pair or as "FIRST:END"; None for all.
        where: Filters on columns of samples.parquet, such as "visible_px>=500".
        image: Format of composites and backgrounds.
        quality: Quality of JPEG, 1 to 100.
        grey: Whether pictures have a single channel.
        depth: Bits of depth maps, or none; "auto" is 8 in folder and zips, else 16.
        segmentation: Form of masks in "coco", which alone has it; None for polygons.
        depth_member: Form of depth maps in "webdataset", which alone has it; None for pictures.
        label: Name of the category in "coco" and "yolo", which alone have it; None for "foreground".
        compression: Of shards of "mds", which alone has it; None for none.
        licence: Licence of the pictures, for the card and croissant.json; None to say nothing.
        boxes: Whether labels of "yolo", which alone has it, are boxes instead of polygons.
        normals: Whether to write maps of surface normals too.
        fov_deg: Field of view, across the frame's shorter side, of cameras that the corpus doesn't know.
        workers: Processes or threads of this machine; None for one a core.
        backend: Processes ("loky") or threads of this machine, or a cluster ("dask", "ray").
        address: Where a cluster answers, such as "tcp://10.0.0.5:8786" (Dask) or "10.0.0.5:6379" (Ray).
        progress: Whether to show progress on stderr.

    Returns:
        How many samples, files and bytes the export has, and whether it was there before.

    Raises:
        Problem: Where an option makes no sense, nothing is selected, shards are missing, or parts failed.
    """
    chosen = samples if samples is None or isinstance(samples, str) else f"{samples[0]}:{samples[1]}"
    bits = None if depth == "auto" else depth
    request = export_request(
        format,
        splits,
        chosen,
        where,
        bits,
        image=image,
        quality=quality,
        grey=grey,
        segmentation=segmentation,
        depth_member=depth_member,
        label=label,
        compression=compression,
        licence=licence,
        boxes=boxes,
        normals=normals,
        fov_deg=fov_deg,
    )
    executor = executor_of(workers, backend, progress, address)
    with corpus_folder(corpus) as path, export_folder(out) as folder:
        from_here, to_there = executor.path_for_workers(path), executor.path_for_workers(folder)
        done = export_corpus(from_here, to_there, request, executor)
    warn_of(done.notes)
    return done
