"""Networks of a page: as ONNX files, each with what the page has to know of it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem, printable, told
from bgfg.train.inference.layers import require_person
from bgfg.train.inference.onnx_model import OnnxModel
from bgfg.train.models.model_card import ModelCard
from bgfg.train.models.shipped import ONNX_SUFFIX, require_model, shipped_file

# Shorter sides that the page offers: up to what `predict` takes of frames, from half of what the network was trained
# at.
_SMALLEST, _LARGEST = 1 / 2, 4 / 3

_LONGEST_NAME = 60


@dataclass(frozen=True)
class WebNetwork:
    """A network of a page.

    Attributes:
        name: What it is called.
        card: What it takes and gives.
        onnx: Its file.
    """

    name: str
    card: ModelCard
    onnx: bytes

    def entry(self, file: str) -> dict[str, Any]:
        """Return what the page has to know, as JSON has it; `file` is where the page finds the ONNX file."""
        if self.card.needs_background:
            title, text = "Two shots", "The empty scene, then you: whoever has come in is found."
        else:
            title, text = "One shot", "You alone: easier, and less sure."
        return {
            "file": file,
            "title": f"{title}: {self.name}",
            "text": text,
            "licence": self.card.licence,
            "inputs": list(self.card.inputs),
            "output": "mask" if "mask" in self.card.outputs else "matte",
            "input_px": self.card.input_px,
            "step_px": self.card.step_px,
            "sizes_px": _sizes_px(self.card),
        }


def load_networks(sources: Sequence[str]) -> list[WebNetwork]:
    """Load the networks of a page.

    Args:
        sources: Names of networks that come with bgfg, ONNX files that bgfg wrote, runs, or checkpoints; of the last
            two, ONNX files are made.

    Raises:
        Problem: There is no such network, it can't be read, it gives no mask of a person, or it is given twice.
    """
    if twice := next((source for source in sources if sources.count(source) > 1), None):
        raise Problem(f"--network {twice}: is given twice: give it once", exit_code=2)
    return [_load(source) for source in sources]


def _load(given: str) -> WebNetwork:
    source = Path(given)
    require_model(source, "a checkpoint, an .onnx file")
    file = shipped_file(source, ONNX_SUFFIX)
    if file.suffix.lower() == ONNX_SUFFIX:
        return _of_file(printable(Path(told(given)).stem), file)
    # Imported only here: it needs PyTorch.
    from bgfg.train.export.onnx import export_onnx

    with tempfile.TemporaryDirectory(prefix="bgfg-web-") as folder:
        made = Path(folder) / "network.onnx"
        export_onnx(source, made)
        return _of_file(printable(Path(told(given)).stem), made)


def _of_file(name: str, file: Path) -> WebNetwork:
    card = OnnxModel(file, "cpu", threads=1).card
    require_person(card)
    return WebNetwork(name[:_LONGEST_NAME], card, read_regular(file))


def file_names(networks: Sequence[WebNetwork]) -> list[str]:
    """Return a file name for each network: its own, of what every server and system takes, and no two alike."""
    plain = [re.sub("[^A-Za-z0-9_-]", "_", network.name) for network in networks]
    return [f"{name}{n if name in plain[:n] else ''}.onnx" for n, name in enumerate(plain)]


def _sizes_px(card: ModelCard) -> list[int]:
    if card.step_px is None:
        return [card.input_px]
    first, last = (round(share * card.input_px / card.step_px) for share in (_SMALLEST, _LARGEST))
    return [count * card.step_px for count in range(max(1, first), max(1, last) + 1)]
