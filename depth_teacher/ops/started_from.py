"""The trained networks that a training started from: their licences go with whatever comes of it.

A record of them is a list of JSON objects, the latest first, each with the `name` of a network and its `licence`, in
words, which says whose pictures are in its weights if that was stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.json_form import is_line
from bgfg.data_manifests.terminal.errors import Problem, printable

# What a record has to be where it is read.
STARTED_FROM_FORM = [{"name": is_line, "licence": is_line}]

StartedFrom = Sequence[Mapping[str, str]]


def started_from(name: str, licence: str, before: StartedFrom = ()) -> StartedFrom:
    """Return the record of a training that starts from a network.

    Args:
        name: What the network is called.
        licence: Its licence, in words.
        before: The record of its own training; empty where a licence that it states says all.
    """
    latest = {"name": name, "licence": licence}
    return [latest, *(each for each in before if each != latest)]


def name_of_weights(file: Path) -> str:
    """Return what a file of weights is called in a record: its name, and the first digits of its SHA-256."""
    return f"{printable(file.name)}, SHA-256 {file_sha256(file)[:16]}"


def require_licence(licence: str | None) -> None:
    """Raise Problem where a licence that is given for weights says nothing, or can't be shown; None gives none."""
    if licence is not None and not is_line(licence):
        raise Problem(f"--licence {licence!r}: give a line of printable text, or leave it out", exit_code=2)


def licence_in_full(licence: str, record: StartedFrom) -> str:
    """Return a licence with those of the networks that a training started from, in words."""
    return "; ".join([licence, *(f"it started from {each['name']}, licence: {each['licence']}" for each in record)])
