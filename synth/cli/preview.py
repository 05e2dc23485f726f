"""`bgfg preview`: a contact sheet of a spread of samples."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE, RESULT_FILE
from bgfg.data_manifests.terminal.errors import Problem, counted, printable


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@click.argument("sheet", type=RESULT_FILE)
@click.option(
    "--samples",
    default=8,
    show_default=True,
    type=click.IntRange(min=1, max=200),
    help="How many samples are drawn, a row each.",
)
@click.option("--beside", type=CORPUS_PLACE, help="Another corpus of the same pictures, drawn in the same rows.")
@click.option("--kinds", is_flag=True, help="Draw each sample under each kind of variety of the corpus alone.")
def preview(corpus: Path, sheet: Path, samples: int, beside: Path | None, kinds: bool) -> None:
    """Draw background, cut-out, composite, mask and depth of a spread of samples into a PNG.

    SHEET is the file, whose name ends in .png: a new one, or a sheet to be drawn again.

    Example: bgfg preview corpus sheet.png
    """
    from bgfg.data_manifests.files.origin import Origin
    from bgfg.data_manifests.images.image_writing import save_png
    from bgfg.synth.preview import contact_sheet, kinds_sheet, spread_samples
    from bgfg.synth.store.corpus import Corpus
    from bgfg.synth.store.outputs import require_sheet

    if kinds and beside is not None:
        raise Problem("--kinds and --beside: give one of them", exit_code=2)
    origin = Origin("preview")
    require_sheet(sheet, origin, "SHEET")
    opened = Corpus(corpus)
    chosen = spread_samples(opened, samples)
    other = None if beside is None else Corpus(beside)
    save_png(kinds_sheet(opened, chosen) if kinds else contact_sheet(opened, chosen, other), sheet, origin=origin)
    click.echo(f"{printable(str(sheet))}: {counted(len(chosen), 'sample')}")
