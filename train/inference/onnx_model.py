"""Trained networks as ONNX files, run by ONNX Runtime: needs no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bgfg.data_manifests.files.seal import holds_seal
from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.onnx_session import FAILURES, first_line, open_session, provider_for
from bgfg.train.models.model_card import MATTE_CHANNELS, ModelCard, parse_model_card

# Key of the model card in an ONNX file's metadata.
CARD_KEY = "bgfg"

# What stands before the file's own digest in its description, which precedes the graph in the file: so a file that was
# cut short still has it.
SEAL_MARK = b"bgfg_sha256:"

_AGAIN = "export it again"


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
        provider = provider_for(device)
        # Before ONNX Runtime sees the file: there is no telling what it does with a damaged one.
        if holds_seal(file, SEAL_MARK) is False:
            raise Problem(f"{file}: is damaged (not what its SHA-256 says): restore it from a copy, or {_AGAIN}")
        self._session = open_session(file, threads or usable_cpu_count(), provider, _AGAIN)
        try:
            card = self._session.get_modelmeta().custom_metadata_map.get(CARD_KEY)
        except UnicodeDecodeError as error:
            raise Problem(f"{file}: its description is damaged ({error.reason}): {_AGAIN}") from error
        self.card = parse_model_card(file, card)
        self._require_names()
        self.where = f"{provider.removesuffix('ExecutionProvider')}, ONNX Runtime {onnxruntime.__version__}"

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs of the card by name."""
        given = dict(zip(self.card.inputs, pictures, strict=True))
        try:
            found = self._session.run(list(self.card.outputs), given)
        except FAILURES as error:
            sizes = ", ".join("×".join(map(str, maps.shape)) for maps in pictures)
            raise Problem(f"{self.file}: fails on inputs of {sizes} ({first_line(error)}): {_AGAIN}") from error
        outputs = dict(zip(self.card.outputs, found, strict=True))
        for name, maps in outputs.items():
            if not _is_shaped(name, maps, len(pictures[0]), self.card):
                gives = f"gives {name} as {getattr(maps, 'shape', type(maps).__name__)}"
                raise Problem(f"{self.file}: {gives}, which isn't what its card says: {_AGAIN}")
        return outputs

    def _require_names(self) -> None:
        """Raise Problem where the graph has other inputs than the card says, or lacks outputs."""
        takes, gives = ([each.name for each in of()] for of in (self._session.get_inputs, self._session.get_outputs))
        if set(takes) != set(self.card.inputs) or not set(gives) >= set(self.card.outputs):
            says = f"takes {', '.join(takes)} and gives {', '.join(gives)}, which isn't what its card says"
            raise Problem(f"{self.file}: {says}: {_AGAIN}")


def _is_shaped(name: str, maps: Any, pictures: int, card: ModelCard) -> bool:
    """Say whether an output is what the card's outputs are, for a number of pictures."""
    if not isinstance(maps, np.ndarray) or maps.dtype.kind not in "fi":
        return False
    if card.finds_instances:
        wanted = {"boxes": (None, 4), "masks": (None, 1, None, None)}.get(name, (None,))
    else:
        channels = {"matte": MATTE_CHANNELS, "classes": len(card.classes) or None}.get(name, 1)
        wanted = (pictures, channels, None, None)
    sides_are_there = maps.ndim < 4 or 0 not in maps.shape[2:]
    return (
        maps.ndim == len(wanted)
        and sides_are_there
        and all(size in (None, found) for size, found in zip(wanted, maps.shape, strict=True))
    )
