"""Which teacher, and how: what the options of the command line choose, and what is made of it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bgfg.data_manifests.terminal.errors import Problem

if TYPE_CHECKING:  # the command line need not wait for arrays and stores to tell its options
    from bgfg.depth_teacher.teachers.teacher import PictureTeacher
    from bgfg.synth.store.store import Corpus

# Teachers by name: those that take the depth of the backgrounds, and those that look at pictures alone. These need
# `bgfg[train]`, but for `compact` on a processor, and `hub` needs `bgfg[hub]` too. `auto` is `layered` or `compact`,
# whichever suits the corpus.
LAYERED = ("layered", "in_front")
PICTURE_TEACHERS = ("compact", "densedepth", "hub")
TEACHERS = ("auto", *LAYERED, *PICTURE_TEACHERS)

# What `auto` may be.
AUTO = ("layered", "compact")

# Pictures of these enter their networks at sides that are multiples of 32.
_BY_32 = ("compact", "densedepth")

_ORIGIN = {
    "densedepth": "its weights: --weights nyu.h5, kitti.h5, or what `bgfg convert` made of them",
    "hub": "a model: --weights NAME on the Hugging Face hub, or a folder with one",
}


@dataclass(frozen=True)
class Choice:
    """A teacher by name, and its options.

    weights: a file, or for `hub` a name or folder; of `compact` either of its two, None for what ships. input_px:
    (height, width) of the network's input; None for its own choice. batch: pictures at a time. device: cuda, mps, cpu
    or auto. bits: 8 for log codes, 16 for millimetres. resize, trained_on: of DenseDepth, None for what the file says.
    """

    name: str = "auto"
    weights: str | None = None
    input_px: tuple[int, int] | None = None
    batch: int | None = None
    device: str = "auto"
    bits: int = 8
    resize: str | None = None
    trained_on: str | None = None

    def __post_init__(self) -> None:
        if self.name not in TEACHERS:
            raise Problem(f"--teacher {self.name}: no teacher of that name: give {', '.join(TEACHERS)}", exit_code=2)
        if self.name in _ORIGIN and not self.weights:
            raise Problem(f"--teacher {self.name} needs {_ORIGIN[self.name]}", exit_code=2)
        if self.name in _BY_32 and self.input_px and any(side < 32 or side % 32 for side in self.input_px):
            height_px, width_px = self.input_px
            raise Problem(f"--input-size {width_px}x{height_px}: give multiples of 32, such as 448", exit_code=2)

    def resolved(self, corpus: Corpus, again: bool) -> tuple[Choice, str]:
        """Return the choice that `auto` is for a corpus, and why.

        It goes on with what one of its two began, unless `again`; else what the backgrounds have is better than what is
        guessed.
        """
        begun = (corpus.manifest.teacher or {}).get("name")
        if begun in AUTO and not again:
            return replace(self, name=begun), "it has begun here"
        if "background_depth" in corpus.manifest.prepared:
            return replace(self, name="layered"), "the backgrounds have depth"
        return replace(self, name="compact"), "the backgrounds have no depth"


def load_teacher(choice: Choice, for_corpus: bool, say: Callable[[str], None]) -> PictureTeacher:
    """Load a teacher that looks at pictures; raise Problem where its weights or what it needs aren't there.

    for_corpus: whether it labels a corpus, where a worker has one core, and depth is wanted at the picture's size.
    """
    if choice.name == "compact":
        return _compact(choice, for_corpus, say)
    require("torch", "timm", "safetensors", extra="train")
    from bgfg.depth_teacher.ops.device import chosen_device

    device = chosen_device(choice.device)
    if choice.name == "hub":
        require("transformers", extra="hub")
        from bgfg.depth_teacher.teachers.hub import load_hub

        return load_hub(str(choice.weights), device, choice.input_px, choice.batch, for_corpus, say)
    from bgfg.depth_teacher.teachers.densedepth import Resize
    from bgfg.depth_teacher.teachers.densedepth_teacher import DenseDepthTeacher
    from bgfg.depth_teacher.teachers.weight_files import load_weights

    weights = load_weights(Path(str(choice.weights)), cast(Resize | None, choice.resize), choice.trained_on)
    return DenseDepthTeacher(weights, device, choice.input_px, choice.batch, for_corpus, say)


def _compact(choice: Choice, for_corpus: bool, say: Callable[[str], None]) -> PictureTeacher:
    """Load the compact teacher: on a processor without torch, and for `auto` wherever torch isn't installed."""
    from bgfg.depth_teacher.teachers.compact import CompactTeacher, OnnxRunner, torch_runner
    from bgfg.depth_teacher.teachers.compact_file import SHIPPED, open_pair

    pair = open_pair(Path(choice.weights) if choice.weights else SHIPPED)
    device = None
    if choice.device != "cpu" and not (choice.device == "auto" and importlib.util.find_spec("torch") is None):
        require("torch", "timm", "safetensors", extra="train")
        from bgfg.depth_teacher.ops.device import chosen_device

        device = chosen_device(choice.device)
    runner = (
        OnnxRunner(pair, threads=1 if for_corpus else None)
        if device is None or device.type == "cpu"
        else torch_runner(pair, device, say)
    )
    return CompactTeacher(pair, runner, choice.input_px, choice.batch)


def require(*modules: str, extra: str) -> None:
    """Raise Problem, naming the extra, where a package that a teacher needs isn't installed."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            line = f"{module} isn't installed, which this teacher needs: pip install 'bgfg[{extra}]'"
            raise Problem(line, exit_code=2) from error
