"""The steps of a corpus as functions: plan, extend, compose, label, audit, export.

Each does what the command of its name does, with the same defaults, and goes on where an earlier run was interrupted.
What a command would print as a note becomes a warning of Python's. Functions raise `Problem`, whose text names the
option in the command line's words, for whatever a user has to mend.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from bgfg.data_manifests.images.decode import StrPath
from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import no_note, show_note
from bgfg.data_manifests.terminal.progress import no_progress, show_progress
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.runner import ExportResult, export_corpus, export_request
from bgfg.synth.importing.import_corpus import import_corpus as import_pictures
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.plan.extend import extend_corpus
from bgfg.synth.plan.options import ExtendOptions, PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import AuditReport, audit_path

Backend = Literal["loky", "threading"]


def plan(
    corpus: StrPath,
    bg: StrPath,
    fg: StrPath,
    bg_depth: StrPath | None = None,
    *,
    depth_scale_m: float = 0.001,
    size_px: int | tuple[int, int] = 224,
    cutout_height_px: int = 110,
    placements: int = 20,
    placement: Literal["random", "grid", "perspective"] = "random",
    fov_deg: float | None = None,
    cutouts_per_sample: int | str = 1,
    max_overlap_percent: int | None = None,
    seed: int = 0,
    split: str = "80/10/10",
    skip_bad: bool = False,
    fix_cutouts: bool = False,
    label: str | None = None,
    subfolders: Literal["classes", "merge", "ignore"] | None = None,
    scale: float | str = 1,
    rotate_deg: float = 0,
    truncate_percent: int = 0,
    distractors: int | str = 0,
    blur_px: float = 0,
    colour_match: float | str = 0,
    shadow: float | str = 0,
    blend: str = "alpha",
    replace: bool = False,
    workers: int | None = None,
    progress: bool = False,
) -> Corpus:
    """Scan two folders of pictures, draw the placements, and write what the corpus is to be.

    Args:
        corpus: Folder of the corpus, made where it isn't there.
        bg: Folder of backgrounds.
        fg: Folder of cut-outs with transparency.
        bg_depth: Folder of depth maps under the backgrounds' names.
        depth_scale_m: Metres of one unit of the depth maps.
        size_px: Size of the samples: a side, or (height, width).
        cutout_height_px: Height of the cut-outs, less where one is too wide for the frame; usual is half of its height.
        placements: Positions of each cut-out on each background.
        placement: Rule of the positions; "perspective" needs `bg_depth`.
        fov_deg: Field of view across the frame's shorter side, of all backgrounds; None takes what their EXIF data say,
            and lets "perspective" estimate it for each.
        cutouts_per_sample: People in a picture: a number, or a range such as "1..3".
        max_overlap_percent: How much of one those in front may cover, where there are several; None for 50.
        seed: Seed of placements and splits.
        split: Shares of train, val and test by identity, in per cent.
        skip_bad: Leave out pictures that can't be used, instead of raising; `corpus.manifest.left_out` names them.
        fix_cutouts: Undo defects of cut-outs: colours premultiplied by alpha, haze, transparent margins;
            `corpus.manifest.cutout_fixes` says what was done to which.
        label: Class of the cut-outs that lie in no sub-folder of `fg`; None for "foreground".
        subfolders: What the sub-folders of `fg` are: classes by their names, more of the one class that `label` names,
            or nothing that counts; None where they are plainly classes. `corpus.classes` lists what came of it.
        scale: Factor of the cut-outs' size, or the range from which it is drawn for each, such as "0.5..1.5".
        rotate_deg: Degrees by which cut-outs are turned at most, either way.
        truncate_percent: Share of a cut-out that may lie outside the frame.
        distractors: Further cut-outs behind the others that are in no mask: a number, or a range such as "0..2".
        blur_px: Largest sigma by which cut-outs are out of focus.
        colour_match: How far, 0..1, colours of cut-outs go to those around them, or a range such as "0..1".
        shadow: Darkness of shadows on the ground, 0..1, or a range such as "0.3..0.7".
        blend: Ways of blending, of "alpha", "gaussian" and "poisson", with commas: one is drawn for each sample; "all"
            shows each place under each.
        replace: Remove a corpus of another plan that is there.
        workers: Threads that read pictures; None for one a core.
        progress: Whether to show progress on stderr.

    Returns:
        The planned corpus, whose images are not made yet.

    Raises:
        Problem: Where an option makes no sense, pictures can't be used, or another corpus is there.
    """
    height_px, width_px = (size_px, size_px) if isinstance(size_px, int) else size_px
    options = PlanOptions(
        Path(bg),
        Path(fg),
        None if bg_depth is None else Path(bg_depth),
        depth_scale_m,
        height_px,
        width_px,
        cutout_height_px,
        placements,
        placement,
        seed,
        split,
        skip_bad,
        fov_deg,
        CutoutsPerSample.parse(str(cutouts_per_sample), max_overlap_percent),
        fix_cutouts,
        label,
        subfolders,
        Variety.parse(
            *(
                str(scale),
                rotate_deg,
                truncate_percent,
                str(distractors),
                blur_px,
                str(colour_match),
                str(shadow),
                blend,
            ),
            rule=placement,
        ),
    )
    path = Path(corpus)
    planned = plan_corpus(
        path, options, replace, workers or usable_cpu_count(), show_progress if progress else no_progress
    )
    _warn((*planned.notes, *planned.warnings))
    return Corpus(path)


def extend(
    corpus: StrPath,
    bg: StrPath | None = None,
    fg: StrPath | None = None,
    bg_depth: StrPath | None = None,
    *,
    depth_scale_m: float = 0.001,
    skip_bad: bool = False,
    fix_cutouts: bool = False,
    label: str | None = None,
    subfolders: Literal["classes", "merge", "ignore"] | None = None,
    replace: bool = False,
    workers: int | None = None,
    progress: bool = False,
) -> Corpus:
    """Add backgrounds or cut-outs to a corpus, or both: new ones with all others, by the options of its plan.

    Args:
        corpus: Folder of a planned corpus.
        bg: Folder of further backgrounds.
        fg: Folder of further cut-outs with transparency.
        bg_depth: Folder of depth maps under the new backgrounds' names, where the others have some.
        depth_scale_m: Metres of one unit of the depth maps.
        skip_bad: Leave out pictures that can't be used, instead of raising.
        fix_cutouts: Undo defects of cut-outs; they are undone where that was done before.
        label: Class of the new cut-outs that no sub-folder of `fg` gives one.
        subfolders: What the sub-folders of `fg` are; None where that has to be plain.
        replace: Remove what is there of another extension that isn't whole yet.
        workers: Threads that read pictures; None for one a core.
        progress: Whether to show progress on stderr.

    Returns:
        The corpus as it was: it is read so until `compose`, and `label` where it has depth, have made all that is new.

    Raises:
        Problem: Where an option makes no sense, pictures can't be used, or another extension isn't whole yet.
    """
    bg, fg, bg_depth = (None if folder is None else Path(folder) for folder in (bg, fg, bg_depth))
    options = ExtendOptions(bg, fg, bg_depth, depth_scale_m, skip_bad, fix_cutouts, label, subfolders)
    path = Path(corpus)
    shown = show_progress if progress else no_progress
    found = extend_corpus(path, options, replace, workers or usable_cpu_count(), shown)
    _warn((*found.notes, *found.warnings, *(f"left out: {file}: {reason}" for file, reason in found.left_out)))
    return Corpus(path)


def compose(
    corpus: StrPath, *, workers: int | None = None, backend: Backend = "loky", progress: bool = False
) -> Corpus:
    """Make every unfinished shard of images and masks.

    Args:
        corpus: Folder of a planned corpus.
        workers: Processes or threads; None for one a core.
        backend: Engine of joblib: processes ("loky") or threads.
        progress: Whether to show progress on stderr.

    Returns:
        The corpus, whose images and masks are all there.

    Raises:
        Problem: Where there is no planned corpus, another process writes to it, or shards failed.
    """
    path = Path(corpus)
    _warn(compose_corpus(path, _executor(workers, backend, progress)))
    return Corpus(path)


def label(
    corpus: StrPath,
    teacher: str = "auto",
    *,
    weights: StrPath | None = None,
    input_px: tuple[int, int] | None = None,
    batch: int | None = None,
    device: str = "auto",
    depth: Literal["log8", "mm16"] = "log8",
    resize: Literal["align_corners", "half_pixel"] | None = None,
    trained_on: Literal["nyu", "kitti"] | None = None,
    onnx: Mapping[str, Any] | None = None,
    focal_px: float | None = None,
    licence: str | None = None,
    replace: bool = False,
    workers: int | None = None,
    backend: Backend = "loky",
    progress: bool = False,
) -> Corpus:
    """Make every unfinished shard of depth.

    Args:
        corpus: Folder of a composed corpus.
        teacher: "layered" or "in_front" (by the backgrounds' depth), "compact", "densedepth", "hub" or "onnx"
            (by the composites), or "auto": "layered" where the backgrounds have depth, else "compact".
        weights: File of weights; for "hub" a name or a folder; None for those that come with "compact".
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
        workers: Processes or threads; None for one a core.
        backend: Engine of joblib: processes ("loky") or threads.
        progress: Whether to show progress on stderr, and what labels.

    Returns:
        The corpus, whose depth maps are all there.

    Raises:
        Problem: Where images are missing, another teacher labelled the corpus, weights can't be read, or shards failed.
    """
    choice = TeacherOptions(
        teacher,
        None if weights is None else str(weights),
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
    path = Path(corpus)
    say = show_note if progress else no_note
    _warn(label_corpus(path, choice, _executor(workers, backend, progress), replace, say))
    return Corpus(path)


def audit(
    path: StrPath,
    *,
    full: bool = False,
    workers: int | None = None,
    backend: Backend = "loky",
    progress: bool = False,
) -> AuditReport:
    """Say what a corpus, an export or a folder of pictures is, and what is wrong with it.

    Args:
        path: The folder.
        full: Whether to read every picture too, or every stored byte of a corpus.
        workers: Processes or threads; None for one a core.
        backend: Engine of joblib: processes ("loky") or threads.
        progress: Whether to show progress on stderr.

    Returns:
        What it is ("corpus", "export" or "folder"), and its findings, errors first.

    Raises:
        Problem: Where there is no such folder; whatever else is wrong is a finding.
    """
    return audit_path(Path(path), _executor(workers, backend, progress), full)


def export(
    corpus: StrPath,
    out: StrPath,
    format: Literal["folder", "zips", "webdataset", "mds", "coco", "yolo", "hdf5", "parquet"],
    *,
    splits: Sequence[str] = (),
    samples: tuple[int, int] | str | None = None,
    where: Sequence[str] = (),
    image: Literal["jpeg", "png"] = "jpeg",
    quality: int = 95,
    grey: bool = False,
    depth: Literal["auto", "8", "16", "none"] = "auto",
    segmentation: Literal["polygons", "rle"] | None = None,
    depth_member: Literal["png", "npy"] | None = None,
    label: str | None = None,
    compression: Literal["none", "zstd"] | None = None,
    licence: str | None = None,
    boxes: bool = False,
    normals: bool = False,
    fov_deg: float | None = None,
    workers: int | None = None,
    backend: Backend = "loky",
    progress: bool = False,
) -> ExportResult:
    """Write a corpus, or some of it, in a form that other tools read.

    Args:
        corpus: Folder of a composed corpus.
        out: Folder of the export; one of the same options that was interrupted is gone on with.
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
        workers: Processes or threads; None for one a core.
        backend: Engine of joblib: processes ("loky") or threads.
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
    done = export_corpus(Path(corpus), Path(out), request, _executor(workers, backend, progress))
    _warn(done.notes)
    return done


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
    workers: int | None = None,
    backend: Backend = "loky",
    progress: bool = False,
) -> Corpus:
    """Make a corpus of composites that are there already, with what is known of them.

    Args:
        folder: Folder of composites, masks and whatever else there is, in any layout that `audit` recognises.
        corpus: Folder of the corpus, made where it isn't there; an import that was interrupted is gone on with.
        size_px: Size of the samples, a side or (height, width), to which others are cropped and resized; None for the
            one that all have.
        depth_scale_m: Metres of one unit of the depth maps; None for millimetres of 16 bits, and no unit of 8.
        inverse_depth: Whether larger values of depth maps are nearer; None for what the maps themselves say.
        split: Shares of train, val and test by identity, in per cent, where the folder has no splits.
        seed: Seed of the splits.
        skip_bad: Leave out samples whose files can't be read, instead of raising; the manifest names them.
        coco: Files of annotations in COCO's form, within the folder; none for those that their names tell.
        replace: Remove another corpus that is there.
        workers: Processes or threads; None for one a core.
        backend: Engine of joblib: processes ("loky") or threads.
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
    path = Path(corpus)
    done = import_pictures(Path(folder), path, options, _executor(workers, backend, progress), replace)
    _warn(done.notes)
    return Corpus(path)


def _chosen(option: str, value: str, values: Mapping[str, int]) -> int:
    if value not in values:
        raise Problem(f"{option} {value}: give one of {', '.join(values)}", exit_code=2)
    return values[value]


def _executor(workers: int | None, backend: Backend, progress: bool) -> Executor:
    return Executor(workers or usable_cpu_count(), backend, show_progress if progress else no_progress)


def _warn(notes: Sequence[str]) -> None:
    for note in notes:
        warnings.warn(note, stacklevel=3)
