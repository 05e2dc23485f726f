"""What lies in the folder of a corpus without being of it: pictures, notes, a kit drawn there by mistake."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.images.listing import is_system_file
from bgfg.synth.plan.plan_folder import CORPUS_ENTRIES
from bgfg.synth.store.corpus_card import card_files


def find_strangers(root: Path) -> tuple[str, ...]:
    """Return the names of files and folders (with a slash) in a corpus that are none of its own, sorted.

    What else lies in its folders `manifest` and `data.zarr` is a problem of the plan's check. Hidden files are passed
    over.
    """
    own = {*CORPUS_ENTRIES, *card_files(root)}
    there = (entry for entry in root.iterdir() if entry.name not in own and not is_system_file(entry.name))
    return tuple(sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in there))
