"""`bgfg cutout`: cuts people, or whatever a network finds, out of photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import NETWORK_NAME, SHOTS_PLACE, WHOLE_RESULTS
from bgfg.data_manifests.terminal.cli_types import FiniteRange, NameValue, PrintableText, once_each
from bgfg.data_manifests.terminal.errors import bgfg_command, counted, printable
from bgfg.train.cli.inference_options import network_options, shot_options


@click.command()
@click.argument("photos", type=SHOTS_PLACE)
@click.argument("out", type=WHOLE_RESULTS)
@click.option(
    "--model",
    type=NETWORK_NAME,
    default="person",
    show_default=True,
    help="Network: person or two_stream, which come with bgfg; a run, a checkpoint or an .onnx file of bgfg "
    "or of others; or rembg:NAME, such as rembg:isnet-general-use.",
)
@click.option(
    "--label",
    type=PrintableText(),
    metavar="NAME",
    help="What is cut out: it goes to OUT/NAME, a class of bgfg plan --fg OUT.",
)
@shot_options
@click.option(
    "--min-share",
    type=FiniteRange(0, 1),
    default=0.01,
    show_default=True,
    help="Share of its photograph that an object has to cover.",
)
@click.option(
    "--max-uncertain",
    type=FiniteRange(0, 1),
    default=0.1,
    show_default=True,
    help="How uncertain a mask may be: 1 less the IoU that it expects of itself.",
)
@click.option(
    "--accept",
    type=click.Choice(["small", "uncertain", "several", "border"]),
    multiple=True,
    help="A reason that makes no cut-out doubtful. May be given several times: --accept border takes people "
    "whom the photograph's border cuts.",
)
@click.option(
    "--onnx",
    multiple=True,
    type=NameValue(),
    callback=once_each,
    help="What an .onnx file of others is: model=NAME (u2net, isnet, modnet, birefnet ... or other), or a "
    "setting of it: values=alpha|logits, mean=[R,G,B], std=[R,G,B].",
)
@network_options
def cutout(
    photos: Path,
    out: Path,
    model: str,
    label: str | None,
    background: Path | None,
    align: bool | None,
    min_share: float,
    max_uncertain: float,
    accept: tuple[str, ...],
    onnx: tuple[tuple[str, Any], ...],
    size: int | None,
    device: str | None,
    threads: int | None,
) -> None:
    """Cut the people out of PHOTOS, a photograph or a folder of them, as bgfg plan --fg OUT takes them; or of URLs.

    Each object that stands apart is a file of its own, NAME.png and NAME.2.png, trimmed, with its own colours at the
    edges. Those that are to be looked at first are set aside by the reason in OUT/_cutout/doubtful, which bgfg plan
    doesn't read: objects that touch the photograph's border, that the network isn't sure of, or that are small, and
    photographs in which nobody is. Move what is good up into OUT, and delete what isn't: the same command again cuts
    new photographs alone. OUT/_cutout has sheets of both, and cutouts.csv, a row for each. Nothing that isn't such a
    cut-out is written over.

    Example: bgfg cutout photos people
    """
    from bgfg.data_manifests.terminal.notes import show_note
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.train.cutouts.cutout import cut_photos
    from bgfg.train.cutouts.doubts import DoubtRules
    from bgfg.train.cutouts.network import CutoutNetwork
    from bgfg.train.cutouts.places import CutoutFolder

    rules = DoubtRules(min_share, max_uncertain, accept)
    network = CutoutNetwork(model, size, dict(onnx), device, threads)
    counts = cut_photos(photos, out, network, rules, background, align, label, show_progress, show_note)
    place = CutoutFolder.of(out, label)
    kept = f", {counts.photos - counts.new:,} of them there already" if counts.new < counts.photos else ""
    of = f"of {counted(counts.photos, 'photograph')}{kept}"
    sheet = f", see {printable(str(place.sheet))}" if counts.cutouts else ""
    click.echo(f"{printable(str(place.folder))}: {counted(counts.cutouts, 'cut-out')} {of}{sheet}")
    if counts.doubtful:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(counts.doubtful.items()))
        sheet = printable(str(place.doubtful_sheet))
        click.echo(f"{sum(counts.doubtful.values()):,} doubtful, set aside ({reasons}): see {sheet}")
    if counts.cutouts:
        click.echo(f"Next: {bgfg_command('plan', 'CORPUS', '--bg', 'BACKGROUNDS', '--fg', out)}")
