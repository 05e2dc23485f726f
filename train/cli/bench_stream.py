"""`bgfg bench-stream`: how fast a corpus streams, and where the time goes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.places.place_type import RESULT_FILE
from bgfg.data_manifests.terminal.cli_types import BATCH, CORPUS_OR_URL, WORKERS, FiniteRange, NamedText
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.train.cli.cache_options import cache_options, chunk_cache

# Of files there nothing is asked: they are streams, such as /dev/stdout.
_STREAMS = (Path("/dev"), Path("/dev/fd"))


@click.command("bench-stream")
@click.argument("corpus", type=CORPUS_OR_URL)
@click.option("--split", type=click.Choice(SPLITS), default="train", show_default=True, help="Split to stream.")
@click.option(
    "--arrays",
    type=NamedText(),
    metavar="A,B,...",
    help="Arrays to stream, of image, mask, depth and instance.  [default: those of the corpus]",
)
@click.option("--batch", default=64, show_default=True, type=BATCH, help="Samples of a batch, a multiple of 8.")
@click.option(
    "--window",
    default=8,
    show_default=True,
    type=click.IntRange(1, 2**31),
    help="Blocks of samples that each of 8 sequences mixes.",
)
@click.option(
    "--spare",
    type=click.IntRange(1, 65_536),
    help="Batches that are decoded ahead of the window.  [default: 4; of a URL 16]",
)
@click.option(
    "--near",
    type=click.IntRange(1, 65_536),
    help="Batches whose samples are laid out as they are decoded; those due later wait packed, which takes less memory "
    "and more time.  [default: as many as 20 placements and --window 8 need]",
)
@click.option("--threads", type=WORKERS, help="Threads that decode.  [default: one a core, at most 8; of a URL 32]")
@click.option(
    "--device",
    type=click.Choice(["cuda", "mps", "cpu"]),
    default="cpu",
    show_default=True,
    help="Where batches are copied to.",
)
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=FiniteRange(0, 86_400, min_open=True),
    help="How long to measure.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**53), help="Seed of the order.")
@cache_options
@click.option(
    "--json",
    "json_file",
    type=RESULT_FILE,
    help="File to which the figures are written as JSON too.",
)
def bench_stream(
    corpus: str,
    split: str,
    arrays: str | None,
    batch: int,
    window: int,
    spare: int | None,
    near: int | None,
    threads: int | None,
    device: str,
    seconds: float,
    seed: int,
    cache: Path | None,
    cache_gb: float | None,
    json_file: Path | None,
) -> None:
    """Stream CORPUS, a folder or a URL, and say how fast, where the time goes, and how well it mixes.

    Example: bgfg bench-stream corpus --threads 2
    """
    from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin
    from bgfg.synth.open_corpus import open_corpus
    from bgfg.synth.store.outputs import require_file
    from bgfg.train.stream.array_stream import ArrayStream
    from bgfg.train.stream.batch_size import require_batch_of_lanes
    from bgfg.train.stream.bench import benchmark_stream
    from bgfg.train.stream.corpus_stream import STREAM_ARRAYS

    require_batch_of_lanes(f"--batch {batch}", batch)
    origin = Origin("bench-stream")
    if json_file and json_file.parent not in _STREAMS:
        require_file(json_file, origin, "--json")
    if device != "cpu":  # only then is PyTorch imported, which takes more memory than all the rest
        from bgfg.train.ops.device import pick

        pick(device)
    opened = open_corpus(corpus, chunk_cache(cache, cache_gb))
    names = tuple(arrays.split(",")) if arrays else tuple(name for name in STREAM_ARRAYS if name in opened.layouts)
    if not set(names) <= set(STREAM_ARRAYS):
        raise Problem(f"--arrays {arrays}: give some of {', '.join(STREAM_ARRAYS)}", exit_code=2)
    options: dict[str, Any] = {"arrays": names, "window": window, "spare": spare, "near": near, "threads": threads}
    if device == "cpu":
        report = benchmark_stream(ArrayStream(opened, split, batch, seed, **options), seconds)
    else:
        from bgfg.train.stream.stream import Stream

        report = benchmark_stream(Stream(opened, split, batch, seed, device=device, **options), seconds)
    if json_file:
        # Written straight, and not put in place: it may be a stream.
        json_file.write_text(json.dumps({ORIGIN_KEY: str(origin), **asdict(report)}, indent=1) + "\n", encoding="utf-8")
    for line in report.lines():
        click.echo(printable(line))
