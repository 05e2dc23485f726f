"""The teachers by name, and the options of one as the command line gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bgfg.data_manifests.terminal.errors import Problem

if TYPE_CHECKING:  # the command line need not wait for arrays and stores to tell its options
    from bgfg.synth.store.corpus import Corpus

# Teachers by name: those that take the depth of the backgrounds, and those that look at pictures alone. These need
# `bgfg[train]`, but for `onnx`, and for `compact` on a processor; `hub` needs `bgfg[hub]` too. `auto` is `layered` or
# `compact`, whichever suits the corpus.
LAYERED_TEACHERS = ("layered", "in_front")
PICTURE_TEACHERS = ("compact", "densedepth", "hub", "onnx")
TEACHERS = ("auto", *LAYERED_TEACHERS, *PICTURE_TEACHERS)

# What `auto` may be for a corpus.
AUTO_TEACHERS = ("layered", "compact")

# What `--device` may be; PyTorch, where it is needed, says what is there.
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")

# The networks of these take pictures whose sides are multiples of 32.
_STRIDE_32 = ("compact", "densedepth")

# Where the weights of a teacher come from, as an error says it; the others need none to be given.
_WEIGHTS_SOURCE = {
    "densedepth": "its weights: --weights nyu.h5, kitti.h5, or what `bgfg convert` made of them",
    "onnx": "a file: --weights FILE.onnx",
    "hub": "a model: --weights NAME on the Hugging Face hub, or a folder with one",
}


@dataclass(frozen=True)
class TeacherOptions:
    """A teacher by name, and its options.

    Attributes:
        name: One of TEACHERS.
        weights: A file, or for `hub` a name or a folder; of `compact` either of its two, None for what ships.
        input_px: Height and width of the network's input; None for its own choice.
        batch: Pictures at a time; None for the teacher's choice.
        device: cuda, mps, cpu or auto.
        bits: 8 for log codes, 16 for millimetres.
        resize: How DenseDepth doubles, None for what the file says.
        trained_on: nyu or kitti, the range of DenseDepth; None for what the file says.
        onnx: What is said of an ONNX file, name by name: its model and settings, as onnx_recipes.py takes them.
        focal_px: Focal length of the camera in px of the pictures, for an ONNX file; None where it isn't known.
        licence: Licence of an ONNX file's weights; None for what the file says.

    Raises:
        Problem: There is no such teacher, it needs weights, or it can't take such an input or store so many bits.
    """

    name: str = "auto"
    weights: str | None = None
    input_px: tuple[int, int] | None = None
    batch: int | None = None
    device: str = "auto"
    bits: int = 8
    resize: str | None = None
    trained_on: str | None = None
    onnx: tuple[tuple[str, Any], ...] = ()
    focal_px: float | None = None
    licence: str | None = None

    def __post_init__(self) -> None:
        if self.name not in TEACHERS:
            raise Problem(f"--teacher {self.name}: no teacher of that name: give {', '.join(TEACHERS)}", exit_code=2)
        if self.name in _WEIGHTS_SOURCE and not self.weights:
            raise Problem(f"--teacher {self.name} needs {_WEIGHTS_SOURCE[self.name]}", exit_code=2)
        if self.weights == "":
            raise Problem("--weights '': no file has this name: give one, or leave it out", exit_code=2)
        if not _DEVICE.fullmatch(self.device):
            raise Problem(f"--device {self.device}: give auto, cpu, mps, cuda or cuda:NUMBER", exit_code=2)
        of_networks = self._given_for_networks()
        if self.name in LAYERED_TEACHERS and of_networks:
            line = f"{of_networks[0]} is for networks, and --teacher {self.name} is none: leave it out"
            raise Problem(line, exit_code=2)
        of_one: dict[str, dict[str, object]] = {
            "onnx": {"--onnx": self.onnx, "--focal": self.focal_px, "--licence": self.licence},
            "densedepth": {"--resize": self.resize, "--trained-on": self.trained_on},
        }
        for teacher, given in of_one.items():
            for flag, value in given.items():
                if value and self.name != teacher:
                    raise Problem(f"{flag} is for --teacher {teacher}: leave it out", exit_code=2)
        if self.focal_px is not None and not 1 <= self.focal_px <= 1e6:
            raise Problem(f"--focal {self.focal_px}: give pixels, from 1 to 1,000,000", exit_code=2)
        if self.name in LAYERED_TEACHERS and self.bits == 16:
            raise Problem(
                f"--depth mm16: {self.name} depth is stored as log8: leave it out, or give a network's --teacher",
                exit_code=2,
            )
        if self.name in _STRIDE_32 and self.input_px and any(side < 32 or side % 32 for side in self.input_px):
            height_px, width_px = self.input_px
            raise Problem(f"--input-size {width_px}x{height_px}: give multiples of 32, such as 448", exit_code=2)

    def resolve_auto(self, corpus: Corpus, replace_labels: bool) -> tuple[TeacherOptions, str]:
        """Return the options with the teacher that `auto` stands for in a corpus.

        One that has begun to label goes on. Otherwise depth that the backgrounds have is better than depth that a
        network guesses.

        Args:
            corpus: What is to be labelled.
            replace_labels: Whether what is labelled already is to be replaced, so that it doesn't count.

        Returns:
            The options, and why, in words.
        """
        begun = (corpus.manifest.teacher or {}).get("name")
        if begun in AUTO_TEACHERS and not replace_labels:
            name, why = begun, "it has begun here"
        elif "background_depth" in corpus.manifest.prepared:
            name, why = "layered", "the backgrounds have depth"
        else:
            name, why = "compact", "the backgrounds have no depth"
        return (self.as_layered(why) if name == "layered" else replace(self, name=name)), why

    def as_layered(self, why: str) -> TeacherOptions:
        """Return the options of `auto` for `layered`: where a network would run doesn't matter, which one it is does.

        Args:
            why: Why `auto` is that, for the message.

        Raises:
            Problem: A network is chosen by an option.
        """
        options = replace(self, batch=None, device="auto")
        if given := options._given_for_networks():
            line = f"{given[0]} is for networks, and `auto` is layered here, since {why}"
            raise Problem(f"{line}: give --teacher compact, or leave it out", exit_code=2)
        return replace(options, name="layered")

    def _given_for_networks(self) -> list[str]:
        """Return the options that are given and say something of a network."""
        given = {
            "--weights": self.weights,
            "--input-size": self.input_px,
            "--batch": self.batch,
            "--device": None if self.device == "auto" else self.device,
            "--resize": self.resize,
            "--trained-on": self.trained_on,
        }
        return [flag for flag, value in given.items() if value is not None]
