"""Cut-outs from photographs in one call: the model opened, every photograph cut, doubtful cut-outs set aside."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bgfg.data_manifests.images.decode import StrPath
from bgfg.data_manifests.places.file_place import shots_place
from bgfg.data_manifests.places.results_place import whole_results
from bgfg.data_manifests.places.run_place import network_place
from bgfg.data_manifests.terminal.arguments import LookSize, Share, Workers, checked_arguments
from bgfg.data_manifests.terminal.notes import Note
from bgfg.data_manifests.terminal.progress import Progress, no_progress, show_progress
from bgfg.train.cutouts.cut_files import CutoutCounts, PhotoCutter
from bgfg.train.cutouts.doubts import DoubtRules
from bgfg.train.cutouts.matting_onnx import MattingOnnx
from bgfg.train.cutouts.network import CutoutNetwork
from bgfg.train.cutouts.places import CutoutFolder, require_cutouts
from bgfg.train.inference.inputs import check_align_given
from bgfg.train.inference.predictor import Predictor


@checked_arguments
def cutout(
    photos: StrPath,
    out: StrPath,
    *,
    model: StrPath = "person",
    background: StrPath | None = None,
    align: bool | None = None,
    label: str | None = None,
    min_share: Share = 0.01,
    max_uncertain: Share = 0.1,
    accept: Sequence[str] = (),
    size_px: LookSize | None = None,
    onnx: Mapping[str, Any] | None = None,
    device: str | None = None,
    threads: Workers | None = None,
    progress: bool = False,
) -> CutoutCounts:
    """Cut out the people of photographs, or whatever a network finds, as `plan` takes them: `plan(corpus, bg, fg=out)`.

    Args:
        photos: A photograph, or a folder of them, or a URL, as of `out`, `model` and `background`.
        out: Folder of the cut-outs; what it has already is kept.
        model: "person" or "two_stream", which come with bgfg; a run, a checkpoint or an ONNX file; "rembg:NAME".
        background: Shot of the empty scene, or a folder of them, for a model of two shots.
        align: Whether backgrounds are moved over their photographs; None for those that surely lie beside them.
        label: What is cut out: it goes to the folder of that name in `out`, which is its class.
        min_share: Share of its photograph that an object has to cover.
        max_uncertain: How uncertain its matte may be: 1 less the IoU that the matte expects of itself.
        accept: Reasons that don't make a cut-out doubtful, of "small", "uncertain", "several" and "border".
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
    rules = DoubtRules(min_share, max_uncertain, tuple(accept))
    notes: list[str] = []
    shown = show_progress if progress else no_progress
    with ExitStack() as places:
        name = str(places.enter_context(network_place(model)))
        network = CutoutNetwork(name, size_px, onnx or {}, device, threads)
        shots = places.enter_context(shots_place(photos))
        there = places.enter_context(whole_results(out))
        shot = None if background is None else places.enter_context(shots_place(background))
        counts = cut_photos(shots, there, network, rules, shot, align, label, shown, notes.append)
    for note in notes:
        warnings.warn(note, stacklevel=3)
    return counts


def cut_photos(
    photos: Path,
    out: Path,
    network: CutoutNetwork,
    rules: DoubtRules,
    background: Path | None,
    align: bool | None,
    label: str | None,
    progress: Progress,
    note: Note,
) -> CutoutCounts:
    """Do what `cutout` does, with its arguments; `progress` and `note` are told how far it is and what was noticed."""
    network.require_there()
    require_cutouts(photos, background, out, label)
    model = network.open(note)
    check_align_given(align, model.card)
    options: dict[str, Any] = {"align": align} if model.card.needs_background else {}
    if isinstance(model, MattingOnnx):
        options |= {"onnx": model.described}
    predictor = Predictor(model, network.size_px, threads=network.threads)
    cutter = PhotoCutter(predictor, CutoutFolder.of(out, label), rules, options)
    return cutter.cut_folder(photos, background, align, progress, note)
