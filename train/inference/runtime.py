"""A trained network, ready to run: from a run, a checkpoint, or an ONNX file, which needs no PyTorch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.train.models.model_card import Card, read_card
from bgfg.train.models.shipped import CHECKPOINT, ONNX, SHIPPED, shipped
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as states

# The key of the card among an ONNX file's metadata.
CARD_KEY = "bgfg"

Maps = NDArray[np.float32]

# What ONNX Runtime raises on files that are damaged, and on inputs that a network can't take: it has no class for all.
_FAILURES = (
    states.InvalidProtobuf, states.InvalidArgument, states.InvalidGraph, states.NoModel, states.Fail,
    states.NotImplemented, states.RuntimeException,
)  # fmt: skip


class Runtime(Protocol):
    """A network that runs. file: that its weights are from. where: on what it runs, in words."""

    card: Card
    file: Path
    where: str

    def run(self, pictures: Sequence[Maps]) -> dict[str, Maps]:
        """Return the outputs of the card by name, (n, c, h', w') float32, for its inputs, (n, 3, h, w) in 0..1."""


def open_model(source: Path, device: str | None = None, threads: int | None = None) -> Runtime:
    """Open a run's folder, a checkpoint, an ONNX file, or by its name a network that comes with bgfg.

    device: cuda, mps or cpu, None for the best there is. threads: on a processor, None for a thread a core. Raises
    Problem where there is no such model, where it can't be read, and where the device isn't there.
    """
    source = shipped(source, ONNX if device in (None, "cpu") else CHECKPOINT)
    if not source.exists():
        kinds = f"give the folder of a run ({command('train', 'CORPUS', 'RUN')}), a checkpoint or an .onnx file"
        raise Problem(f"{source}: no such model: {kinds}, or {' or '.join(SHIPPED)}, which comes with bgfg")
    if source.suffix.lower() == ".onnx":
        return OnnxModel(source, device, threads)
    from bgfg.train.inference.torch_model import (
        TorchModel,  # not before it is needed: an ONNX file runs without PyTorch
    )

    return TorchModel(source, device, threads)


class OnnxModel:
    """A model in ONNX Runtime."""

    def __init__(self, file: Path, device: str | None = None, threads: int | None = None) -> None:
        self.file = file
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _cores()
        options.log_severity_level = 4  # what fails is raised, and told in a line
        provider = _provider(device)
        try:
            self._session = onnxruntime.InferenceSession(file.read_bytes(), options, providers=[provider])
        except _FAILURES as error:
            raise Problem(f"{file}: can't be read as ONNX ({_first_line(error)}): export it again") from error
        self.card = read_card(file, self._session.get_modelmeta().custom_metadata_map.get(CARD_KEY))
        self.where = f"{provider.removesuffix('ExecutionProvider')}, ONNX Runtime {onnxruntime.__version__}"

    def run(self, pictures: Sequence[Maps]) -> dict[str, Maps]:
        """Return the outputs of the card by name."""
        given = dict(zip(self.card.inputs, pictures, strict=True))
        try:
            found = self._session.run(list(self.card.outputs), given)
        except _FAILURES as error:
            sizes = ", ".join("×".join(map(str, maps.shape)) for maps in pictures)
            raise Problem(f"{self.file}: fails on inputs of {sizes} ({_first_line(error)}): export it again") from error
        return dict(zip(self.card.outputs, found, strict=True))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _provider(device: str | None) -> str:
    there = onnxruntime.get_available_providers()
    wanted = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider", "mps": "CoreMLExecutionProvider"}
    if device is None:
        return wanted["cuda" if wanted["cuda"] in there else "cpu"]
    if wanted[device] not in there:
        line = f"--device {device}: ONNX Runtime {onnxruntime.__version__} has none here: leave the option out"
        raise Problem(line, exit_code=2)
    return wanted[device]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
