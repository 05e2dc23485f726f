"""One writer at a time under a URL: an object that is there for as long as its owner writes it anew.

Stores have no locks, but they write an object only if it isn't there, or is the one that was read (If-None-Match,
If-Match). So who makes the object holds the place; it writes it anew every few seconds, and whoever finds it older than
that, by the clock of the store alone, may take it over. Of two who try, the store lets one.

Slices of a place have an object each. Who holds the whole looks for those of slices once its own is there, and who
holds a slice for that of the whole: of two who begin at the same time neither misses the other.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.json_form import Form, is_count, misfit, parse_json
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.objects.listed_object import Version
from bgfg.data_manifests.objects.object_store import ObjectStore, Superseded
from bgfg.data_manifests.terminal.errors import Problem, TryAgain

LEASE_KEY = ".lease"
_SLICES = f"{LEASE_KEY}.slices"

# After how many seconds a lease counts no more that its owner hasn't renewed, and how often that does it.
LEASE_S = 60.0
_RENEWED_EVERY_S = 10.0

_ATTEMPTS = 5
_RELEASE_S = 5.0

_CONTENT: Form = {"host": str, "process": is_count, "kernel": str, "processes": str, "token": str, "renewed": is_count}


class PlaceHeld(Problem):
    """Another process holds a place for writing."""


class Lease:
    """A place, or a slice of it, that is held for writing; made by `lease`."""

    def __init__(self, store: ObjectStore, what: str, slice_name: str = "") -> None:
        self._store, self._what = store, what
        self._key = f"{_SLICES}/{slice_name}" if slice_name else LEASE_KEY
        self._content = _this_process() | {"token": secrets.token_hex(8), "renewed": 0}
        self._version: Version = None
        self._ended, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._renew, name="bgfg-lease", daemon=True)

    def require(self) -> None:
        """Raise Problem where another writer has taken the place over: this one was away for too long."""
        if self._lost.is_set():
            raise TryAgain(
                f"{self._store.url}: this process didn't reach the store for {LEASE_S:g} s, and its lock ran out: run "
                "the same command again"
            )

    def take(self) -> None:
        """Take the place; raise PlaceHeld where another process holds it."""
        for _ in range(_ATTEMPTS):
            found = self._store.read_version(self._key)
            if found is not None and _parsed(found[0]).get("token") == self.token:  # the answer to that got lost
                self._version = found[1].version
                self._thread.start()
                return
            if found is not None and not self._is_left(*found):
                raise self._held_by(found[0], self._what)
            with suppress(Superseded):
                self._version = self._store.replace(self._key, self._bytes(), found[1].version if found else None)
                self._thread.start()
                return
        raise PlaceHeld(f"{self._store.url}: others begin to write to this {self._what} too: run it again later")

    def require_alone(self) -> None:
        """Raise PlaceHeld where another process holds a slice of the place, or of a slice the whole."""
        is_whole = self._key == LEASE_KEY
        for key in [found.key for found in self._store.list(_SLICES)] if is_whole else [LEASE_KEY]:
            found = self._store.read_version(key)
            if found is not None and not self._is_left(*found):
                raise self._held_by(found[0], "corpus" if not is_whole else f"slice of this {self._what}")
            if found is not None and is_whole:
                self._store.delete([key])

    def _held_by(self, other: bytes, what: str) -> PlaceHeld:
        return PlaceHeld(
            f"{self._store.url}: another bgfg ({_owner(other)}) is writing to this {what}: wait for it, or stop it; "
            f"{LEASE_S:g} s after it was killed its lock counts no more"
        )

    def release(self) -> None:
        """Give the place back, if it is still this process's."""
        self._ended.set()
        self._thread.join(_RELEASE_S)
        found = self._store.read_version(self._key)
        if found is not None and _parsed(found[0]).get("token") == self.token:
            self._store.delete([self._key])

    @property
    def token(self) -> str:
        """What tells this lease from all others."""
        return str(self._content["token"])

    def _is_left(self, data: bytes, there: Any) -> bool:
        """Say whether the owner of a lease is gone: a process of this machine that is none any more, or silent."""
        content, mine = _parsed(data), _this_process()
        if all(content.get(name) == mine[name] for name in ("host", "kernel", "processes")):
            return content["process"] != mine["process"] and not Path(f"/proc/{content['process']}").exists()
        return bool((self._now() - there.modified).total_seconds() > LEASE_S)

    def _now(self) -> datetime:
        """Return the time by the clock of the store: when it says that an object was written that has just been."""
        key = f"{LEASE_KEY}.{secrets.token_hex(8)}"
        self._store.write(key, b"")
        try:
            found = self._store.read_version(key)
        finally:
            self._store.delete([key])
        if found is None:
            raise Problem(f"{self._store.url}: {key} isn't there right after it was written: the store loses objects")
        return found[1].modified

    def _renew(self) -> None:
        renewed = time.monotonic()
        while not self._ended.wait(_RENEWED_EVERY_S):
            self._content["renewed"] += 1
            try:
                self._version = self._write_anew()
                renewed = time.monotonic()
            except Superseded:
                self._lost.set()
                return
            except Problem:  # the store can't be reached: the next time it may be
                if time.monotonic() - renewed > LEASE_S:
                    self._lost.set()
                    return

    def _write_anew(self) -> Version:
        try:
            return self._store.replace(self._key, self._bytes(), self._version)
        except Superseded:  # by this process itself, where the answer to that got lost
            found = self._store.read_version(self._key)
            if found is None or _parsed(found[0]).get("token") != self.token:
                raise
            return found[1].version

    def _bytes(self) -> bytes:
        return json.dumps(self._content).encode()


@contextmanager
def lease(store: ObjectStore, what: str, slice_name: str = "") -> Iterator[Lease]:
    """Hold what lies under a URL for writing.

    Args:
        store: The URL.
        what: What it is, for the message.
        slice_name: Of a slice of it; "" for the whole.

    Yields:
        The lease.

    Raises:
        PlaceHeld: Another process holds it.
        Problem: The store can't be written to.
    """
    held = Lease(store, what, slice_name)
    held.take()
    try:
        held.require_alone()
        yield held
    finally:
        with suppress(Problem):  # the store is away: the lease runs out by itself
            held.release()


def _this_process() -> dict[str, Any]:
    """Return what tells this process from others, also from those of other containers under the same kernel."""
    kernel = Path("/proc/sys/kernel/random/boot_id")
    return {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "kernel": read_regular(kernel, 100).decode("ascii").strip() if kernel.exists() else "",
        "processes": os.readlink("/proc/self/ns/pid") if kernel.exists() else secrets.token_hex(8),
    }


def _owner(data: bytes) -> str:
    content = _parsed(data)
    return f"process {content['process']} on {content['host']}" if content else "of another version"


def _parsed(data: bytes) -> dict[str, Any]:
    """Return what a lease says; nothing where it isn't one."""
    try:
        content = parse_json(data.decode("utf-8"))
    except ValueError:
        return {}
    return {} if misfit(content, _CONTENT, "the lease") else content
