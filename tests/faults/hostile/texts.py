"""Readers of what is typed: options, selections, filters, queries, names; and of what a reading process sends."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import numpy as np

from bgfg.data_manifests.corpus.lookup import look_up
from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.corpus.records import CorpusRecords, TableQuery
from bgfg.data_manifests.corpus.selection import Filter, parse_range, select_samples
from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.corpus.sql import run_query
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.cli_types import DepthUnit, ImageSize, NameValue
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.rgbd_layouts import find_pairs
from bgfg.depth_teacher.ops.array_frames import BrokenFrame, read_frame, write_frame
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.verify.audit_pictures import audit_folder
from bgfg.train.cli.inference_options import HexColour
from bgfg.train.cli.training_options import Betas, FloatOrNone, Sides
from bgfg.train.folders.discovery import recognise_layout
from tests.faults.hostile.corpora import CORPORA
from tests.faults.hostile.readers import Reader, Target
from tests.support.executors import IN_PROCESS

_TABLES = {
    "samples": ("visible_px>=500", "cutout=0,1", "split=train,val", "flipped=true", "background!=3"),
    "assets": ("kind=cutout", "group=1", "width_px<40"),
}
_QUERIES = (
    "SELECT split, count(*) AS n FROM samples GROUP BY split ORDER BY n DESC LIMIT 10",
    "SELECT a.name, s.visible_px FROM samples s JOIN assets a ON a.id = s.background WHERE visible_px > 10.5e0",
    "SELECT [1, 2], {'a': 3}, 'text' || name, CAST('2' AS INTEGER) FROM assets",
)
_NAMES = ("bg001_fg002_01_003.jpeg", "bg002", "fg003_01", "folder/bg001_fg001_001_mask.png", "17")


_FOLDERS = {
    "six kinds": "bg/bg001.jpeg bg/bg002.jpeg fg/fg001_01.png fg_mask/fg001_01.png bg_fg/bg001_fg001_001.jpeg "
    "bg_fg/bg002_fg001_01_010.jpeg bg_fg_mask/bg001_fg001_001.jpeg bg_fg_depth/bg001_fg001_001.jpeg",
    "pairs": "images/1.jpg images/2.jpg images/10.jpg masks/1.png masks/2_mask.png masks/frame_0010.png",
    "flat": "a_0_0.jpg a_0_1.jpg a_1_0.jpg a_0_0_mask.png a_0_1_mask.png IMG_0007 (copy).JPG trimap/7.png",
    "depth": "rgb/0001.png rgb/0002.png depth/0001.png depth/0002.png scene_01/rgb_00001.jpg",
}


def _text(name: str, text: str, *reads: Callable[[str], object]) -> Target:
    def with_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
        # As an argument of a command has it: no zeros, and bytes that are no UTF-8 escaped.
        return lambda damaged: read(damaged.replace(b"\0", b"").decode("utf-8", "surrogateescape"))

    return Target(name, text.encode(), [with_text(read) for read in reads])


def _option(name: str, text: str, kind: click.ParamType) -> Target:
    def convert(given: str) -> None:
        try:
            kind.convert(given, None, None)
        except click.BadParameter as error:
            raise Problem(f"{name}: {error.message}", exit_code=2) from error

    return _text(name, text, convert)


def _options(_: Path) -> list[Target]:
    return [
        _option("size", "320x240", ImageSize()),
        _option("unit", "1/5000", DepthUnit()),
        _option("colour", "#0a4678", HexColour()),
        _option("name-value", 'widths=[16, {"a": 0.5}]', NameValue()),
        _option("float", "0.5", FloatOrNone()),
        _option("sides", "128,160,192", Sides()),
        _option("betas", "0.9,0.999", Betas()),
        _text("shares", "80/10/10", parse_shares),
        _text("range", "0:20000", parse_range),
        _text("cutouts", "1..3", lambda text: CutoutsPerSample.parse(text, 50)),
    ]


def _selections(folder: Path) -> list[Target]:
    corpus = folder / "crowded/corpus"
    records = CorpusRecords.open(corpus)

    def query(table: str) -> Callable[[str], object]:
        return lambda text: list(TableQuery.parse(table, [text], [], None, False).rows(records))

    def select(text: str) -> None:
        selection = export_request("folder", where=[text]).selection
        select_samples(corpus, records.samples_path, records.manifest.geometry, selection)

    return [
        *(_text(text, text, query(table), Filter.parse) for table, texts in _TABLES.items() for text in texts),
        _text("select", "visible_px>=1", select),
        _text("samples", "0:5", lambda text: export_request("folder", samples=text)),
        _text("columns", "sample,split", lambda text: TableQuery.parse("samples", [], [], text, False)),
    ]


def _names(folder: Path) -> list[Target]:
    records = CorpusRecords.open(folder / "crowded/corpus")
    return [_text(name, name, lambda text: look_up(records, text), parse_name) for name in _NAMES]


def _file_names(folder: Path) -> list[Target]:
    """Folders whose files have names of all kinds, empty files each."""

    def in_folder(read: Callable[[Path], object]) -> Callable[[bytes], object]:
        def with_names(damaged: bytes) -> object:
            with tempfile.TemporaryDirectory(dir=folder) as root:
                for name in damaged.replace(b"\0", b"").split(b" ")[:50]:
                    parts = [part[:200] for part in name.split(b"/")[:20] if part.strip(b".")]
                    path = Path(os.fsdecode(os.path.join(os.fsencode(root), *parts)))
                    with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.touch()
                return read(Path(root))

        return with_names

    def audit(root: Path) -> None:
        list(audit_folder(root, IN_PROCESS, full=False))

    reads = [in_folder(read) for read in (audit, recognise_layout, partial(find_pairs, skip_bad=True))]
    return [Target(name, names.encode(), reads) for name, names in _FOLDERS.items()]


def _queries(folder: Path) -> list[Target]:
    def query(text: str) -> None:
        with run_query(folder / "crowded/corpus", text) as found:
            for _, _ in zip(found.rows, range(10), strict=False):
                pass

    return [_text(str(n), text, query) for n, text in enumerate(_QUERIES)]


def _frames(_: Path) -> list[Target]:
    sink = io.BytesIO()
    write_frame(sink, {"values": np.eye(4, dtype=np.float32), "count": 3, "about": {"a": [1, None]}})

    def read(content: bytes) -> None:
        try:
            read_frame(io.BytesIO(content), 2**30)
        except BrokenFrame as error:  # which the reader of the pipe turns into a Problem
            raise Problem(f"frame: {error}") from error

    return [Target("frame", sink.getvalue(), [read])]


READERS = [
    Reader("options", CORPORA, _options),
    Reader("selections", CORPORA, _selections),
    Reader("names", CORPORA, _names),
    Reader("file-names", CORPORA, _file_names),
    Reader("sql", CORPORA, _queries),
    Reader("frames", CORPORA, _frames),
]
