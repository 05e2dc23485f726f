"""Stub models for tests of inference: no network, and answers that are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.train.models.model_card import DETECTION_OUTPUTS, ModelCard


def stub_card(**given: Any) -> ModelCard:
    """Return the card of a model of two shots that finds mask and depth, some of it otherwise."""
    fields: dict[str, Any] = {
        "name": "differs",
        "options": {},
        "inputs": ("bg", "bg_fg"),
        "outputs": ("mask", "depth"),
        "input_px": 36,
        "step_px": 1,
        "parameters": 0,
        "licence": "MIT",
    }
    return ModelCard(**fields | given)


class DifferenceModel:
    """A model without a network: the person is where two shots differ, or what is reddest; it is 2 m away of 4 m."""

    where = "nothing"

    def __init__(self, file: Path, **given: Any) -> None:
        self.file, self.card = file, stub_card(**given)
        self.seen: list[list[NDArray[np.float32]]] = []
        if not file.exists():
            file.write_bytes(b"weights")

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        self.seen.append(list(pictures))
        if len(pictures) == 2:
            differs = np.abs(pictures[1] - pictures[0]).max(axis=1, keepdims=True) > 0.02
        else:
            differs = pictures[0][:, :1] > pictures[0][:, 1:].max(axis=1, keepdims=True) + 0.2
        mask = differs.astype(np.float32)
        found = {"mask": mask, "depth": 4 - 2 * mask, "matte": np.concatenate([pictures[-1], mask], axis=1)}
        return {name: found[name] for name in self.card.outputs}


class RednessModel(DifferenceModel):
    """The same of single pictures, which gives the person as somebody found, and nobody where nothing is red."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, inputs=("image",), outputs=DETECTION_OUTPUTS)

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        picture = pictures[0]
        mask = (picture[:, :1] > picture[:, 1:].max(axis=1, keepdims=True) + 0.2).astype(np.float32)
        mask = mask[mask.mean(axis=(1, 2, 3)) > 0.1]
        rows, columns = np.nonzero(mask.any(axis=(0, 1))) if len(mask) else (np.zeros(1), np.zeros(1))
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)
        values = (np.zeros(1, np.int64), box[None], np.ones(1, np.int64), np.full(1, 0.9, np.float32))
        return dict(zip(DETECTION_OUTPUTS, (*(value[: len(mask)] for value in values), mask), strict=True))
