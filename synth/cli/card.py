"""`bgfg card`: README.md and croissant.json of a corpus."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE
from bgfg.data_manifests.terminal.cli_types import PrintableText
from bgfg.data_manifests.terminal.errors import printable


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@click.option(
    "--licence",
    type=PrintableText(),
    metavar="NAME",
    help="Licence of the pictures, such as CC-BY-4.0.  [default: the one that the card has, else nothing is said]",
)
def card(corpus: Path, licence: str | None) -> None:
    """Write the data card of a corpus, README.md, and croissant.json, by which programs find data sets.

    CORPUS is a folder whose arrays are all made. Where the card is there, `bgfg compose` and `bgfg label` keep it true
    as the corpus grows; a file of it that was changed by hand stays as it is.

    Example: bgfg card corpus --licence CC-BY-4.0
    """
    from bgfg.synth.store.corpus_card import CARD_FILES, write_corpus_card

    is_new = write_corpus_card(corpus, licence)
    click.echo(f"{printable(str(corpus))}: {' and '.join(CARD_FILES)} {'are written' if is_new else 'were there'}")
