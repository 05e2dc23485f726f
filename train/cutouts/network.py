"""The network that things are cut out by, whoever's it is: of bgfg, an ONNX file of others, or one of rembg."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.seal import holds_seal
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import Note
from bgfg.train.cutouts.matting_onnx import open_matting_onnx
from bgfg.train.cutouts.rembg_model import PREFIX, RembgModel
from bgfg.train.inference.onnx_model import SEAL_MARK
from bgfg.train.inference.runtime import InferenceModel, load_model
from bgfg.train.models.shipped import ONNX_SUFFIX, SHIPPED_MODELS, is_shipped
from bgfg.train.ops.side_work import limit_opencv


@dataclass(frozen=True)
class CutoutNetwork:
    """A network by its name, and how it is to run.

    Attributes:
        name: A network that comes with bgfg, a run, a checkpoint, an ONNX file, or "rembg:NAME".
        size_px: Shorter side of what it looks at; None for what suits it.
        onnx: What an ONNX file of others is: its "model", or "other" and its settings.
        device: "cuda", "mps" or "cpu"; None for the best there is.
        threads: Threads on a CPU; None for one a core.
    """

    name: str = "person"
    size_px: int | None = None
    onnx: Mapping[str, Any] = field(default_factory=dict)
    device: str | None = None
    threads: int | None = None

    def require_there(self) -> None:
        """Raise Problem where there is none of this name."""
        path = Path(self.name)
        if not (path.exists() or is_shipped(path) or self._is_of_rembg):
            kinds = f"{', '.join(SHIPPED_MODELS)}, a run, a checkpoint, an .onnx file, or {PREFIX}:NAME"
            raise Problem(f"--model {self.name}: no such network: give {kinds}", exit_code=2)

    def open(self, note: Note) -> InferenceModel:
        """Open the network.

        Args:
            note: Told what an ONNX file of others is read as.

        Raises:
            Problem: It can't be read, or settings are given for one that says itself what it takes.
        """
        limit_opencv(self.threads)
        path = Path(self.name)
        of_others: InferenceModel | None = None
        if path.suffix.lower() == ONNX_SUFFIX and path.is_file() and holds_seal(path, SEAL_MARK) is None:
            of_others = open_matting_onnx(path, self.onnx, self.size_px, self.device, self.threads, note)
        if of_others is not None:
            return of_others
        if self.onnx:
            line = f"--onnx {next(iter(self.onnx))}: {self.name} says itself what it takes: leave --onnx out"
            raise Problem(line, exit_code=2)
        if self._is_of_rembg:
            return RembgModel(self.name.partition(":")[2], self.device, self.threads)
        return load_model(path, self.device, self.threads)

    @property
    def _is_of_rembg(self) -> bool:
        """Whether a network of rembg is meant: a path of that name goes before."""
        return self.name.partition(":")[0] == PREFIX and not Path(self.name).exists()
