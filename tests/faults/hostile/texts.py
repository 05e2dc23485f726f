"""Readers of what is typed: options, selections, filters, queries, names; and of what a reading process sends."""

from __future__ import annotations

import io
from collections.abc import Callable
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
from bgfg.depth_teacher.ops.array_frames import BrokenFrame, read_frame, write_frame
from bgfg.synth.export.runner import export_request
from bgfg.train.cli.inference_options import HexColour
from bgfg.train.cli.training_options import Betas, FloatOrNone, Sides
from tests.faults.hostile.corpora import CORPORA
from tests.faults.hostile.readers import Reader, Target

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
        select_samples(corpus, records.manifest.geometry, selection)

    return [
        *(_text(text, text, query(table), Filter.parse) for table, texts in _TABLES.items() for text in texts),
        _text("select", "visible_px>=1", select),
        _text("samples", "0:5", lambda text: export_request("folder", samples=text)),
        _text("columns", "sample,split", lambda text: TableQuery.parse("samples", [], [], text, False)),
    ]


def _names(folder: Path) -> list[Target]:
    records = CorpusRecords.open(folder / "crowded/corpus")
    return [_text(name, name, lambda text: look_up(records, text), parse_name) for name in _NAMES]


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
    Reader("sql", CORPORA, _queries),
    Reader("frames", CORPORA, _frames),
]
