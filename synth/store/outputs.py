"""Where outputs may go: over nothing that bgfg didn't make, and into no folder that is something else already."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import is_partial
from bgfg.data_manifests.files.json_form import is_count, misfit, read_json
from bgfg.data_manifests.files.origin import Origin, holds_nothing, origin_of
from bgfg.data_manifests.objects.mirror_folders import mirror_above, names_in
from bgfg.data_manifests.objects.urls import is_url
from bgfg.data_manifests.terminal.errors import Problem, first_few, told
from bgfg.synth.store.lock import is_lock, results_folder

CORPUS, EXPORT, KIT, RUN, RESULTS = "a corpus", "an export", "a kit", "a run", "a folder of results"
EVALUATION = "a folder of an evaluation"
WEB_PAGE = "a web page"

_EVALUATIONS = tuple(f"bgfg-{kind}evaluation" for kind in ("", "folder-", "instance-", "class-", "real-"))

# Kinds of folders, the file by which each is told, and what that has to say.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    CORPUS: ("manifest/corpus.json", lambda _: True),
    EXPORT: ("export.json", lambda content: content["format"] == "bgfg-export"),
    KIT: (
        "kit.json",
        lambda content: misfit(content, {"seed": int, "size_px": is_count, "backgrounds": is_count}) == "",
    ),
    RUN: ("run.json", lambda content: content["format"] == "bgfg-run"),
    EVALUATION: ("report.json", lambda content: content["format"] in _EVALUATIONS),
    WEB_PAGE: ("web.json", lambda content: content["format"] == "bgfg-web"),
    RESULTS: ("made.json", lambda content: misfit(content, {"model": str, "sha256": str}) == ""),
}

# What holds files of its own alone, however deep.
_CLOSED = (CORPUS, EXPORT, KIT, WEB_PAGE)

_CHECKPOINTS = "checkpoints"


class _Free(Exception):
    """Nobody holds a folder."""


def require_file(
    path: Path, origin: Origin, option: str, source: Path | None = None, *, makes_folder: bool = False
) -> None:
    """Check the place of a single file before it is made; one of the same work may be made again.

    Args:
        path: The file.
        origin: What is to make it.
        option: What the file is given by on the command line, for the message.
        source: What it is made from.
        makes_folder: Whether the folder is made too where there is none.

    Raises:
        Problem: There is something else, it would be a stranger among the files of bgfg, or can't be written.
    """
    require_place(path, option)
    if not makes_folder and not path.parent.is_dir():
        line = f"{option} {path}: there is no folder {path.parent}"
        raise Problem(f"{line}: make it, or give another {option}", exit_code=2)
    if source is not None and os.path.realpath(path) == os.path.realpath(source):
        raise Problem(
            f"{option} {path}: is what is read, and would be written over: give another {option}", exit_code=2
        )
    require_own_file(path, origin, option)


def require_sheet(path: Path, origin: Origin, option: str) -> None:
    """Check the place of a PNG file as `require_file` does, and that its name says what it is."""
    if path.suffix.lower() != ".png" or (path.exists() and not path.is_file()):
        raise Problem(f"{path}: a sheet is a PNG file: give {option} a name that ends in .png", exit_code=2)
    require_file(path, origin, option)


def require_own_file(path: Path, origin: Origin, option: str) -> None:
    """Raise Problem where there is something with content that another work made, or nobody knows who."""
    if holds_nothing(path):
        return
    if path.is_dir():
        raise Problem(f"{path}: is a folder, where a file would be written: give another {option}", exit_code=2)
    found = origin_of(path)
    if found is None or found.work != origin.work:
        whose = "wasn't made by bgfg" if found is None else f"is of another work ({found.work})"
        raise Problem(
            f"{path}: would be written over, and {whose}: give another {option}, or move it away", exit_code=2
        )


def require_folder(path: Path, option: str, own: str = "") -> None:
    """Check the place of a folder of outputs before anything is made: it can be written to, and nobody else does.

    Args:
        path: The folder, which need not be there.
        option: What it is given by on the command line, for the message.
        own: Which kind of folder it may be already, of those above.

    Raises:
        Problem: It is a folder of another kind, lies within one, is a file, or another process writes to it.
    """
    require_place(path, option, own)
    if path.exists() and not path.is_dir():
        raise Problem(f"{option} {path}: is a file: give the name of a folder", exit_code=2)
    with suppress(_Free), results_folder(path):
        raise _Free  # so that a folder that was made for this goes again


def require_place(path: Path, option: str, own: str = "") -> None:
    """Raise Problem where an output would be a stranger, or its folder can't be written to; see `require_folder`."""
    place = _real(path)
    if not (own and folder_kind(place) == own):
        _require_no_stranger(path, place, option)
    there = mirror_above(path)
    if there is not None and not there.store.is_writable:
        raise Problem(f"{option} {path}: a web server is read, not written to: give another {option}", exit_code=2)
    nearest = next(folder for folder in (place, *place.parents) if folder.is_dir())
    if not os.access(nearest, os.W_OK):
        raise Problem(f"{option} {path}: {nearest} can't be written to: give another {option}", exit_code=2)


