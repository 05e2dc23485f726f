"""Measure composing where something varies, beside the plain composer, on the same pictures: in CPU time a sample.

`python -m benchmarks.variety --bg photos --fg people`.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from functools import partial
from pathlib import Path

import click
import cv2

from benchmarks.machine import describe_machine
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns, timed_bgfg
from bgfg.synth.compose.encoded_blocks import BlockEncoder
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.corpus import Corpus

PLAIN = "plain"
KINDS: dict[str, tuple[str, ...]] = {
    PLAIN: (),
    "truncate": ("--truncate", "25"),
    "scale, rotate": ("--scale", "0.5..1.5", "--rotate", "15"),
    "colour match": ("--colour-match", "0..1"),
    "shadow": ("--shadow", "0.3..0.7"),
    "scale, rotate, colour match, shadow": (
        *("--scale", "0.5..1.5", "--rotate", "15", "--colour-match", "0..1", "--shadow", "0.3..0.7"),
    ),
    "blur": ("--blur", "2"),
    "distractors": ("--distractors", "1"),
    "gaussian": ("--blend", "gaussian"),
    "poisson": ("--blend", "poisson"),
}


def samples_per_second(corpus: Path, blocks: int) -> float:
    """Compose and encode blocks of the first shard; return samples a second of CPU time in this process."""
    opened = Corpus(corpus)
    recipe = ShardRecipe(opened, 0)
    encoder = BlockEncoder(recipe, opened.composed_arrays)
    recipes = recipe.blocks()
    encoder.encode(next(recipes))  # reads what is read once
    started, done = time.process_time(), 0
    for block in itertools.islice(recipes, blocks):
        encoder.encode(block)
        done += 1
    return done * opened.geometry.placements / (time.process_time() - started)


@click.command()
@click.option("--bg", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of backgrounds.")
@click.option("--fg", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of cut-outs.")
@click.option("--repeats", default=5, show_default=True, help="Turns of each kind.")
@click.option("--blocks", default=20, show_default=True, help="Blocks of 20 samples that each composes in a turn.")
def main(bg: Path, fg: Path, repeats: int, blocks: int) -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder, str(number)) for number, name in enumerate(KINDS)}
        for name, options in KINDS.items():
            timed_bgfg("plan", paths[name], "--bg", bg, "--fg", fg, *options)
        contestants = {name: partial(samples_per_second, path, blocks) for name, path in paths.items()}
        speeds, machine = measure_in_turns(contestants, repeats), describe_machine(Path(folder))
    rows = tuple(
        ResultRow("compose", name, "samples/s", values, {PLAIN: speeds[PLAIN]} if name != PLAIN else {})
        for name, values in speeds.items()
    )
    note = f"CPU time of one process: {blocks} blocks of one background, composed and encoded, nothing written"
    print_report(machine, [ResultSection(rows, (note,))], None)


if __name__ == "__main__":
    main()
