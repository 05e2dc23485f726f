"""README.md of an export: what is in it and how it is read, for people who get the folder without the corpus."""

from __future__ import annotations

from collections.abc import Iterable

from bgfg.synth.export.atomic_writer import AtomicWriter

CARD_FILE = "README.md"


def write_card(writer: AtomicWriter, title: str, paragraphs: Iterable[str], head: str = "") -> None:
    """Write the card of an export.

    Args:
        writer: Writes files into the folder of the export.
        title: What the export is, in a line.
        paragraphs: What its readers need to know, in Markdown; those that are empty are left out.
        head: What comes before the title: YAML for the programs that look for it there.
    """
    text = "\n\n".join([f"# {title}", *filter(None, paragraphs)])
    writer.write_file("card", CARD_FILE, f"{head}{text}\n".encode())
