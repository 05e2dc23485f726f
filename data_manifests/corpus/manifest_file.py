"""corpus.json: the manifest of a corpus as a file, sealed by the SHA-256 of its own content."""

from __future__ import annotations

import json
from pathlib import Path

from bgfg.data_manifests.corpus.digest import (
    CORPUS_FORMAT,
    CORPUS_FORMAT_VERSION,
    EXTENDED_VERSION,
    IMPORTED_VERSION,
    SEAL_KEY,
    is_sealed,
    sealed,
)
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.next_steps import plan_hint, repair_hint
from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command

# Folder in a corpus in which an import keeps what it needs until it is whole.
BEGUN_FOLDER = ".import"

# By it a folder is told to be an export.
EXPORT_FILE = "export.json"

# What else bgfg makes, by the file that tells it.
OTHER_FOLDERS = {"run.json": "a run", "kit.json": "a kit, from which `bgfg plan` makes corpora"}


class DamagedManifest(Problem):
    """A corpus.json whose content isn't what bgfg wrote: the same plan writes it again."""


def save_manifest(manifest: Manifest, path: Path) -> None:
    """Write corpus.json, whole or not at all, with the SHA-256 of its own content in it.

    Args:
        manifest: Its content.
        path: Where it is to be.
    """
    replace_text(path, json.dumps(sealed(manifest.to_dict()), indent=1, ensure_ascii=False) + "\n")


def load_manifest(path: Path) -> Manifest:
    """Read corpus.json.

    Args:
        path: The file, in the folder `manifest` of a corpus.

    Returns:
        Its content.

    Raises:
        Problem: There is none, it is of another format or version, or it was changed by hand, even where the seal was
            changed to match.
    """
    folder = path.parent.parent
    try:
        content = read_json(path)
    except (FileNotFoundError, NotADirectoryError):
        raise no_corpus(path) from None
    except ValueError as error:
        raise DamagedManifest(f"{path}: not readable as JSON ({error}): {plan_hint(folder)}") from None
    if not isinstance(content, dict) or content.get("format") != CORPUS_FORMAT:
        raise Problem(f"{path}: not the manifest of a bgfg corpus: {repair_hint(folder)}")
    if content.get("version") not in (CORPUS_FORMAT_VERSION, EXTENDED_VERSION, IMPORTED_VERSION):
        known = f"versions {CORPUS_FORMAT_VERSION} to {IMPORTED_VERSION} only"
        raise Problem(f"{path}: format version {content.get('version')}; this bgfg knows {known}")
    if not is_sealed(content):
        raise DamagedManifest(f"{path}: changed by hand, its seal doesn't match its content: {plan_hint(folder)}")
    del content[SEAL_KEY]
    try:
        manifest = Manifest.from_dict(content)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise DamagedManifest(f"{path}: changed by hand ({error}): {plan_hint(folder)}") from error
    # Derived numbers (N, F) and unknown keys show only when the manifest is written again and compared.
    understood = manifest.to_dict()
    different = sorted(k for k in content.keys() | understood if content.get(k) != understood.get(k))
    if different:
        raise DamagedManifest(f"{path}: changed by hand ({', '.join(different)}): {plan_hint(folder)}")
    return manifest


def no_corpus(path: Path) -> Problem:
    """Return what is said where there is no corpus.json."""
    folder = path.parent.parent
    if (folder / BEGUN_FOLDER).is_dir():
        again = bgfg_command("import", "...", folder)
        return Problem(f"{folder}: its import isn't finished: {again} again goes on with it", exit_code=2)
    if (folder / EXPORT_FILE).is_file():
        look, make = bgfg_command("audit", folder), bgfg_command("import", folder, "...")
        return Problem(
            f"{folder}: an export, not a corpus: {look} says what is in it, {make} makes a corpus of it", exit_code=2
        )
    for file, what in OTHER_FOLDERS.items():
        if (folder / file).is_file():
            return Problem(f"{folder}: {what}, not a corpus: give the folder of a corpus", exit_code=2)
    next_step = bgfg_command("plan", folder, "...")
    return Problem(f"{folder}: not a planned corpus, no manifest/{path.name} in it: run {next_step}", exit_code=2)
