"""Cut-outs from photographs in one call: the model opened, every photograph cut, doubtful cut-outs set aside."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.seal import holds_seal
from bgfg.data_manifests.images.decode import StrPath
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import Note
from bgfg.data_manifests.terminal.progress import Progress, no_progress, show_progress
from bgfg.train.cutouts.cut_files import CutoutCounts, PhotoCutter
from bgfg.train.cutouts.doubts import ACCEPTABLE, DoubtRules
from bgfg.train.cutouts.matting_onnx import MattingOnnx, open_matting_onnx
from bgfg.train.cutouts.places import CutoutFolder, require_cutouts
from bgfg.train.cutouts.rembg_model import PREFIX, RembgModel
from bgfg.train.inference.onnx_model import SEAL_MARK
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import InferenceModel, load_model
from bgfg.train.models.shipped import SHIPPED_MODELS, is_shipped


def cutout(
    photos: StrPath,
    out: StrPath,
    *,
    model: StrPath = "person",
    background: StrPath | None = None,
    align: bool | None = None,
    label: str | None = None,
    min_share: float = 0.01,
    max_uncertain: float = 0.1,
    accept: Sequence[str] = (),
    size_px: int | None = None,
    onnx: Mapping[str, Any] | None = None,
    device: str | None = None,
    threads: int | None = None,
    progress: bool = False,
) -> CutoutCounts:
    """Cut out the people of photographs, or whatever a network finds, as `plan` takes them: `plan(corpus, bg, fg=out)`.

    Args:
        photos: A photograph, or a folder of them.
        out: Folder of the cut-outs; what it has already is kept.
        model: "person" or "two_stream", which come with bgfg; a run, a checkpoint or an ONNX file; "rembg:NAME".
        background: Shot of the empty scene, or a folder of them, for a model of two shots.
        align: Whether backgrounds are moved over their photographs; None for those that surely lie beside them.
        label: What is cut out: it goes to the folder of that name in `out`, which is its class.
        min_share: Share of its photograph that an object has to cover.
        max_uncertain: How uncertain its matte may be: 1 less the IoU that the matte expects of itself.
        accept: Reasons that don't make a cut-out doubtful, of "small", "uncertain" and "border".
        size_px: Shorter side of what the model looks at.
        onnx: What the network of an ONNX file of others is: its "model", or "other" and its settings.
        device: "cuda", "mps" or "cpu"; None for the best there is.
        threads: Threads on a CPU; None for one a core.
        progress: Whether to show progress on stderr.

    Returns:
        How many photographs and cut-outs there are, and how many are doubtful, by the reason.

    Raises:
        Problem: Where an option makes no sense, a file of another's would be written over, or photographs failed.
    """
    wrong = next((reason for reason in accept if reason not in ACCEPTABLE), None)
    if wrong is not None:
        raise Problem(f"accept {wrong!s:.60}: give some of {', '.join(ACCEPTABLE)}", exit_code=2)
    notes: list[str] = []
    counts = cut_photos(
        Path(photos), Path(out), str(model), None if background is None else Path(background), align, label,
        DoubtRules(min_share, max_uncertain, tuple(accept)), size_px, onnx or {}, device, threads,
        show_progress if progress else no_progress, notes.append,
    )  # fmt: skip
    for note in notes:
        warnings.warn(note, stacklevel=2)
    return counts


def cut_photos(
    photos: Path,
    out: Path,
    model: str,
    background: Path | None,
    align: bool | None,
    label: str | None,
    rules: DoubtRules,
    size_px: int | None,
    onnx: Mapping[str, Any],
    device: str | None,
    threads: int | None,
    progress: Progress,
    note: Note,
) -> CutoutCounts:
    """Do what `cutout` does, with its arguments; `progress` and `note` are told how far it is and what was noticed."""
    _require_model(model)
    require_cutouts(photos, background, out, label)
    opened = open_cutout_model(model, onnx, size_px, device, threads, note)
    options: dict[str, Any] = {"align": align} if opened.card.needs_background else {}
    if isinstance(opened, MattingOnnx):
        options |= {"onnx": opened.described}
    cutter = PhotoCutter(Predictor(opened, size_px), CutoutFolder.of(out, label), rules, options)
    return cutter.cut_folder(photos, background, align, progress, note)


def open_cutout_model(
    name: str, onnx: Mapping[str, Any], size_px: int | None, device: str | None, threads: int | None, note: Note
) -> InferenceModel:
    """Open a model to cut out by, whoever's it is.

    Args:
        name: As `cutout` takes it.
        onnx: Settings of an ONNX file of others.
        size_px: Shorter side of what the model looks at.
        device: As `cutout` takes it.
        threads: Likewise.
        note: Told what an ONNX file of others is read as.

    Raises:
        Problem: There is no such model, or it can't be read, or settings are given for one that has none.
    """
    path = Path(name)
    opened: InferenceModel | None = None
    if _is_of_rembg(name):
        opened = RembgModel(name.partition(":")[2], device, threads)
    elif path.suffix.lower() == ".onnx" and path.is_file() and holds_seal(path, SEAL_MARK) is None:
        opened = open_matting_onnx(path, onnx, size_px, device, threads, note)
    if onnx and not isinstance(opened, MattingOnnx):
        line = f"--onnx {next(iter(onnx))}: {name} says itself what it takes: leave --onnx out"
        raise Problem(line, exit_code=2)
    return opened or load_model(path, device, threads)


def _is_of_rembg(name: str) -> bool:
    """Say whether a network of rembg is meant: a path of that name goes before."""
    return name.partition(":")[0] == PREFIX and not Path(name).exists()


def _require_model(name: str) -> None:
    """Raise Problem where there is no model of a name, before anything else is looked at."""
    path = Path(name)
    if not (path.exists() or is_shipped(path) or _is_of_rembg(name)):
        kinds = f"{', '.join(SHIPPED_MODELS)}, a run, a checkpoint, an .onnx file, or {PREFIX}:NAME"
        raise Problem(f"--model {name}: no such network: give {kinds}", exit_code=2)
