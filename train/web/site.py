"""The folder of a page: its own files, networks and runtime, put in place so that the page is whole or not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import replace_bytes, replace_text
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.json_form import misfit, read_json
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.synth.store.lock import results_folder
from bgfg.synth.store.outputs import WEB_PAGE, require_folder, require_no_strangers
from bgfg.train.web.networks import WebNetwork, file_names
from bgfg.train.web.notices import notices
from bgfg.train.web.runtime import ONNXRUNTIME_WEB, RuntimePackage, is_sound, runtime_files

_PAGE = Path(__file__).with_name("page")
RECORD_FILE, ENTRY_FILE = "web.json", "index.html"
_FORMAT, _VERSION = "bgfg-web", 1
_NETWORKS, _RUNTIME = "networks", "runtime"

# What a record may call a file of the page: nothing that leads out of its folder.
_INSIDE = re.compile(rf"(?:(?:{_NETWORKS}|{_RUNTIME})/)?[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def make_site(
    out: Path,
    networks: Sequence[WebNetwork],
    size_px: int | None,
    runtime: Path | None,
    progress: Progress,
    package: RuntimePackage = ONNXRUNTIME_WEB,
) -> list[Path]:
    """Make the folder of a page, or make it anew.

    Its index.html goes first and comes last, so that a page that was begun isn't there. What is there of the runtime
    and is sound stays.

    Args:
        out: The folder: a new or an empty one, or one that this function made.
        networks: One at least; the page begins with the first.
        size_px: Shorter side at which they look at pictures; None for the page to choose.
        runtime: Where the files of the runtime are, as `runtime_files` takes it; None for npm.
        progress: Shows how far it is.
        package: The runtime.

    Returns:
        The files of the page.

    Raises:
        Problem: The folder is something else, or the runtime can't be had.
    """
    require_folder(out, "OUT", own=WEB_PAGE)
    require_no_strangers(out, WEB_PAGE)
    of_networks = {f"{_NETWORKS}/{file}": each for file, each in zip(file_names(networks), networks, strict=True)}
    page = _own_files()
    entry = page.pop(ENTRY_FILE)
    contents = {
        **page,
        **{file: network.onnx for file, network in of_networks.items()},
        **{file: text.encode() for file, text in notices(of_networks, package.name).items()},
    }
    names = [*contents, *(f"{_RUNTIME}/{name}" for name in package.files), ENTRY_FILE]
    _require_no_links(out)
    lacking = [name for name, wanted in package.files.items() if not is_sound(out / _RUNTIME / name, wanted)]
    with ExitStack() as stack:
        # Before anything is written: where it can't be had, what is there stays.
        found = stack.enter_context(runtime_files(runtime, package)) if lacking else {}
        stack.enter_context(results_folder(out))
        title = f"writing {printable(str(out))}"
        advance = stack.enter_context(progress(title, len(names), len(package.files) - len(lacking)))
        before = site_files(out) if (out / RECORD_FILE).exists() else frozenset()
        (out / ENTRY_FILE).unlink(missing_ok=True)
        # First of all: by it the folder is known as a page, whatever becomes of the rest.
        replace_text(out / RECORD_FILE, _record(of_networks, size_px, before.union(names), package))
        for folder in (_RUNTIME, _NETWORKS):
            make_folder(out / folder)
        for name in lacking:
            replace_bytes(out / _RUNTIME / name, read_regular(found[name]))
            advance(1)
        for name, content in contents.items():
            replace_bytes(out / name, content)
            advance(1)
        for name in before.difference(names):
            (out / name).unlink(missing_ok=True)
        replace_text(out / RECORD_FILE, _record(of_networks, size_px, names, package))
        replace_bytes(out / ENTRY_FILE, entry)
        advance(1)
    return [out / name for name in (*names, RECORD_FILE)]


def site_files(out: Path) -> frozenset[str]:
    """Return the names of a page's files but for the record that lists them, relative to its folder.

    Raises:
        Problem: The record is damaged.
    """
    record = out / RECORD_FILE
    try:
        content = read_json(record)
        wrong = misfit(content, {"format": lambda value: value == _FORMAT, "files": [str]}, RECORD_FILE)
    except ValueError:
        wrong = "no JSON"
    if not wrong and not all(_INSIDE.fullmatch(name) for name in content["files"]):
        wrong = "files of other folders"
    if wrong:
        raise Problem(f"{record}: is damaged ({wrong}): give a new folder", exit_code=2)
    return frozenset(content["files"])


def _own_files() -> dict[str, bytes]:
    """Return what the page consists of beside networks and runtime, by name."""
    return {file.name: read_regular(file) for file in sorted(_PAGE.iterdir())}


def _require_no_links(out: Path) -> None:
    """Raise Problem where a folder of the page is a link or a file: what belongs there would land elsewhere."""
    for folder in (out / _NETWORKS, out / _RUNTIME):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise Problem(f"{folder}: isn't a folder of its own: remove it, or give a new OUT", exit_code=2)


def _record(
    networks: Mapping[str, WebNetwork], size_px: int | None, files: Iterable[str], package: RuntimePackage
) -> str:
    about = {"format": _FORMAT, "version": _VERSION, "made_by": f"bgfg {BGFG_VERSION}", "runtime": package.name}
    entries = [network.entry(file) for file, network in networks.items()]
    return json.dumps({**about, "size_px": size_px, "networks": entries, "files": sorted(files)}, indent=1) + "\n"
