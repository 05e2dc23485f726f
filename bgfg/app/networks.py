"""The networks that the app offers: those that come with bgfg, those of runs, and the teacher of depth; loaded once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, told
from bgfg.data_manifests.terminal.notes import no_note
from bgfg.depth_teacher.labelling.depth_maps import depth_of
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import load_model
from bgfg.train.models.shipped import SHIPPED_MODELS
from bgfg.train.ops.array_resize import resize_bilinear


class Networks:
    """Networks by name, each loaded when it is first used.

    Args:
        runs: Folders of runs, checkpoints and ONNX files that are offered beside the networks that come with bgfg.
        threads: Threads on a CPU; None for one a core.
    """

    def __init__(self, runs: Sequence[Path] = (), threads: int | None = None) -> None:
        self._sources = {told(str(source)): source for source in (*map(Path, reversed(SHIPPED_MODELS)), *runs)}
        self._threads = threads
        self._loaded: dict[str, Predictor] = {}
        self._loading = threading.Lock()

    @property
    def names(self) -> list[str]:
        """Their names, those that come with bgfg first: the one of the picture alone before that of two shots."""
        return list(self._sources)

    def predictor(self, name: str) -> Predictor:
        """Return a network, ready to predict; raise Problem where there is none of that name, or it can't be read."""
        if name not in self._sources:
            raise Problem(f"{name}: no such network: choose {', '.join(self.names)}")
        with self._loading:
            if name not in self._loaded:
                self._loaded[name] = Predictor(
                    load_model(self._sources[name], threads=self._threads), threads=self._threads
                )
            return self._loaded[name]

    def guess_depth(self, picture: Pixels) -> NDArray[np.float32]:
        """Return the depth (H, W) float32 metres that the compact teacher sees in a picture (H, W, 3) uint8 RGB."""
        with self._loading:
            teacher = self._teacher
        return resize_bilinear(depth_of(picture, teacher), picture.shape[:2])

    @cached_property
    def _teacher(self) -> PictureTeacher:
        return load_teacher(TeacherOptions("compact", device="cpu"), False, no_note)
