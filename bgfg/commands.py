"""The commands of bgfg by what they are for, each imported only when it is asked for."""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class CommandPlace(NamedTuple):
    """A command, so that the help of all of them imports none of them.

    Attributes:
        location: Module and function, "bgfg.synth.cli.kit:kit".
        text: What it is for, in a line.
    """

    location: str
    text: str


SECTIONS: dict[str, dict[str, CommandPlace]] = {
    "Make a corpus": {
        "dataset": CommandPlace(
            "bgfg.depth_teacher.cli.dataset:dataset", "Plan, compose, label and audit a corpus in a row."
        ),
        "kit": CommandPlace(
            "bgfg.synth.cli.kit:kit",
            "Draw rooms, homes or places outside with depth, and people, to run without any data.",
        ),
        "cutout": CommandPlace(
            "bgfg.train.cli.cutout:cutout", "Cut the people out of photographs, as plan takes them."
        ),
        "plan": CommandPlace(
            "bgfg.synth.cli.plan:plan", "Scan two folders of pictures and decide what the corpus is to be."
        ),
        "import": CommandPlace(
            "bgfg.synth.cli.import_corpus:import_",
            "Make a corpus of composites that are there already, with their masks and depth maps.",
        ),
        "compose": CommandPlace("bgfg.synth.cli.compose:compose", "Make the images and masks of a planned corpus."),
        "label": CommandPlace("bgfg.depth_teacher.cli.label:label", "Make the depth maps of a composed corpus."),
        "status": CommandPlace(
            "bgfg.synth.cli.status:status", "Say what of a corpus is done, what is left, and how many bytes it takes."
        ),
    },
    "Look at it, check it": {
        "show": CommandPlace(
            "bgfg.data_manifests.cli.show:show",
            "Say what a corpus is; look up samples and pictures; list or query its tables.",
        ),
        "preview": CommandPlace(
            "bgfg.synth.cli.preview:preview", "Draw a contact sheet of samples from all over a corpus."
        ),
        "app": CommandPlace(
            "bgfg.app.command:app", "Look at a corpus, at what networks see, and at runs, in a browser on this machine."
        ),
        "audit": CommandPlace(
            "bgfg.synth.cli.audit:audit", "Say what a corpus, an export or a folder is, and what is wrong with it."
        ),
        "report": CommandPlace(
            "bgfg.html_report.command:report",
            "Write a corpus, or runs side by side, as one HTML file: samples, statistics, findings, curves.",
        ),
        "verify": CommandPlace(
            "bgfg.depth_teacher.cli.verify:verify",
            "Hold every stored byte of a corpus to checksums, marks and manifest.",
        ),
    },
    "Hand it on": {
        "export": CommandPlace(
            "bgfg.synth.cli.export:export",
            "Hand a corpus on: files, zips, WebDataset, MosaicML Streaming, COCO, YOLO, HDF5 or Parquet.",
        ),
        "card": CommandPlace("bgfg.synth.cli.card:card", "Write README.md and croissant.json of a corpus."),
    },
    "Train networks": {
        "check-data": CommandPlace(
            "bgfg.train.cli.check_data:check_data", "Say how a folder of images and masks will be read."
        ),
        "train": CommandPlace(
            "bgfg.train.cli.train:train", "Train a network on a corpus; the same command again goes on."
        ),
        "evaluate": CommandPlace(
            "bgfg.train.cli.evaluate:evaluate", "Test a trained network on pictures it never saw, and under stress."
        ),
        "models": CommandPlace(
            "bgfg.train.cli.models:models", "List the networks, those to be trained and those that come trained."
        ),
        "bench-stream": CommandPlace(
            "bgfg.train.cli.bench_stream:bench_stream",
            "Say how fast training reads a corpus, and where the time goes.",
        ),
    },
    "Use networks": {
        "predict": CommandPlace(
            "bgfg.train.cli.predict:predict", "Find the person and the depth in pictures or a video."
        ),
        "replace": CommandPlace(
            "bgfg.train.cli.replace:replace", "Put a colour, a picture or a blur behind the person."
        ),
        "recolour": CommandPlace("bgfg.train.cli.recolour:recolour", "Tint the background of pictures or a video."),
        "web": CommandPlace(
            "bgfg.train.cli.web:web", "Make a page that does so in a browser, as a folder of static files."
        ),
        "onnx": CommandPlace("bgfg.train.cli.onnx:onnx", "Write a trained network as an ONNX file."),
        "halve": CommandPlace("bgfg.train.cli.halve:halve", "Write a trained network in half the bytes."),
    },
    "Depth": {
        "depth": CommandPlace(
            "bgfg.depth_teacher.cli.depth:depth_of_folder",
            "Guess the depth of a folder of pictures, and write the maps.",
        ),
        "depth-eval": CommandPlace(
            "bgfg.depth_teacher.cli.depth:depth_eval", "Score a depth teacher on measured depth."
        ),
        "teach": CommandPlace(
            "bgfg.train.cli.teach:teach", "Train the compact teacher of depth, and write its weights."
        ),
        "convert": CommandPlace("bgfg.depth_teacher.cli.convert:convert", "Convert DenseDepth weights to safetensors."),
    },
    "Shell": {
        "completion": CommandPlace(
            "bgfg.completion:completion", "Print the script by which a shell completes commands, options and values."
        ),
    },
}
COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are listed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, or return None where there is no such one."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].location.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; where there is none, propose those that are spelled like it."""
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        alike = difflib.get_close_matches(name.lower(), COMMANDS, n=2)
        proposal = f" Did you mean {' or '.join(map(repr, alike))}?" if alike else ""
        raise click.UsageError(f"No such command {name!r}.{proposal}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table above, section by section."""
        width = max(map(len, COMMANDS))
        for title, places in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), place.text) for name, place in places.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands from the table above, which imports none of them, and options."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=COMMANDS[name].text) for name in COMMANDS if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]
