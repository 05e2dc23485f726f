"""Trained networks as ONNX files, run by ONNX Runtime: needs no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as states

from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.model_card import parse_model_card

# Key of the model card in an ONNX file's metadata.
CARD_KEY = "bgfg"

# Errors of ONNX Runtime on damaged files, and on inputs that a network can't take: they have no common class.
_FAILURES = (
    states.InvalidProtobuf, states.InvalidArgument, states.InvalidGraph, states.NoModel, states.Fail,
    states.NotImplemented, states.RuntimeException,
)  # fmt: skip


class OnnxModel:
    """A trained network in ONNX Runtime.

    Args:
        file: The ONNX file, as `bgfg onnx` wrote it.
        device: cuda, mps or cpu; None for cuda where ONNX Runtime has it, else the CPU.
        threads: Threads on a CPU; None for one a core.

    Raises:
        Problem: The file can't be read, isn't of bgfg, or ONNX Runtime doesn't have the device.
    """

    def __init__(self, file: Path, device: str | None = None, threads: int | None = None) -> None:
        self.file = file
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_cpu_count()
        options.log_severity_level = 4  # fatal errors only: the others are raised, and reported here in a line
        provider = _provider(device)
        try:
            self._session = onnxruntime.InferenceSession(file.read_bytes(), options, providers=[provider])
        except _FAILURES as error:
            raise Problem(f"{file}: can't be read as ONNX ({_first_line(error)}): export it again") from error
        self.card = parse_model_card(file, self._session.get_modelmeta().custom_metadata_map.get(CARD_KEY))
        self.where = f"{provider.removesuffix('ExecutionProvider')}, ONNX Runtime {onnxruntime.__version__}"

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs of the card by name."""
        given = dict(zip(self.card.inputs, pictures, strict=True))
        try:
            found = self._session.run(list(self.card.outputs), given)
        except _FAILURES as error:
            sizes = ", ".join("×".join(map(str, maps.shape)) for maps in pictures)
            raise Problem(f"{self.file}: fails on inputs of {sizes} ({_first_line(error)}): export it again") from error
        return dict(zip(self.card.outputs, found, strict=True))


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
