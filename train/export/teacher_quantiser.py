"""The quantiser of a trained compact teacher: 8 bits by what it learnt from, and what they lose."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import onnxruntime
from torch import Tensor, from_numpy, nn

from bgfg.depth_teacher.teachers.compact import ONNX_INPUT, ONNX_OUTPUT
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.progress import print_note
from bgfg.train.export.quantised_onnx import quantise

# Batches of training by whose pictures the ranges of 8 bits are chosen.
_CALIBRATION_BATCHES = 16


class Quantiser:
    """Quantises a network to 8 bits by what it learnt from, and says what that loses on what it was validated on."""

    def __init__(self, builder: RunBuilder) -> None:
        self._builder = builder

    def write(self, full: Path, into: Path) -> None:
        """Write the smaller file, and print the delta1 of both."""
        batches = self._builder.training_batches()
        pictures = (batch.bg_fg.contiguous().numpy() for batch in islice(batches, _CALIBRATION_BATCHES))
        quantise(full, into, pictures)
        validator = self._builder.validator()
        if validator is None:
            print_note("the split val is empty: what 8 bits lose isn't known")
            return
        before, after = (validator.validate(_Session(file)).metrics["val_delta1"] for file in (full, into))
        print_note(f"delta1 on the split val: {before:.4f}, of the file of 8 bits {after:.4f}")


class _Session(nn.Module):
    """An ONNX file as a network of one picture."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        (raw,) = self._session.run([ONNX_OUTPUT], {ONNX_INPUT: picture.contiguous().numpy()})
        return {"depth": from_numpy(raw)}
