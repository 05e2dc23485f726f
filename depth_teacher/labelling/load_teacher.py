"""Load the teacher that the options choose; what it needs is imported then, and not before."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.ops.accelerator import may_have_accelerator

if TYPE_CHECKING:  # the command line need not wait for arrays and networks to tell its options
    from bgfg.depth_teacher.teachers.teacher import PictureTeacher

_TORCH_PACKAGES = ("torch", "timm", "safetensors")


def load_teacher(options: TeacherOptions, for_corpus: bool, say: Callable[[str], None]) -> PictureTeacher:
    """Load a teacher that looks at pictures.

    Args:
        options: Which one, and how.
        for_corpus: Whether it labels a corpus, where a worker has one core, and depth is wanted at the picture's size.
        say: Told what a person may want to know, such as a licence, or that memory ran out.

    Raises:
        Problem: Its weights, or a package that it needs, aren't there.
    """
    if options.name == "compact":
        return _load_compact(options, for_corpus, say)
    if options.name == "onnx":
        from bgfg.depth_teacher.teachers.onnx_depth import load_onnx_teacher

        return load_onnx_teacher(
            Path(str(options.weights)), dict(options.onnx), options.input_px, options.batch, options.focal_px,
            options.licence, options.device, for_corpus, say,
        )  # fmt: skip
    require_packages(*_TORCH_PACKAGES, extra="train")
    from bgfg.depth_teacher.ops.device import select_device

    device = select_device(options.device)
    if options.name == "hub":
        require_packages("transformers", extra="hub")
        from bgfg.depth_teacher.teachers.hub import load_hub_teacher

        return load_hub_teacher(str(options.weights), device, options.input_px, options.batch, for_corpus, say)
    from bgfg.depth_teacher.teachers.densedepth import UpsampleMode
    from bgfg.depth_teacher.teachers.densedepth_teacher import DenseDepthTeacher
    from bgfg.depth_teacher.teachers.densedepth_weights import load_weights

    weights = load_weights(Path(str(options.weights)), cast(UpsampleMode | None, options.resize), options.trained_on)
    if options.resize is None and not str(options.weights).endswith(".safetensors"):  # which says it itself
        say(f"{options.weights}: doubles its maps with {weights.net.variant.resize}; --resize says otherwise")
    return DenseDepthTeacher(weights, device, options.input_px, options.batch, for_corpus, say)


def _load_compact(options: TeacherOptions, for_corpus: bool, say: Callable[[str], None]) -> PictureTeacher:
    """Load the compact teacher: on a processor without torch, and for `auto` wherever there is no other device."""
    from bgfg.depth_teacher.teachers.compact import CompactTeacher, OnnxRunner, make_torch_runner
    from bgfg.depth_teacher.teachers.compact_weights import SHIPPED_WEIGHTS, open_weights_pair

    pair = open_weights_pair(Path(options.weights) if options.weights else SHIPPED_WEIGHTS)
    device = None
    if options.device != "cpu" and (options.device != "auto" or _may_have_another_device()):
        require_packages(*_TORCH_PACKAGES, extra="train")
        from bgfg.depth_teacher.ops.device import select_device

        device = select_device(options.device)
    runner = (
        OnnxRunner(pair, threads=1 if for_corpus else None)
        if device is None or device.type == "cpu"
        else make_torch_runner(pair, device, say)
    )
    return CompactTeacher(pair, runner, options.input_px, options.batch)


def _may_have_another_device() -> bool:
    return importlib.util.find_spec("torch") is not None and may_have_accelerator()


def require_packages(*modules: str, extra: str) -> None:
    """Raise Problem, naming the extra of bgfg that brings it, where a package isn't installed."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            line = f"{module} isn't installed, which this teacher needs: pip install 'bgfg[{extra}]'"
            raise Problem(line, exit_code=2) from error
