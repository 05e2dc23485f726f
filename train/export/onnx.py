"""Export to ONNX: one file that says what it wants and gives, held to PyTorch before it is there."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.train.export.onnx_maskrcnn import compared
from bgfg.train.inference.runtime import CARD_KEY, Maps, OnnxModel
from bgfg.train.inference.torch_model import Finished, FinishedInstances, load_finished
from bgfg.train.models.checkpoint import model_file
from bgfg.train.models.model_card import ALONE, Card

# As much may an output differ at most: alpha as it is, depth as a share of it.
LARGEST_DIFFERENCE = 1e-3

_OPSET = 17

# Beginnings of what PyTorch, and torchvision's detection, say on each call. No index here is negative.
_SAID_WHILE_TRACING = (
    "Constant folding - Only steps=1 can be constant folded",
    "You are using the legacy TorchScript-based ONNX export",
    "The feature will be removed",
    "To copy construct from a tensor",
    "`torch.jit.script` is deprecated",
    "Exporting aten::index operator of advanced indexing",
)


@dataclass(frozen=True)
class Export:
    """What was written: the card, the bytes of the file, and the largest difference of each output from PyTorch's."""

    card: Card
    bytes: int
    differences: dict[str, float]


def export_onnx(source: Path, out: Path) -> Export:
    """Write the network of a run, or of a checkpoint file, as an ONNX file, and compare the two on noise.

    The number of pictures is free, and so is their size where the network allows other ones than its own. The file
    appears whole or not at all. Raises Problem where the model can't be read, the extra isn't installed, or an output
    differs by more than LARGEST_DIFFERENCE.
    """
    if out.suffix.lower() != ".onnx":
        raise Problem(f"{out}: an ONNX file's name ends in .onnx: give {out.name}.onnx", exit_code=2)
    if source.suffix.lower() == ".onnx":
        raise Problem(
            f"{source}: is an ONNX file already: use it in {command('predict', source, 'IMAGE')}", exit_code=2
        )
    onnx = _onnx()
    finished, card = load_finished(model_file(source))
    part = out.with_name(f".{out.stem}.part.onnx")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _write(onnx, finished, card, part)
        exported = OnnxModel(part, "cpu")
        if isinstance(finished, FinishedInstances):
            differences = compared(finished, exported, lambda path: _write(onnx, finished, card, path))
        else:
            differences = _compared(finished, exported)
        if max(differences.values()) > LARGEST_DIFFERENCE:
            worst = max(differences, key=differences.__getitem__)
            line = f"{out}: {worst} differs from PyTorch's by {differences[worst]:.2g}, more than {LARGEST_DIFFERENCE}"
            raise Problem(f"{line}: not written; use the run itself, and please report it")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return Export(card, out.stat().st_size, differences)


def _write(onnx: Any, finished: Finished | FinishedInstances, card: Card, path: Path) -> None:
    """Write the network as ONNX with its card in it."""
    _trace(finished, card, path)
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {CARD_KEY: card.as_json(), "licence": card.licence})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _trace(finished: Finished | FinishedInstances, card: Card, path: Path) -> None:
    """Write the network as ONNX.

    By tracing, since that takes every network of the catalogue, and a second where the exporter by torch.export, whose
    graphs run no faster, takes ten. PyTorch says on each call that it may go one day.
    """
    with warnings.catch_warnings():
        for start in _SAID_WHILE_TRACING:
            warnings.filterwarnings("ignore", start)
        if card.finds_instances:  # whose sizes are checked by comparing
            tracing: Any = torch.jit
            warnings.filterwarnings("ignore", category=tracing.TracerWarning)
        torch.onnx.export(
            finished,
            tuple(torch.from_numpy(maps) for maps in _noise(card, 2)),
            path,
            dynamo=False,
            opset_version=_OPSET,
            input_names=list(card.inputs),
            output_names=list(card.outputs),
            dynamic_axes=_free_axes(card),
        )


def _free_axes(card: Card) -> dict[str, dict[int, str]]:
    """Return by input and output which of its axes are free, and what they are called."""
    size = {2: "height", 3: "width"} if card.step_px else {}
    if card.finds_instances:
        found = {name: {0: "k"} | (size if name == "masks" else {}) for name in card.outputs}
        return {ALONE: {0: "n"} | size} | found
    return dict.fromkeys((*card.inputs, *card.outputs), {0: "n"} | size)


def _compared(finished: Finished, exported: OnnxModel) -> dict[str, float]:
    """Return each output's largest difference between the two, over numbers and, where they are free, sizes."""
    card, found = exported.card, dict.fromkeys(exported.card.outputs, 0.0)
    further_px = 0 if card.step_px is None else 2 * card.step_px
    for count, more_px in ((1, 0), (3, further_px)):
        pictures = _noise(card, count, more_px)
        with torch.inference_mode():
            wanted = finished(*(torch.from_numpy(maps) for maps in pictures))
        given = exported.run(pictures)
        for name, true in zip(card.outputs, wanted, strict=True):
            apart = np.abs(given[name] - true.numpy())
            relative = apart / np.abs(true.numpy()) if name == "depth" else apart
            found[name] = max(found[name], float(relative.max()))
    return found


def _noise(card: Card, count: int, wider_px: int = 0) -> list[Maps]:
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
