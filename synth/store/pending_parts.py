"""Parts of a corpus that were planned by `bgfg plan --extend` and aren't whole yet: corpus.json doesn't list them."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.corpus.manifest import Manifest, plan_hint
from bgfg.data_manifests.corpus.part_record import PART_FILE, PartRecord, part_folder
from bgfg.data_manifests.terminal.errors import Problem


def with_pending_parts(corpus: Path, manifest: Manifest) -> Manifest:
    """Return what a corpus will be once the parts are listed that are being made; the same where there are none.

    A part that was planned for another state of the corpus counts for nothing.

    Args:
        corpus: Its folder.
        manifest: Its manifest.

    Raises:
        Problem: The record of a part is damaged.
    """
    while True:
        number = len(manifest.parts)
        path = part_folder(corpus, number) / "manifest" / PART_FILE
        try:
            record = PartRecord.load(path)
            if record.extends != manifest.digest:
                return manifest
            manifest = manifest.with_part(record)
        except (FileNotFoundError, NotADirectoryError):
            return manifest
        except ValueError as error:
            raise Problem(f"{path}: damaged ({error}): {plan_hint(corpus, number)}") from error
