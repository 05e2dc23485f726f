"""The commands that are hurt: a tiny corpus, and what each is begun from."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.faults.server import TORCH
from tests.support import references
from tests.support.videos import walk, write_video

CLUSTER, STORE = "CLUSTER", "STORE"
SIDE_PX, CUTOUT_PX = 32, 14
_PLAN = f"plan corpus --bg bg --fg fg --bg-depth depth --size {SIDE_PX} --cutout-height {CUTOUT_PX} --workers 1"
_TRAIN = "train corpus run --model tiny --size 16 --steps 6 --batch 8 --validate-every 3 --validation-samples 4"


@dataclass(frozen=True)
class Command:
    """A command that is hurt in rounds.

    Attributes:
        name: What the rounds call it.
        line: What follows `bgfg`; CLUSTER stands for the address of a Dask cluster, STORE for a URL.
        begun_from: The commands by which the folder was made in which it begins.
        modules: What the server imports first.
        stored: Folders that lie in the object store, for which STORE stands in the line.
    """

    name: str
    line: str
    begun_from: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()

    @property
    def on_cluster(self) -> bool:
        """Whether workers of a cluster do the work."""
        return CLUSTER in self.words

    @property
    def on_store(self) -> bool:
        """Whether it works on an object store."""
        return STORE in self.line

    @property
    def words(self) -> Sequence[str]:
        """What follows `bgfg`, word by word."""
        return shlex.split(self.line)


_DASK = f"--backend dask --address {CLUSTER}"
_SMALL, _WALK = "--threads 1 --size 32", "walk.mp4 --background pairs/empty/1.png"
_PLANNED = (f"{_PLAN} --placements 4 --split 34/33/33",)
_COMPOSED = (*_PLANNED, "compose corpus --workers 1")
_LABELLED = (*_COMPOSED, "label corpus --teacher layered --workers 1")
_EXPORTED = (*_LABELLED, "export corpus out --as folder --workers 1")
_VARIED = (
    f"{_PLANNED[0]} --scale 0.5..1.5 --rotate 15 --truncate 25 --distractors 0..2 --shadow --colour-match --blend all",
)
_OTHER = (f"{_PLAN} --placements 2 --split 34/33/33", "compose corpus --workers 1")
_MORE = "--bg more/bg --fg more/fg --bg-depth more/depth --size 16 --cutout-height 8"
_LARGER = (f"plan corpus {_MORE} --placements 2 --split 67/33/0 --workers 1", *_LABELLED[1:])
_EXTEND = "plan corpus --extend --bg added/bg --fg added/fg --bg-depth added/depth --workers 1"
_EXTENDING = (*_LABELLED, _EXTEND)
_TRAINED = (*_LARGER, f"{_TRAIN} --device cpu --threads 1")

_ALL = (
    Command("plan", *_PLANNED),
    Command("plan-replace", f"{_PLANNED[0]} --replace", _OTHER),
    Command("plan-varied", *_VARIED),
    Command("compose-varied", "compose corpus --workers 1", _VARIED),
    Command("compose", "compose corpus --workers 1", _PLANNED),
    Command("compose-2", "compose corpus --workers 2", _PLANNED),
    Command("compose-dask", f"compose corpus {_DASK}", _PLANNED, ("distributed",)),
    Command("label-dask", f"label corpus --teacher layered {_DASK}", _COMPOSED, ("distributed",)),
    Command("label", "label corpus --teacher layered --workers 1", _COMPOSED),
    Command("label-replace", "label corpus --teacher in_front --replace --workers 1", _LABELLED),
    Command("extend", _EXTEND, _LABELLED),
    Command("extend-replace", f"{_EXTEND} --replace", (*_LABELLED, f"{_EXTEND.replace('--fg added/fg', '')}")),
    Command("extend-undo", "plan corpus --extend --undo", (*_EXTENDING, "compose corpus --workers 1")),
    Command("extend-compose", "compose corpus --workers 1", _EXTENDING),
    Command("extend-label", "label corpus --teacher layered --workers 1", (*_EXTENDING, "compose corpus --workers 1")),
    *(
        Command(f"export-{form}", f"export corpus out --as {form} --workers 1", _LABELLED)
        for form in ("folder", "zips", "webdataset", "mds", "coco", "yolo", "hdf5", "parquet")
    ),
    Command("export-2", "export corpus out --as webdataset --workers 2", _LABELLED),
    Command("import", "import out imported --workers 1", _EXPORTED),
    Command("import-2", "import out imported --workers 2", _EXPORTED),
    Command("import-dask", f"import out imported {_DASK}", _EXPORTED, ("distributed",)),
    Command("fix-names", "audit named --fix-names out --apply --workers 1"),
    Command("kit", f"kit kit --backgrounds 2 --cutouts 1 --size {SIDE_PX} --workers 1"),
    Command("depth", "depth bg out --device cpu --input-size 32"),
    Command("predict", f"predict two_stream pairs/with --background pairs/empty {_SMALL} --out out"),
    Command(
        "replace", f"replace two_stream walk.mp4 --background pairs/empty/1.png --color #0a4678 {_SMALL} --out out"
    ),
    Command("cutout", f"cutout pairs/with out --model two_stream --background pairs/empty --accept border {_SMALL}"),
    Command("predict-video", f"predict two_stream walk.mp4 --background pairs/empty/1.png {_SMALL} --out out"),
    Command("preview", "preview corpus sheet.png", _LABELLED),
    Command("card", "card corpus --licence CC0-1.0", _LABELLED),
    Command("card-label", "label corpus --teacher layered --workers 1", (*_COMPOSED, "card corpus")),
    Command("report", "report corpus page.html --workers 1", _LABELLED),
    # Its runtime, 40 MB that npm fetches, is there already: what is written are the page's own files and the network.
    Command("web", "web page --network two_stream", ("web page --network two_stream --size 96",)),
    Command("train", _TRAINED[-1], _LARGER, TORCH),
    Command("plan-s3", _PLANNED[0].replace("corpus", "STORE/corpus")),
    *(
        Command(f"compose-s3{two}", f"compose STORE/corpus --workers {two[1:] or 1}", _PLANNED, stored=("corpus",))
        for two in ("", "-2")
    ),
    Command("compose-s3-slice", "compose STORE/corpus --workers 1 --shards 1/2", _PLANNED, stored=("corpus",)),
    Command("label-s3", "label STORE/corpus --teacher layered --workers 1", _COMPOSED, stored=("corpus",)),
    Command("label-s3-replace", "label STORE/corpus --teacher in_front --replace", _LABELLED, stored=("corpus",)),
    *(
        Command(f"export-s3-{form}", f"export corpus STORE/out --as {form} --workers 1", _LABELLED)
        for form in ("zips", "webdataset", "coco")
    ),
    Command("export-s3-both", "export STORE/corpus STORE/out --as yolo --workers 1", _LABELLED, stored=("corpus",)),
    Command("import-s3", "import out STORE/imported --workers 1", _EXPORTED),
    Command("kit-s3", f"kit STORE/kit --backgrounds 1 --cutouts 1 --size {SIDE_PX} --workers 1"),
    Command(
        "predict-s3",
        f"predict two_stream STORE/pairs/with --background STORE/pairs/empty {_SMALL} --out STORE/out",
        stored=("pairs",),
    ),
    Command(
        "cutout-s3",
        f"cutout pairs/with STORE/out --model two_stream --background pairs/empty --accept border {_SMALL}",
    ),
    Command("preview-s3", "preview corpus STORE/out/sheet.png", _LABELLED),
    Command("train-s3", f"{_TRAIN.replace('corpus run', 'corpus STORE/run')} --device cpu --threads 1", _LARGER, TORCH),
    Command("onnx-s3", "onnx STORE/run STORE/model.onnx", _TRAINED, TORCH, stored=("run",)),
    Command("onnx", "onnx run model.onnx", _TRAINED, TORCH),
)
COMMANDS = {command.name: command for command in _ALL}


def make_sources(folder: Path) -> None:
    """Write backgrounds, their depth, cut-outs, pairs of pictures for `predict`, and names that `--fix-names` mends."""
    _write_kinds(folder, SIDE_PX, CUTOUT_PX, 3, 2)
    _write_kinds(folder / "more", 16, 8, 6, 3)
    _write_kinds(folder / "added", SIDE_PX, CUTOUT_PX, 2, 1, first=20)
    for n in range(1, 3):
        for kind, name in (("bg", f"room{n}.png"), ("fg", f"person{n}.png")):
            (folder / "named" / kind).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / kind / name, folder / f"named/{kind}/{kind}{n}.png")
        empty = cv2.resize(references.picture(SIDE_PX, SIDE_PX, n), (64, 64))
        _write(folder / f"pairs/empty/{n}.png", empty)
        _write(folder / f"pairs/with/{n}.png", cv2.rectangle(empty.copy(), (20, 16), (40, 63), (9, 200, 90), -1))
    write_video(folder / "walk.mp4", walk(4, 64, 64))


def _write_kinds(folder: Path, side_px: int, cutout_px: int, backgrounds: int, cutouts: int, first: int = 0) -> None:
    for b in range(first, first + backgrounds):
        depth_mm = 1_000 + 400 * b + 37 * np.add.outer(np.arange(side_px) * 3, np.arange(side_px))
        _write(folder / f"bg/room{b + 1}.png", references.picture(side_px, side_px, b))
        _write(folder / f"depth/room{b + 1}.png", depth_mm.astype(np.uint16))
    for c in range(first, first + cutouts):
        _write(folder / f"fg/person{c + 1}.png", references.cutout(cutout_px, 6 + 2 * (c - first), c))


def _write(path: Path, pixels: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)
