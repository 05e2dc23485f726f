"""The one door: the command `bgfg`, gathered from the packages, each imported only when asked."""

from __future__ import annotations

import importlib
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

import click

from data_manifests.problem import Problem, printable
from data_manifests.version import BGFG

# Command -> where it lives and what it is for, so that the help of all of them imports none of them.
COMMANDS = {
    "dataset": ("bgfg:make_dataset_command", "Plan, compose and label a corpus in a row."),
    "kit": ("synth.cli:kit", "Draw office rooms with depth and people, to run without any data."),
    "plan": ("synth.cli:plan", "Scan two folders of pictures and decide what the corpus is to be."),
    "compose": ("synth.cli:compose", "Make every unfinished shard of images and masks."),
    "label": ("depth_teacher.cli:label", "Make every unfinished shard of depth."),
    "status": ("synth.cli:status", "Say what is done, what is left, and how many bytes it takes."),
    "verify": ("synth.cli:verify", "Hold every stored byte to checksums, marks and manifest."),
    "export": ("synth.cli:export", "Hand a corpus on: files, zips, WebDataset, COCO, HDF5 or Parquet."),
    "preview": ("synth.cli:preview", "Draw a contact sheet of a spread of samples."),
}


class Door(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, or return None where there is no such one."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        if module == "bgfg":
            return make_dataset_command()
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Door)
@click.version_option(BGFG, prog_name="bgfg")
@click.option("--debug", is_flag=True, help="Show tracebacks of failures.")
def door(debug: bool) -> None:
    """From 100 backgrounds and 100 cut-outs to 1.2 million labelled images.

    Example: bgfg dataset corpus --bg photos --fg people
    """


def make_dataset_command() -> click.Command:
    """Build `bgfg dataset`; its options are those of `plan` and of the crew, so it needs their package."""
    from synth.cli import CORPUS, crew, crew_options, plan_options, run_plan

    @click.command("dataset")
    @click.argument("corpus", type=CORPUS)
    @plan_options
    @crew_options
    def dataset(corpus: Path, workers: int | None, backend: str, **given: Any) -> None:
        """Make a whole corpus from two folders of pictures: plan, compose and label in a row.

        What is there already is kept: an interrupted run goes on where it was.

        Example: bgfg dataset corpus --bg photos --fg people --bg-depth depth
        """
        from depth_teacher.label import label_corpus
        from synth.images import compose_corpus

        planned = run_plan(corpus, workers=workers, **given)
        compose_corpus(corpus, crew(workers, backend))
        arrays = "images and masks"
        if "background_depth" in planned.manifest.prepared:
            label_corpus(corpus, "layered", crew(workers, backend))
            arrays = "images, masks and depth maps"
        click.echo(
            f"{corpus}: {len(planned.manifest.geometry.index):,} {arrays}; see `bgfg preview {corpus} sheet.png`"
        )
        if "background_depth" not in planned.manifest.prepared:
            click.echo(
                "No depth: the backgrounds came without. With depth maps of them (16-bit PNG, millimetres) in DIR, "
                f"plan again with --bg-depth DIR --replace, then: bgfg label {corpus} --teacher layered"
            )

    return dataset


def main() -> None:
    """Run the command line; expected failures become lines on stderr, tracebacks come with --debug only."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        door.main(prog_name="bgfg", standalone_mode=False)
    except Problem as problem:
        _fail(list(problem.lines), problem.exit_code)
    except click.ClickException as error:
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "bgfg"
        _fail([f"{printable(error.format_message())} See `{path} --help`."], error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail(["stopped; what is finished is kept, run the same command again to go on"], 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail([f"{error.filename or 'disk'}: {error.strerror or error}; mend that and run the same command again"], 1)
    except Exception as error:  # a defect of bgfg, said in a line unless the traceback was asked for
        _fail([f"unexpected {type(error).__name__}: {error}; `bgfg --debug ...` shows where: please report it"], 1)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(lines: list[str], exit_code: int) -> None:
    if "--debug" in sys.argv[1:]:
        traceback.print_exc()
    for line in lines:
        print(f"Error: {printable(line)}", file=sys.stderr)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
