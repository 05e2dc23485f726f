"""Every function of the public face refuses what is no value of an argument, before any work, by its name."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bgfg
from bgfg.data_manifests.terminal.errors import Problem

# Calls that get as far as their arguments: no path of these is there.
_PATHS: dict[str, tuple[str, ...]] = {
    "plan": ("none", "none", "none"),
    "extend": ("none", "none"),
    "compose": ("none",),
    "label": ("none",),
    "import_corpus": ("none", "none"),
    "audit": ("none",),
    "card": ("none",),
    "report": ("none", "none.html"),
    "export": ("none", "none", "folder"),
    "cutout": ("none", "none"),
    "load_model": ("none",),
    "open_corpus": ("none",),
}
_WITHOUT_WORKERS = {"card", "cutout", "load_model", "open_corpus"}


def _refused(function: Callable[..., Any], *args: Any, **given: Any) -> str:
    with pytest.raises(Problem) as caught:
        function(*args, **given)
    assert caught.value.exit_code == 2
    return "\n".join(caught.value.lines)


@pytest.mark.parametrize("name", _PATHS)
@pytest.mark.parametrize("value", [3, "", None, {}, True])
def test_what_is_no_path_is_refused(name: str, value: object) -> None:
    assert f"={value!r}: give a path" in _refused(getattr(bgfg, name), value, *_PATHS[name][1:])


def test_a_report_on_nothing_is_refused(tmp_path: Path) -> None:
    assert _refused(bgfg.report, [], tmp_path / "page.html") == "sources: there is none: give a corpus, or runs"


@pytest.mark.parametrize("name", sorted(_PATHS.keys() - _WITHOUT_WORKERS))
@pytest.mark.parametrize("value", [0, -3, 1025, "2", 1.5, True])
def test_no_number_of_workers_is_refused(name: str, value: object) -> None:
    said = _refused(getattr(bgfg, name), *_PATHS[name], workers=value)
    assert said == f"workers={value!r}: give a whole number from 1 to 1024, or None"


@pytest.mark.parametrize(
    ("name", "given", "line"),
    [
        ("label", {"batch": 0}, "batch=0: give a whole number from 1 to 1048576, or None"),
        ("label", {"batch": "x"}, "batch='x': give a whole number"),
        ("label", {"resize": "x"}, "resize='x': give one of 'align_corners', 'half_pixel', or None"),
        ("label", {"replace": "no"}, "replace='no': give True or False"),
        ("label", {"licence": "a\nb"}, r"licence='a\nb': give printable text, or None"),
        ("label", {"onnx": "x"}, "onnx='x': give a mapping, or None"),
        ("label", {"input_px": 32}, "input_px=32: give a pair of whole numbers, or None"),
        ("compose", {"backend": "slurm"}, "backend='slurm': give one of 'loky', 'threading', 'dask', 'ray'"),
        ("plan", {"placements": "3"}, "placements='3': give a whole number"),
        ("plan", {"size_px": "foo"}, "size_px='foo': give a whole number or a pair of whole numbers"),
        ("plan", {"fov_deg": math.nan}, "fov_deg=nan: give a number, or None"),
        ("plan", {"scale": (1, 2, 3)}, "scale=(1, 2, 3): give a number or a pair of numbers or text"),
        ("plan", {"scale": (0.5, 9)}, "--scale 0.5..9: give a factor or a range"),
        ("plan", {"seed": "x", "split": 80}, "seed='x': give a whole number\nsplit=80: give text"),
        ("extend", {"undo": 1}, "undo=1: give True or False"),
        ("import_corpus", {"coco": "a.json"}, "coco='a.json': give a list of texts"),
        ("export", {"samples": 5}, "samples=5: give a pair of whole numbers or text, or None"),
        ("export", {"quality": 0}, "quality=0: give a whole number from 1 to 100"),
        ("report", {"samples": 0}, "samples=0: give a whole number from 1 to 100"),
        ("card", {"licence": ""}, "licence='': give printable text"),
        ("cutout", {"accept": "small"}, "accept='small': give a list of texts"),
        ("cutout", {"size_px": 8}, "size_px=8: give a whole number from 16 to 16384"),
        ("load_model", {"threads": 0}, "threads=0: give a whole number from 1 to 1024"),
        ("open_corpus", {"cache": "x"}, "cache='x': give a ChunkCache, or None"),
        ("ChunkCache", {"folder": "none", "limit_bytes": 1e9}, "limit_bytes=1000000000.0: give a whole number from"),
        ("Corpus", {"path": 3}, "path=3: give a path"),
        ("Predictor", {"model": "two_stream"}, "model='two_stream': give what `bgfg.load_model` returns"),
    ],
)
def test_what_is_no_value_of_an_argument_is_refused_by_its_name(name: str, given: dict[str, Any], line: str) -> None:
    said = _refused(getattr(bgfg, name), *_PATHS.get(name, ()), **given)
    assert said.startswith(line)
    assert not Path("none").exists()


def test_a_stream_refuses_what_is_no_value() -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    assert _refused(bgfg.Stream, "none", batch="x") == "batch='x': give a whole number"
    assert _refused(bgfg.Stream, "none", threads=0).startswith("threads=0: give a whole number from 1 to 1024")
    assert _refused(bgfg.Stream, "none", samples="0:5").startswith("samples='0:5': give a ")


def test_ranges_are_pairs_or_text_and_numbers_may_be_those_of_numpy(tmp_path: Path, sources: Path) -> None:
    small: dict[str, Any] = {"size_px": [13, 17], "cutout_height_px": np.int64(7), "placements": 2, "workers": 1}
    ranges: dict[str, Any] = {"scale": (0.5, 1.5), "distractors": (0, 2), "cutouts_per_sample": (1, 2)}
    planned = bgfg.plan(tmp_path / "c", sources / "bg", sources / "fg", **small, **ranges)
    texts: dict[str, Any] = {name: "..".join(map(str, pair)) for name, pair in ranges.items()}
    again = bgfg.plan(tmp_path / "c", sources / "bg", sources / "fg", **small, **texts)
    assert again.manifest.digest == planned.manifest.digest
