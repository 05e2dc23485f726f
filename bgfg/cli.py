"""The one door: the command `bgfg`, and what its failures say."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings

import click

from bgfg.commands import COMMANDS, LazyGroup
from bgfg.data_manifests.files.failing_call import call_line
from bgfg.data_manifests.machine import pyarrow_alone
from bgfg.data_manifests.terminal import streams
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.data_manifests.terminal.notes import show_note
from bgfg.data_manifests.terminal.stops import STOPPED, STOPPED_CODE, Stopped, Stops
from bgfg.data_manifests.terminal.version import BGFG_VERSION

# What the extra [train] brings.
_TRAINING = (
    "torch", "torchvision", "timm", "segmentation_models_pytorch", "safetensors", "lightning_fabric",
    "pycocotools",
)  # fmt: skip


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.version_option(BGFG_VERSION, prog_name="bgfg")
@click.option("--debug", is_flag=True, help="Show tracebacks of failures.")
@click.pass_context
def command_group(context: click.Context, debug: bool) -> None:
    """From 100 backgrounds and 100 cut-outs to 1.2 million labelled images.

    Example: bgfg dataset corpus --bg photos --fg people
    """
    if context.invoked_subcommand is None:
        _say_how_to_begin()


# What nobody who names a URL of memory:// in a command would guess from its results.
_MEMORY = "what is under memory:// is gone when the command ends"

# What a bare `bgfg` shows: the way from nothing to a network's answer, in commands that run one after the other.
_BEGIN = (
    ("bgfg kit kit", COMMANDS["kit"].text),
    ("bgfg dataset corpus --bg kit/bg --fg kit/fg --bg-depth kit/depth", COMMANDS["dataset"].text),
    ("bgfg preview corpus sheet.png", COMMANDS["preview"].text),
    ("bgfg train corpus runs/first", COMMANDS["train"].text),
    ("bgfg predict runs/first photo.jpg --background empty.jpg", COMMANDS["predict"].text),
)


def _say_how_to_begin() -> None:
    click.echo("From 100 backgrounds and 100 cut-outs to 1.2 million labelled images. To begin with:\n")
    for line, text in _BEGIN:
        click.echo(f"  {line}\n      {text}")
    click.echo("\n`bgfg --help` lists all commands, `bgfg COMMAND --help` says all of one.")


def main() -> None:
    """Run the command line; expected failures become lines on stderr, tracebacks come with --debug only."""
    pyarrow_alone.leave_pandas_out()
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
        command_group.main(sys.argv[1:], prog_name="bgfg", standalone_mode=False)
        sys.stdout.flush()
        if _names_memory():
            show_note(f"{_MEMORY}: give a folder, or s3:// and the like, to keep what was made")
    except SystemExit as end:  # what was looked at has faults, which are printed
        return [], int(end.code or 0)
    except Exception as error:
        _show_traceback()
        lines, exit_code = _failure(error)
        return ([*lines[:-1], f"{lines[-1]}; {_MEMORY}"] if _names_memory() else lines), exit_code
    return [], 0


def _names_memory() -> bool:
    return any(word.startswith("memory://") for word in sys.argv[1:])


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