def _require_no_stranger(path: Path, place: Path, option: str) -> None:
    for folder in (place, *place.parents):
        if folder.exists() and not folder.is_dir() and folder != place:
            raise Problem(f"{option} {path}: {folder} is a file: give another {option}", exit_code=2)
        kind = folder_kind(folder)
        among_checkpoints = kind == RUN and folder / _CHECKPOINTS in (place, *place.parents)
        if kind in _CLOSED or (kind and folder == place) or among_checkpoints:
            where = "is" if folder == place else f"lies in {folder}, which is"
            among = f"among the checkpoints of {kind}" if among_checkpoints else kind
            where = f"lies {among}" if among_checkpoints else f"{where} {kind}"
            raise Problem(f"{option} {path}: {where}: give another {option}", exit_code=2)


def require_apart(path: Path, option: str, *inputs: tuple[str, str | Path | None], nested: bool = True) -> None:
    """Raise Problem where a folder of outputs is one of inputs, lies within one, or has one within.

    Args:
        path: The folder of outputs.
        option: What it is given by on the command line.
        *inputs: Options and what they name, a folder or something else.
        nested: Whether one within the other is refused too, and not the same folder alone.
    """
    place = _location(path)
    for name, given in inputs:
        folder = _location(given) if given is not None else None
        if folder is None or not (is_url(told(str(given))) or folder.is_dir()):
            continue
        if place == folder or (nested and (folder in place.parents or place in folder.parents)):
            how = "is" if place == folder else "lies within" if folder in place.parents else "has within it"
            line = f"{option} {path}: {how} {name} {given}"
            reason = "files there would be written over, or taken for input"
            raise Problem(f"{line}: {reason}: give another {option}", exit_code=2)


def require_no_strangers(path: Path, kind: str, begun: Iterable[str] = ()) -> None:
    """Raise Problem where a folder that isn't of a kind yet holds anything but what may have been begun there.

    Args:
        path: The folder.
        kind: Which of the kinds above it is to be.
        begun: Names of what may have been begun.
    """
    if folder_kind(path) == kind:
        return
    strangers = sorted(name for name in names_in(path) if not (name in begun or is_lock(name) or is_partial(name)))
    if strangers:
        raise Problem(
            f"{path}: holds other things ({first_few(strangers, 3)}) and isn't {kind}: give an empty or a new folder",
            exit_code=2,
        )


def folder_kind(folder: Path) -> str:
    """Return which of the kinds above a folder is; "" for none of them."""
    for kind, (file, fits) in _KINDS.items():
        path = folder / file
        try:
            if os.path.isfile(path) and os.access(path, os.R_OK) and (kind == CORPUS or fits(read_json(path))):
                return kind
        except (ValueError, LookupError, TypeError):
            continue  # damaged, or of somebody else
    return ""


def _location(path: str | Path) -> Path:
    """Return what tells a place from others: where a path leads, or the parts of a URL."""
    text = told(str(path))
    return Path(text.rstrip("/")) if is_url(text) else _real(path)


def _real(path: str | Path) -> Path:
    """Return where a path leads; unlike `Path.resolve`, this takes a link to itself, too."""
    return Path(os.path.realpath(path))
