"""Export to ONNX: one file with its model card, compared with PyTorch before it appears."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replacing
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin
from bgfg.data_manifests.files.seal import UNSEALED, seal
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.store.outputs import require_file
from bgfg.train.export.half_precision import halve_constants, is_half
from bgfg.train.export.onnx_maskrcnn import compare_detections
from bgfg.train.export.tracing import trace
from bgfg.train.inference.onnx_model import CARD_KEY, SEAL_MARK, OnnxModel
from bgfg.train.inference.torch_model import DecodedInstanceNetwork, DecodedNetwork, load_decoded
from bgfg.train.models.checkpoint import model_file
from bgfg.train.models.model_card import ModelCard
from bgfg.train.models.shipped import require_model

# Largest difference of an output from PyTorch's: of alpha as it is, of depth as a share of it. Batch normalisation is
# multiplied into the kernels, so that those in half precision are rounded once more.
MAX_DIFFERENCE = 1e-3
MAX_DIFFERENCE_HALF = 1e-2

_ORIGIN = Origin("onnx")


@dataclass(frozen=True)
class OnnxExport:
    """Result of an export.

    Attributes:
        card: The card in the file.
        bytes: Size of the file.
        differences: Largest difference of each output from PyTorch's.
    """

    card: ModelCard
    bytes: int
    differences: dict[str, float]


def export_onnx(source: Path, out: Path) -> OnnxExport:
    """Write the network of a run, or of a checkpoint file, as an ONNX file, and compare the two on noise.

    The number of pictures is free, and so is their size where the network allows other ones than its own. Weights are
    in half precision where they are in the checkpoint. The file appears whole or not at all.

    Args:
        source: Folder of the run, checkpoint file, or name of a network that comes with bgfg.
        out: The ONNX file.

    Raises:
        Problem: `out` is a file that this function didn't make, the model can't be read, the extra isn't installed, or
            an output differs by more than MAX_DIFFERENCE, or MAX_DIFFERENCE_HALF where weights are in half precision.
    """
    if out.suffix.lower() != ".onnx":
        raise Problem(f"{out}: an ONNX file's name ends in .onnx: give {out.name}.onnx", exit_code=2)
    if source.suffix.lower() == ".onnx":
        raise Problem(
            f"{source}: is an ONNX file already: use it in {bgfg_command('predict', source, 'IMAGE')}", exit_code=2
        )
    onnx = _onnx()
    require_model(source)
    require_file(out, _ORIGIN, "OUT", makes_folder=True)
    file = model_file(source)
    decoded, card = load_decoded(file)
    half = is_half(file)
    most = MAX_DIFFERENCE_HALF if half else MAX_DIFFERENCE
    make_folder(out.parent)
    # Under a temporary name until it has been compared.
    with replacing(out) as part:
        _write(onnx, decoded, card, part, half)
        exported = OnnxModel(part, "cpu")
        if isinstance(decoded, DecodedInstanceNetwork):
            differences = compare_detections(decoded, exported, lambda path: _write(onnx, decoded, card, path, half))
        else:
            differences = _compared(decoded, exported)
        if max(differences.values()) > most:
            worst = max(differences, key=differences.__getitem__)
            line = f"{out}: {worst} differs from PyTorch's by {differences[worst]:.2g}, more than {most}"
            raise Problem(f"{line}: not written; use the run itself, and please report it")
    return OnnxExport(card, out.stat().st_size, differences)


def _write(
    onnx: Any, decoded: DecodedNetwork | DecodedInstanceNetwork, card: ModelCard, path: Path, half: bool
) -> None:
    """Write the network as ONNX with its card and its digest in it."""
    example = [torch.from_numpy(maps) for maps in _noise(card, 2)]
    # Of what finds instances tracing warns of every size; they are checked by comparing.
    trace(decoded, example, path, card.inputs, card.outputs, _free_axes(card), sizes_checked=card.finds_instances)
    model = onnx.load(path)
    if half:
        halve_constants(model)
    onnx.helper.set_model_props(model, {CARD_KEY: card.as_json(), "licence": card.licence, ORIGIN_KEY: str(_ORIGIN)})
    model.doc_string = SEAL_MARK.decode() + UNSEALED
    onnx.checker.check_model(model)
    path.write_bytes(seal(model.SerializeToString(deterministic=True), SEAL_MARK))


def _free_axes(card: ModelCard) -> dict[str, dict[int, str]]:
    """Return by input and output which of its axes are free, and what they are called.

    A name stands for one number in all of a file: maps may be smaller than pictures, so that each has sides of its own.
    """
    size = {2: "height", 3: "width"} if card.step_px else {}
    inputs = dict.fromkeys(card.inputs, {0: "n"} | size)
    if card.finds_instances:
        return inputs | {name: {0: "k"} | (size if name == "masks" else {}) for name in card.outputs}
    return inputs | {name: {0: "n"} | {axis: f"{name}_{side}" for axis, side in size.items()} for name in card.outputs}


def _compared(decoded: DecodedNetwork, exported: OnnxModel) -> dict[str, float]:
    """Return each output's largest difference between the two, over batch sizes and, where they are free, sides."""
    card, found = exported.card, dict.fromkeys(exported.card.outputs, 0.0)
    # Another batch size and another width than those that were traced: they must have stayed free.
    further_px = 0 if card.step_px is None else 2 * card.step_px
    for count, more_px in ((1, 0), (3, further_px)):
        pictures = _noise(card, count, more_px)
        with torch.inference_mode():
            wanted = decoded(*(torch.from_numpy(maps) for maps in pictures))
        given = exported.run(pictures)
        for name, true in zip(card.outputs, wanted, strict=True):
            apart = np.abs(given[name] - true.numpy())
            relative = apart / np.abs(true.numpy()) if name == "depth" else apart
            found[name] = max(found[name], float(relative.max()))
    return found


def _noise(card: ModelCard, count: int, wider_px: int = 0) -> list[NDArray[np.float32]]:
    """Return noise as inputs, (count, 3, h, w) each."""
    draw = np.random.default_rng(0)
    shape = (count, 3, card.input_px, card.input_px + wider_px)
    return [draw.random(shape, np.float32) for _ in card.inputs]


def _onnx() -> Any:
    try:
        return importlib.import_module("onnx")
    except ModuleNotFoundError as error:
        line = "onnx isn't installed, which writing ONNX files needs: pip install 'bgfg[onnx]'"
        raise Problem(line, exit_code=2) from error
