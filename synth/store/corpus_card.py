"""README.md and croissant.json of a corpus: what it is, for people and for programs that look for data sets.

`bgfg card` writes them beside the store; once they are there, composing and labelling keep them true. Each carries a
seal, so that one that somebody has changed by hand is told, and left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.json_form import misfit, read_json
from bgfg.data_manifests.files.origin import holds_nothing
from bgfg.data_manifests.files.regular_file import UnfitFile, read_regular
from bgfg.data_manifests.files.seal import holds_seal, seal
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.formats.croissant import CROISSANT_FILE
from bgfg.synth.formats.licence import licence_address, licence_of_address
from bgfg.synth.store.card_texts import SEAL_MARKS, card_texts
from bgfg.synth.store.lock import writer_lock

CARD_FILES = tuple(SEAL_MARKS)

# More than any card has, whatever somebody has added to it.
_MOST_BYTES = 2**26


@dataclass(frozen=True)
class CardState:
    """What of the card of a corpus is there.

    Attributes:
        present: Which of its files bgfg wrote, changed by hand since or not.
        changed: Which of them were changed by hand.
        outdated: Which of the others describe something else than the corpus as it is.
    """

    present: tuple[str, ...]
    changed: tuple[str, ...]
    outdated: tuple[str, ...]


def write_corpus_card(path: Path, licence: str | None = None) -> bool:
    """Write the card of a corpus.

    Args:
        path: The folder of the corpus.
        licence: Licence of its pictures; None for the one that its card has already, if it has one.

    Returns:
        Whether something was written; False where all of it was there.

    Raises:
        Problem: The corpus isn't whole, another process writes to it, or a file of these names isn't as bgfg wrote it.
    """
    load_manifest(path / "manifest" / "corpus.json")  # before the lock: no lock file but in a corpus
    with writer_lock(path):
        records = CorpusRecords.open(path)
        _require_whole(records)
        for name in CARD_FILES:
            if not holds_nothing(path / name) and not _is_own(path, name):
                how = "was changed by hand" if name in card_files(path) else "wasn't made by bgfg"
                raise Problem(f"{path / name}: would be written over, and {how}: move it away", exit_code=2)
        # One that is known is called by its identifier, as it will be when the card is written again.
        return _write(records, licence_of_address(licence_address(licence)) if licence else card_licence(path))


def refresh_corpus_card(path: Path) -> tuple[str, ...]:
    """Bring the card of a corpus to what it is by now, where it has one; the caller holds the writer lock.

    Returns:
        A note where a file of it was changed by hand, and isn't true any more.
    """
    if not card_files(path):
        return ()
    records = CorpusRecords.open(path)
    if _unfinished(records):
        return ()
    _write(records, card_licence(path))
    again = bgfg_command("card", path)
    return tuple(
        f"{path / name}: was changed by hand, so that it still describes the corpus as it was: move it away and run "
        f"{again}"
        for name in card_state(path).changed
    )


def card_state(path: Path) -> CardState:
    """Compare the card of a corpus, as far as it has one, with the corpus.

    Raises:
        Problem: The tables of the corpus are damaged.
    """
    present = card_files(path)
    changed = tuple(name for name in present if not _is_own(path, name))
    kept = [name for name in present if name not in changed]
    new = _contents(CorpusRecords.open(path), card_licence(path)) if kept else {}
    return CardState(present, changed, tuple(name for name in kept if new[name] != _read(path / name)))


def card_files(path: Path) -> tuple[str, ...]:
    """Return the names of the files of a card that bgfg wrote into a corpus, changed by hand since or not."""
    return tuple(name for name in CARD_FILES if SEAL_MARKS[name].encode() in _read(path / name))


def own_card_files(path: Path) -> tuple[str, ...]:
    """Return the names of those that are as bgfg wrote them."""
    return tuple(name for name in card_files(path) if _is_own(path, name))


def _is_own(path: Path, name: str) -> bool:
    return holds_seal(path / name, SEAL_MARKS[name].encode()) is True


def _read(path: Path) -> bytes:
    """Return the content of a file; nothing where there is none, or what can be no card."""
    try:
        return read_regular(path, _MOST_BYTES)
    except (FileNotFoundError, IsADirectoryError, UnfitFile):
        return b""


def _write(records: CorpusRecords, licence: str | None) -> bool:
    """Write what isn't there or isn't true any more; leave what was changed by hand."""
    written = False
    for name, content in _contents(records, licence).items():
        path = records.path / name
        if holds_nothing(path) or (_is_own(records.path, name) and _read(path) != content):
            replace_bytes(path, content)
            written = True
    return written


def card_licence(path: Path) -> str | None:
    """Return the licence that the card of a corpus says; None where it has none, or doesn't say it."""
    if CROISSANT_FILE not in card_files(path):
        return None
    try:
        content = read_json(path / CROISSANT_FILE)
    except ValueError:
        return None
    return None if misfit(content, {"license": str}) else licence_of_address(content["license"])


def _unfinished(records: CorpusRecords) -> list[str]:
    """Return the arrays of a corpus that aren't all made."""
    manifest = records.manifest
    arrays = ["image", "mask", *(["instance"] if manifest.crowd else []), *(["depth"] if manifest.teacher else [])]
    return [array for array in arrays if array not in manifest.statistics]


def _require_whole(records: CorpusRecords) -> None:
    if unfinished := _unfinished(records):
        run = bgfg_command("label" if unfinished == ["depth"] else "compose", records.path)
        raise Problem(f"{records.path}: not all of {', '.join(unfinished)} is made: run {run} first", exit_code=2)


def _contents(records: CorpusRecords, licence: str | None) -> dict[str, bytes]:
    """Return the files of the card by name, sealed."""
    texts = card_texts(records, licence)
    return {name: seal(text.encode(), SEAL_MARKS[name].encode()) for name, text in texts.items()}
