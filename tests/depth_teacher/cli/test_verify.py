"""What `bgfg verify` prints as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from click.testing import CliRunner

from bgfg.depth_teacher.cli.verify import verify


def test_a_whole_corpus_has_no_problems(labelled: Path) -> None:
    done = CliRunner().invoke(verify, [str(labelled), "--json", "--recompose", "--workers", "1"])
    found = json.loads(done.stdout)
    assert (done.exit_code, found["path"], found["problems"], found["strangers"]) == (0, str(labelled), [], [])
    assert found["depth"] is None
    assert not any(found["unfinished"].values())


def test_damage_is_listed_and_the_exit_code_is_1(labelled: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(labelled, corpus)
    (corpus / "holiday.png").write_bytes(b"a picture")
    shard = max((corpus / "data.zarr/image/c").rglob("*"), key=lambda path: path.is_file())
    shard.write_bytes(bytes(shard.stat().st_size))
    done = CliRunner().invoke(verify, [str(corpus), "--json", "--workers", "1"])
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert found["problems"]
    assert all(str(shard) in line for line in found["problems"])
    assert found["strangers"] == ["holiday.png"]
