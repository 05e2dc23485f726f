"""`bgfg export`: a corpus, or some of it, in the form that another tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.places.place_type import CORPUS_PLACE, EXPORT_PLACE
from bgfg.data_manifests.terminal.cli_types import QUALITY, PrintableText
from bgfg.data_manifests.terminal.errors import counted, printable
from bgfg.synth.cli.options import cluster_options, make_executor


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@click.argument("out", type=EXPORT_PLACE)
@click.option(
    "--as",
    "format_name",
    required=True,
    type=click.Choice(["folder", "zips", "webdataset", "mds", "coco", "yolo", "hdf5", "parquet"]),
    help="Form: files in folders; zip files of 50,000 samples; WebDataset's tar shards; shards of MosaicML Streaming; "
    "images with COCO's JSON; images with YOLO's labels, as Ultralytics trains on them; one HDF5 file; or Parquet for "
    "Hugging Face datasets.",
)
@click.option(
    "--split", multiple=True, type=click.Choice(SPLITS), help="Only samples of this split; may be given several times."
)
@click.option(
    "--samples", metavar="FIRST:END", help="Only samples from number FIRST on, up to END, which isn't included."
)
@click.option(
    "--where",
    multiple=True,
    metavar="FILTER",
    help="Only samples whose columns meet it, such as background=3, cutout=0,1 or visible_px>=500; may be given "
    "several times.",
)
@click.option(
    "--image",
    type=click.Choice(["jpeg", "png"]),
    default="jpeg",
    show_default=True,
    help="Format of composites and backgrounds.",
)
@click.option("--quality", type=QUALITY, default=95, show_default=True, help="Quality of JPEG pictures.")
@click.option("--grey", is_flag=True, help="Write pictures with a single channel.")
@click.option(
    "--depth",
    type=click.Choice(["8", "16", "none"]),
    help="Depth maps: of 8 bits over the whole range (JPEG), of 16 bits in millimetres (PNG), or none.  [default: 8 in "
    "folder and zips, else 16]",
)
@click.option(
    "--normals",
    is_flag=True,
    help="Write maps of surface normals too, computed from metric depth and the cameras' fields of view.",
)
@click.option(
    "--fov-deg",
    type=float,
    metavar="DEGREES",
    help="Field of view, across the frame's shorter side, of the cameras that the corpus doesn't know.",
)
@click.option(
    "--segmentation",
    type=click.Choice(["polygons", "rle"]),
    help="Masks of --as coco: polygons along the pixels' edges, which most importers take, or compressed run lengths, "
    "which are shorter.  [default: polygons]",
)
@click.option(
    "--compression",
    type=click.Choice(["none", "zstd"]),
    help="Of the shards of --as mds; pictures are compressed already.  [default: none]",
)
@click.option(
    "--licence",
    type=PrintableText(),
    metavar="NAME",
    help="Licence of the pictures, for the card and croissant.json, such as CC-BY-4.0.  [default: nothing is said]",
)
@click.option("--boxes", is_flag=True, help="Labels of --as yolo: boxes alone, instead of polygons.")
@click.option(
    "--depth-member",
    type=click.Choice(["png", "npy"]),
    help="Depth maps in the shards of --as webdataset, whose own decoders make 8 bits of a 16-bit PNG, but read npy as "
    "it is.  [default: a picture]",
)
@click.option(
    "--label",
    type=PrintableText(),
    metavar="NAME",
    help="What the cut-outs show: the name of the category of --as coco and yolo.  [default: foreground]",
)
@cluster_options
def export(
    corpus: Path,
    out: Path,
    format_name: str,
    split: tuple[str, ...],
    workers: int | None,
    backend: str,
    address: str | None,
    **given: Any,
) -> None:
    """Hand a corpus on in a format that other tools read; an interrupted export goes on where it was.

    OUT is a folder, new or empty, or a URL such as s3://BUCKET/OUT: OUT/export.json says what was written, and
    OUT/SHA256SUMS lists every file. Filters name columns of samples.parquet, which count from 0.

    Example: bgfg export corpus out --as webdataset --split train --where "visible_px>=500"
    """
    from bgfg.synth.export.forms.registry import EXPORT_FORMATS, export_request
    from bgfg.synth.export.runner import export_corpus

    executor, request = make_executor(workers, backend, address), export_request(format_name, split, **given)
    corpus, out = map(executor.path_for_workers, (corpus, out))
    done = export_corpus(corpus, out, request, executor)
    for note in done.notes:
        click.echo(f"Note: {printable(note)}", err=True)
    # Nobody expects a shape of boxes. In Python the note would be a warning, at each export.
    if not (done.unchanged or EXPORT_FORMATS[format_name].keeps_soft_edges or request.boxes):
        lost = "soft edges of masks are lost: an object is the pixels with mask >= 128; --as folder keeps them"
        click.echo(f"Note: {lost}", err=True)
    click.echo(
        f"{printable(str(out))}: {'already there: ' if done.unchanged else ''}{counted(done.samples, 'sample')} in "
        f"{counted(done.files, 'file')}, "
        f"{done.bytes / 1e6:,.1f} MB"
    )
