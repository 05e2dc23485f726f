"""The one door: the command `bgfg`, gathered from the packages, each imported only when asked."""

from __future__ import annotations

import importlib
import logging
import sys
import traceback
import warnings

import click

from bgfg.data_manifests.files.failing_call import call_line
from bgfg.data_manifests.terminal import streams
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.data_manifests.terminal.stops import STOPPED, STOPPED_CODE, Stopped, Stops
from bgfg.data_manifests.terminal.version import BGFG_VERSION

# Command -> where it lives and what it is for, so that the help of all of them imports none of them.
COMMANDS = {
    "dataset": ("bgfg.depth_teacher.cli.dataset:dataset", "Plan, compose, label and audit a corpus in a row."),
    "kit": (
        "bgfg.synth.cli.kit:kit",
        "Draw rooms, homes or places outside with depth, and people, to run without any data.",
    ),
    "plan": ("bgfg.synth.cli.plan:plan", "Scan two folders of pictures and decide what the corpus is to be."),
    "compose": ("bgfg.synth.cli.compose:compose", "Make the images and masks of a planned corpus."),
    "label": ("bgfg.depth_teacher.cli.label:label", "Make the depth maps of a composed corpus."),
    "status": (
        "bgfg.synth.cli.status:status",
        "Say what of a corpus is done, what is left, and how many bytes it takes.",
    ),
    "depth": (
        "bgfg.depth_teacher.cli.depth:depth_of_folder",
        "Guess the depth of a folder of pictures, and write the maps.",
    ),
    "depth-eval": ("bgfg.depth_teacher.cli.depth:depth_eval", "Score a depth teacher on measured depth."),
    "convert": ("bgfg.depth_teacher.cli.convert:convert", "Convert DenseDepth weights to safetensors."),
    "verify": (
        "bgfg.depth_teacher.cli.verify:verify",
        "Hold every stored byte of a corpus to checksums, marks and manifest.",
    ),
    "show": (
        "bgfg.data_manifests.cli.show:show",
        "Say what a corpus is; look up samples and pictures; list or query its tables.",
    ),
    "audit": ("bgfg.synth.cli.audit:audit", "Say what a corpus, an export or a folder is, and what is wrong with it."),
    "export": ("bgfg.synth.cli.export:export", "Hand a corpus on: files, zips, WebDataset, COCO, HDF5 or Parquet."),
    "preview": ("bgfg.synth.cli.preview:preview", "Draw a contact sheet of samples from all over a corpus."),
    "train": ("bgfg.train.cli.train:train", "Train a network on a corpus; the same command again goes on."),
    "teach": ("bgfg.train.cli.teach:teach", "Train the compact teacher of depth, and write its weights."),
    "check-data": ("bgfg.train.cli.check_data:check_data", "Say how a folder of images and masks will be read."),
    "evaluate": (
        "bgfg.train.cli.evaluate:evaluate",
        "Test a trained network on pictures it never saw, and under stress.",
    ),
    "predict": ("bgfg.train.cli.predict:predict", "Find the person and the depth in pictures or a video."),
    "replace": ("bgfg.train.cli.replace:replace", "Put a colour, a picture or a blur behind the person."),
    "recolour": ("bgfg.train.cli.recolour:recolour", "Tint the background of pictures or a video."),
    "onnx": ("bgfg.train.cli.onnx:onnx", "Write a trained network as an ONNX file."),
    "halve": ("bgfg.train.cli.halve:halve", "Write a trained network in half the bytes."),
    "models": ("bgfg.train.cli.models:models", "List the networks, those to be trained and those that come trained."),
    "bench-stream": (
        "bgfg.train.cli.bench_stream:bench_stream",
        "Say how fast training reads a corpus, and where the time goes.",
    ),
}


# What the extra [train] brings.
_TRAINING = (
    "torch", "torchvision", "timm", "segmentation_models_pytorch", "safetensors", "lightning_fabric", "torchmetrics",
    "fsspec", "pycocotools",
)  # fmt: skip


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, or return None where there is no such one."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(BGFG_VERSION, prog_name="bgfg")
@click.option("--debug", is_flag=True, help="Show tracebacks of failures.")
def command_group(debug: bool) -> None:
    """From 100 backgrounds and 100 cut-outs to 1.2 million labelled images.

    Example: bgfg dataset corpus --bg photos --fg people
    """


def main() -> None:
    """Run the command line; expected failures become lines on stderr, tracebacks come with --debug only."""
    streams.open_closed()
    streams.guard()
    stops = Stops(main.__code__)
    try:
        stops.listen()
        lines, exit_code = _outcome()
        stops.end()  # within, so that no signal comes in between
    except Stopped:
        stops.end()
        _leave_quietly()
        _show_traceback()
        _tell([STOPPED])
        stops.end_at_once()  # threads of libraries may be busy yet
        sys.exit(STOPPED_CODE)
    _tell(lines)
    if exit_code:
        sys.exit(exit_code)


def _outcome() -> tuple[list[str], int]:
    """Run the command; return what there is to say of its failure, and the exit code."""
    try:
        # Without a word, help is what is asked for: as an error of click's it would be squeezed into a line.
        command_group.main(sys.argv[1:] or ["--help"], prog_name="bgfg", standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as end:  # what was looked at has faults, which are printed
        return [], int(end.code or 0)
    except Exception as error:
        _show_traceback()
        return _failure(error)
    return [], 0


def _failure(error: Exception) -> tuple[list[str], int]:
    """Return the lines for a failure, and the exit code."""
    match error:
        case Problem():
            return list(error.lines), error.exit_code
        case click.ClickException():
            path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "bgfg"
            said = " ".join(error.format_message().split())  # click lists choices on lines of their own
            end = "" if said.endswith((".", "!", "?")) else "."
            return [f"{printable(said)}{end} See `{path} --help`."], error.exit_code
        case OSError():
            return [call_line(error)], 1
        case ModuleNotFoundError():
            return [_missing(str(error.name).partition(".")[0])], 1
    if _is_out_of_memory(error):
        return [f"not enough memory ({_in_a_line(error)}): give a smaller size or batch, or fewer workers"], 1
    # A defect of bgfg, said in a line unless the traceback was asked for.
    return [f"unexpected {type(error).__name__}: {error}; `bgfg --debug ...` shows where: please report it"], 1


def _tell(lines: list[str]) -> None:
    for line in lines:
        print(f"Error: {printable(line)}", file=sys.stderr)


def _show_traceback() -> None:
    if "--debug" in sys.argv[1:]:
        traceback.print_exc()


def _is_out_of_memory(error: Exception) -> bool:
    """Say whether NumPy, OpenCV, PyTorch on a processor or a GPU, or a library that was to be loaded got no memory."""
    told = str(error).lower()
    says = ("can't allocate memory", "out of memory", "insufficient memory", "can't start new thread")
    is_unloaded = isinstance(error, ImportError) and "failed to map segment" in told and "not permitted" not in told
    return isinstance(error, MemoryError) or is_unloaded or any(each in told for each in says)


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _missing(module: str) -> str:
    """Say what to do about a library that isn't installed; bring up what bgfg itself needs as the defect it is."""
    if module not in _TRAINING:
        return f"unexpected ModuleNotFoundError: {module}; install bgfg again, or report it"
    return f"this needs {module}, which isn't installed: pip install 'bgfg[train]', or make install-train"


def _leave_quietly() -> None:
    """Say nothing of what other threads had begun (zarr reads, joblib waits), which nobody is left to await."""
    warnings.simplefilter("ignore")
    logging.disable()
    sys.unraisablehook = lambda _unraisable: None


if __name__ == "__main__":
    main()
