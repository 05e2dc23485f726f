"""Where cut-outs and what belongs to them lie in their folder, and whether they may.

    OUT/NAME.png, NAME.2.png ...       cut-outs, largest first: what `bgfg plan --fg OUT` reads
    OUT/_cutout/doubtful/REASON/       those that are to be looked at first, and the photographs in which nobody is
    OUT/_cutout/photos/NAME.json       what was cut out of a photograph, written last
    OUT/_cutout/cutouts.csv, .jpg, doubtful.jpg, made.json

With a label, OUT/LABEL is the folder: one of a class.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.images.listing import CUTOUT_NOTES
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.synth.store.outputs import RESULTS, require_apart, require_folder, require_own_file
from bgfg.train.cutouts.doubts import NOBODY, REASONS
from bgfg.train.inference.destinations import require_folder_name, require_inputs
from bgfg.train.inference.inputs import InputFiles
from bgfg.train.inference.video_reader import is_video

CUTOUT = Origin("cutout")

TABLE, SHEET, DOUBTFUL_SHEET = "cutouts.csv", "cutouts.jpg", "doubtful.jpg"
_DOUBTFUL, _PHOTOS = "doubtful", "photos"

_OPTION = "OUT"
_NUMBERED = re.compile(r"(.+)\.([0-9]+)")


class CutoutFolder:
    """The paths in a folder of cut-outs.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / CUTOUT_NOTES
        self.table, self.sheet, self.doubtful_sheet = (self.notes / name for name in (TABLE, SHEET, DOUBTFUL_SHEET))

    @classmethod
    def of(cls, out: Path, label: str | None) -> CutoutFolder:
        """Return the folder in which cut-outs of a class go, or those without one."""
        return cls(out / label if label else out)

    def file(self, photo: str, number: int, reason: str = "") -> Path:
        """Return where an object of a photograph goes, of its name without suffix; the first has number 1."""
        name = photo if number == 1 else f"{photo}.{number}"
        suffix = ".jpg" if reason == NOBODY else ".png"
        return (self.notes / _DOUBTFUL / reason if reason else self.folder) / f"{name}{suffix}"

    def record(self, photo: str) -> Path:
        """Return where it is noted what was cut out of a photograph."""
        return self.notes / _PHOTOS / f"{photo}.json"

    def records(self) -> list[Path]:
        """Return the records that are there, in no particular order."""
        return list((self.notes / _PHOTOS).glob("*.json"))

    def files_of(self, files: InputFiles) -> list[Path]:
        """Return what may be written of a photograph: the first cut-out, what is there of others, the record last."""
        return [self.file(files.name, 1), *self._there.get(files.name, ()), self.record(files.name)]

    @cached_property
    def _there(self) -> dict[str, list[Path]]:
        """The pictures that were there when this was first asked, by the photographs whose objects they may be."""
        found: dict[str, list[Path]] = {}
        for reason in ("", *REASONS):
            home = self.file("photo", 1, reason)
            for path in home.parent.glob(f"*{home.suffix}"):
                numbered = _NUMBERED.fullmatch(path.stem)
                for name in (path.stem, *((numbered[1],) if numbered else ())):
                    found.setdefault(name, []).append(path)
        return found


def require_cutouts(photos: Path, background: Path | None, out: Path, label: str | None) -> None:
    """Check the photographs and the place of their cut-outs, before a network is loaded.

    Args:
        photos: A photograph, or a folder of them.
        background: Picture of the empty scene, or a folder of them; None for none.
        out: Folder of the cut-outs.
        label: Name of what is cut out; None for none.

    Raises:
        Problem: There are no photographs, a file of another's would be written over, or two would have one name.
    """
    if label is not None:
        require_label(label)
    if is_video(photos):
        raise Problem(f"PHOTOS {photos}: is a video: give a photograph, or a folder of them", exit_code=2)
    inputs = require_inputs(photos, background, "PHOTOS")
    _require_names_apart(inputs)
    place = CutoutFolder.of(out, label)
    require_apart(place.folder, _OPTION, ("PHOTOS", photos), ("--background", background), nested=False)
    require_folder(place.folder, _OPTION)
    require_folder_name(out, "cut-outs go into a folder: give the name of one", _OPTION)
    require_folder(place.notes, _OPTION, RESULTS)
    for path in (path for files in inputs for path in place.files_of(files)):
        require_own_file(path, CUTOUT, _OPTION)
    for path in (place.table, place.sheet, place.doubtful_sheet):
        require_own_file(path, CUTOUT, _OPTION)


def require_label(label: str) -> None:
    """Raise Problem where a label can't be the name of a folder of its own class."""
    if label.strip() != label or not label.isprintable() or re.search(r'[/\\:*?"<>|]', label) or label[:1] in "._":
        line = f"--label {printable(label)}: names a folder: give letters, digits, spaces, - and _ within"
        raise Problem(line, exit_code=2)


def _require_names_apart(inputs: Sequence[InputFiles]) -> None:
    """Raise Problem where the second object of one photograph would have the name of the first of another."""
    by_name = {files.name: files.picture for files in inputs}
    for name, picture in by_name.items():
        found = _NUMBERED.fullmatch(name)
        if found and found[1] in by_name and found[2] != "1":
            other = by_name[found[1]].name
            raise Problem(f"{picture}: may have the name of another object of {other}: rename one", exit_code=2)
