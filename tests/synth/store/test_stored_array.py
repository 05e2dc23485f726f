"""What decides how the bytes of an array are read is held to the manifest, whatever its metadata say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from tests.support.doors import damaged, refusal


def changed(content: dict[str, Any], *path: Any, to: Any) -> str:
    inner: Any = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return json.dumps(content)


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("fill_value",), 1, "other fill_value"),
        (("codecs", 0, "configuration", "index_location"), "start", "other codecs"),
        (("codecs", 0, "configuration", "codecs", 0, "configuration", "order"), [0, 1, 2, 3], "other codecs"),
        (("shape",), [48, 13, 17, 4], "other shape"),
        (("shape",), 5, "can't be read"),
        (("codecs",), [], "can't be read"),
        (("node_type",), "group", "can't be read"),
        (("zarr_format",), {}, ""),
    ],
)
def test_metadata_that_would_give_other_pixels_are_refused(
    composed: Path, copy_of: Callable[[Path], Path], path: tuple[Any, ...], to: Any, said: str
) -> None:
    corpus = copy_of(composed)
    metadata = corpus / "data.zarr/image/zarr.json"
    metadata.write_text(changed(json.loads(metadata.read_text()), *path, to=to))
    with pytest.raises(Problem, match=f"image/zarr.json: .*{said}.*: `bgfg compose .*` writes it again"):
        Corpus(corpus)


def test_a_key_that_zarr_does_not_know_is_told_before_anything_is_read(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(composed)
    metadata = corpus / "data.zarr/zarr.json"
    metadata.write_text(changed(json.loads(metadata.read_text()), "remark", to=3))
    with pytest.raises(Problem, match=r"data.zarr/zarr.json: can't be read .*: `bgfg compose .*` writes it again"):
        Corpus(corpus)


@pytest.mark.parametrize("name", ["zarr.json", "image/zarr.json"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_metadata_are_read_or_refused_in_one_line(
    composed: Path, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    whole = (composed / "data.zarr" / name).read_bytes()
    arrays = [path.relative_to(composed) for path in (composed / "data.zarr").glob("*/*")]
    for link in (Path("manifest"), Path("done"), Path("data.zarr/zarr.json"), *arrays):
        (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / link).unlink(missing_ok=True)
        (tmp_path / link).symlink_to(composed / link)
    (tmp_path / "data.zarr" / name).unlink()
    (tmp_path / "data.zarr" / name).write_bytes(data.draw(damaged(whole)))
    line = refusal(lambda: Corpus(tmp_path).read("image", 0))
    assert line == "" or line.startswith(f"{tmp_path}/data.zarr")
