"""ONNX Runtime for browsers: the files of onnxruntime-web that a page needs, each held to its SHA-512.

They are npm's to deliver: by its own client, or a package that somebody fetched before. Whatever they come from, what
isn't the very file that was tried is refused, as lock files of npm do it.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.terminal.errors import Problem

# Where a package has its files: as it is unpacked, and as its tarball has it.
_INSIDE = ("", "dist", "package/dist", "node_modules/onnxruntime-web/dist")

_GIVE = "give --runtime FOLDER or FILE.tgz"


@dataclass(frozen=True)
class RuntimePackage:
    """A package of npm, and what is taken of it.

    Attributes:
        name: Name and version, as npm takes them.
        bytes: Size of its tarball.
        sha512: Of its tarball, base64: the `integrity` of a lock file.
        files: Files of its folder dist, each with its size in bytes and its SHA-512, base64.
    """

    name: str
    bytes: int
    sha512: str
    files: dict[str, tuple[int, str]]


# Two builds, each a module, its loader and its code: for processors, with SIMD and threads, and with WebGPU.
ONNXRUNTIME_WEB = RuntimePackage(
    "onnxruntime-web@1.30.0",
    33_106_585,
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
    {
        "ort.wasm.min.mjs": (
            50_126, "AnefQglyknuf4QnoyL8HFb54s1grWx7q6F6v2UZRr7RxVbsJeXd/k6siiXj1mlkQmpyHEnDIBJzx1Bta3J3ZCg=="),
        "ort-wasm-simd-threaded.mjs": (
            24_381, "IboQh0Pwb+2CvUlaEljlBVLJWlFfGUCxCquU6kjywgW+qj9+DZtJYSU9pueGY4A4vT2W5rQ8Zt4CNNIDL8Kf1g=="),
        "ort-wasm-simd-threaded.wasm": (
            14_239_897, "Gt7e1iIDIZ/PXEhM/OVleqWHVom0kEI/hs8cod0crXcV9jDGM39B23HuQnlOOgDOC3x4k5pxIgtdgzaL9up3MA=="),
        "ort.webgpu.min.mjs": (
            66_349, "/sEakMu9A2SbDy5BCcyT/nP/5PAEFLzjJhGuy8zbSeBEl4W1MiWnHxlrJaS84NlwaAnxOeqqu/4G6J/22ONTEw=="),
        "ort-wasm-simd-threaded.asyncify.mjs": (
            53_057, "YXMrHY/qLXCbjx2bMFQ8gGD97aRndcT9wEw9vlXXdNxx1Ud2kDYlWPkWFN+0t0rnX2FME08r4CTGHxRstogyyA=="),
        "ort-wasm-simd-threaded.asyncify.wasm": (
            26_781_914, "dzz9I0cmbBIVybKtbu6szu7jbMSzVPJ3E6Oc8PSyoIQx/4F7xVJ2iGz3ko44sLxAiyAAycPEQVtVKHKjCcRddw=="),
    },
)  # fmt: skip


def is_sound(path: Path, wanted: tuple[int, str]) -> bool:
    """Say whether a file is there, of this size in bytes and this SHA-512 (base64)."""
    size, sha512 = wanted
    if not path.is_file() or path.stat().st_size != size:
        return False
    with open_regular(path, size) as file:
        return _in_base64(hashlib.file_digest(file, "sha512").digest()) == sha512


@contextmanager
def runtime_files(source: Path | None, package: RuntimePackage = ONNXRUNTIME_WEB) -> Iterator[dict[str, Path]]:
    """Find the files of a package, and hold them to their SHA-512.

    Args:
        source: Folder that holds them, its tarball, or None to let npm fetch it.
        package: Which one.

    Yields:
        Each file by its name; those that were fetched or unpacked go afterwards.

    Raises:
        Problem: A file is missing or isn't what it has to be, or npm can't fetch the package.
    """
    with tempfile.TemporaryDirectory(prefix="bgfg-web-") as temporary:
        place = Path(temporary)
        if source is None:
            source = _fetch(package, place)
        if not source.exists():
            raise Problem(f"--runtime {source}: no such file or folder: check the path", exit_code=2)
        if source.is_dir():
            yield {name: _in_folder(source, name, package) for name in package.files}
        else:
            _unpack(source, package, place)
            yield {name: place / name for name in package.files}


def _fetch(package: RuntimePackage, place: Path) -> Path:
    """Let npm fetch the tarball of a package into a folder; return its path."""
    npm = shutil.which("npm")
    if npm is None:
        raise Problem(f"npm isn't there, which fetches {package.name}: install Node.js, or {_GIVE} of that package")
    command = [npm, "pack", package.name, "--ignore-scripts", "--silent", "--pack-destination", str(place)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    found = sorted(place.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        reason = next((line for line in done.stderr.splitlines() if line.strip()), f"exit code {done.returncode}")
        raise Problem(f"npm can't fetch {package.name} ({reason.strip():.200}): try again, or {_GIVE} of that package")
    return found[0]


def _in_folder(folder: Path, name: str, package: RuntimePackage) -> Path:
    there = [path for inside in _INSIDE if (path := folder / inside / name).exists()]
    if not there:
        raise Problem(f"{folder}: has no {name}: give a folder that holds {package.name}", exit_code=2)
    if not is_sound(there[0], package.files[name]):
        raise Problem(f"{there[0]}: isn't the one of {package.name} (another SHA-512): give that package", exit_code=2)
    return there[0]


def _unpack(tarball: Path, package: RuntimePackage, place: Path) -> None:
    """Write the files of a tarball into a folder; it is held to its SHA-512 before anything of it is unpacked."""
    if not is_sound(tarball, (package.bytes, package.sha512)):
        raise Problem(f"{tarball}: isn't {package.name} (another SHA-512): give the tarball that npm has", exit_code=2)
    with open_regular(tarball) as file, tarfile.open(fileobj=file, mode="r:gz") as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            if folder == "package/dist" and name in package.files and member.isreg():
                content = archive.extractfile(member)
                assert content is not None  # of a regular file there is
                (place / name).write_bytes(content.read())
    for name, wanted in package.files.items():
        if not is_sound(place / name, wanted):
            raise Problem(f"{tarball}: its {name} isn't what it has to be (another SHA-512): please report it")


def _in_base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
