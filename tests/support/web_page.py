"""Pages of `bgfg web` with a runtime of a few bytes, and a browser to look at whole ones."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path

from bgfg.train.web.runtime import RuntimePackage

NAMES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.wasm")


def tiny_package(tarball: bytes = b"") -> RuntimePackage:
    """A package of two small files, to be found in a tarball of this content."""
    files = {name: (len(name), sha512(name.encode())) for name in NAMES}
    return RuntimePackage("tiny@1.0.0", len(tarball), sha512(tarball), files)


def runtime_folder(folder: Path) -> Path:
    """A folder that holds the files of `tiny_package`: each has its own name as its content."""
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_text(name)
    return folder


def tarball_of(*more: tarfile.TarInfo, names: tuple[str, ...] = NAMES) -> bytes:
    """A tarball as npm has it, of these files of `tiny_package` and some more members."""
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
        for member in more:
            archive.addfile(member)
    return found.getvalue()


def sha512(content: bytes) -> str:
    return base64.b64encode(hashlib.sha512(content).digest()).decode()
