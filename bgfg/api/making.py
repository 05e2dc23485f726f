"""What makes the arrays of a corpus, as functions: compose, label, import_corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Literal

from bgfg.api.running import AnyBackend, executor_of, warn_of
from bgfg.data_manifests.images.decode import StrPath
from bgfg.data_manifests.objects.urls import is_url
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.places.file_place import weights_place
from bgfg.data_manifests.places.pictures_place import pictures_folder
from bgfg.data_manifests.terminal.arguments import BatchSize, Printable, Workers, checked_arguments
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import no_note, show_note
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.importing.import_corpus import import_corpus as import_pictures
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.corpus import Corpus


@checked_arguments
def compose(
    corpus: StrPath,
    *,
    workers: Workers | None = None,
    backend: AnyBackend = "loky",
    address: str | None = None,
    progress: bool = False,
) -> Corpus:
    """Make every unfinished shard of images and masks.

    Args:
        corpus: Folder of a planned corpus, or its URL.
        workers: Processes or threads of this machine; None for one a core.
        backend: Processes ("loky") or threads of this machine, or a cluster ("dask", "ray").
        address: Where a cluster answers, such as "tcp://10.0.0.5:8786" (Dask) or "10.0.0.5:6379" (Ray).
        progress: Whether to show progress on stderr.

    Returns:
        The corpus, whose images and masks are all there.

    Raises:
        Problem: Where there is no planned corpus, another process writes to it, or shards failed.
    """
    executor = executor_of(workers, backend, progress, address)
    with corpus_folder(corpus) as folder:
        notes = compose_corpus(executor.path_for_workers(folder), executor)
    warn_of(notes)
    return open_corpus(corpus)


@checked_arguments
def label(
    corpus: StrPath,
    teacher: str = "auto",
    *,
    weights: StrPath | None = None,
    input_px: tuple[int, int] | None = None,
    batch: BatchSize | None = None,
    device: str = "auto",
    depth: Literal["log8", "mm16"] = "log8",
    resize: Literal["align_corners", "half_pixel"] | None = None,
    trained_on: Literal["nyu", "kitti"] | None = None,
    onnx: Mapping[str, Any] | None = None,
    focal_px: float | None = None,
    licence: Printable | None = None,
    replace: bool = False,
    workers: Workers | None = None,
    backend: AnyBackend = "loky",
    address: str | None = None,
    progress: bool = False,
) -> Corpus:
    """Make every unfinished shard of depth.

    Args:
        corpus: Folder of a composed corpus, or its URL.
        teacher: "layered" or "in_front" (by the backgrounds' depth), "compact", "densedepth", "hub" or "onnx"
            (by the composites), or "auto": "layered" where the backgrounds have depth, else "compact".
        weights: File of weights, or its URL; for "hub" a name or a folder; None for those that come with "compact".
        input_px: (height, width) of the network's input; None for the teacher's own.
        batch: Pictures at a time; None for the teacher's own.
        device: "cuda", "mps", "cpu" or "auto".
        depth: How a network's depth is stored: 8 bits in log steps, or 16 bits of millimetres.
        resize: How DenseDepth doubles its maps; None for what the weights' file says.
        trained_on: Range of DenseDepth: 0.1 to 10 m ("nyu") or 1 to 80 m ("kitti"); None for what the name says.
        onnx: What the file of "onnx" is: its "model", and settings by name; None for what its inputs and outputs say.
        focal_px: Focal length of the camera in px of the pictures, for "onnx".
        licence: Licence of the weights of "onnx", which is recorded; None for what the file says.
        replace: Remove what another teacher made.
        workers: Processes or threads of this machine; None for one a core.
        backend: Processes ("loky") or threads of this machine, or a cluster ("dask", "ray").
        address: Where a cluster answers, such as "tcp://10.0.0.5:8786" (Dask) or "10.0.0.5:6379" (Ray).
        progress: Whether to show progress on stderr, and what labels.

    Returns:
        The corpus, whose depth maps are all there.

    Raises:
        Problem: Where images are missing, another teacher labelled the corpus, weights can't be read, or shards failed.
    """
    executor = executor_of(workers, backend, progress, address)
    with ExitStack() as places:
        name = None if weights is None else str(weights)  # a path, a URL, or one of the Hugging Face hub
        choice = TeacherOptions(
            teacher,
            str(places.enter_context(weights_place(name))) if name and is_url(name) else name,
            input_px,
            batch,
            device,
            _chosen("--depth", depth, {"log8": 8, "mm16": 16}),
            resize,
            trained_on,
            tuple((onnx or {}).items()),
            focal_px,
            licence,
        )
        path = executor.path_for_workers(places.enter_context(corpus_folder(corpus)))
        notes = label_corpus(path, choice, executor, replace, show_note if progress else no_note)
    warn_of(notes)
    return open_corpus(corpus)


@checked_arguments
def import_corpus(
    folder: StrPath,
    corpus: StrPath,
    *,
    size_px: int | tuple[int, int] | None = None,
    depth_scale_m: float | None = None,
    inverse_depth: bool | None = None,
    split: str = "80/10/10",
    seed: int = 0,
    skip_bad: bool = False,
    coco: Sequence[str] = (),
    replace: bool = False,
    workers: Workers | None = None,
    backend: AnyBackend = "loky",
    address: str | None = None,
    progress: bool = False,
) -> Corpus:
    """Make a corpus of composites that are there already, with what is known of them.

    Args:
        folder: Folder of composites, masks and whatever else there is, in any layout that `audit` recognises; or a URL.
        corpus: Folder of the corpus, made where it isn't there, or a URL; an import that was interrupted is gone on
            with.
        size_px: Size of the samples, a side or (height, width), to which others are cropped and resized; None for the
            one that all have.
        depth_scale_m: Metres of one unit of the depth maps; None for millimetres of 16 bits, and no unit of 8.
        inverse_depth: Whether larger values of depth maps are nearer; None for what the maps themselves say.
        split: Shares of train, val and test by identity, in per cent, where the folder has no splits.
        seed: Seed of the splits.
        skip_bad: Leave out samples whose files can't be read, instead of raising; the manifest names them.
        coco: Files of annotations in COCO's form, within the folder; none for those that their names tell.
        replace: Remove another corpus that is there.
        workers: Processes or threads of this machine; None for one a core.
        backend: Processes ("loky") or threads of this machine, or a cluster ("dask", "ray").
        address: Where a cluster answers, such as "tcp://10.0.0.5:8786" (Dask) or "10.0.0.5:6379" (Ray).
        progress: Whether to show progress on stderr.

    Returns:
        The corpus, whose images and masks are all there.

    Raises:
        Problem: Where nothing is recognised, files can't be used, depth maps don't say what they mean, or another
            corpus is there.
    """
    options = ImportOptions(
        (size_px, size_px) if isinstance(size_px, int) else size_px,
        depth_scale_m,
        inverse_depth,
        split,
        seed,
        skip_bad,
        tuple(coco),
    )
    executor = executor_of(workers, backend, progress, address)
    with pictures_folder(folder) as pictures, corpus_folder(corpus) as path:
        done = import_pictures(pictures, executor.path_for_workers(path), options, executor, replace)
    warn_of(done.notes)
    return open_corpus(corpus)


def _chosen(option: str, value: str, values: Mapping[str, int]) -> int:
    if value not in values:
        raise Problem(f"{option} {value}: give one of {', '.join(values)}", exit_code=2)
    return values[value]
