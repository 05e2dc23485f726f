"""Each file is read once, and what was taken of it is what counts: while an import runs, and when it goes on."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.imports.source_files import SourceFiles
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.importing import import_corpus as module
from bgfg.synth.importing import import_plan
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.import_shard import import_shard
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.killed import tree

N, H, W = 40, 18, 23  # three shards of 16


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(import_plan, "_SHARD_BYTES", 1)
    for kind in ("images", "masks"):
        (tmp_path / "set" / kind).mkdir(parents=True)
    for number in range(N):
        write_sample(tmp_path / "set", number, seed=number)
    return tmp_path / "set"


def write_sample(root: Path, number: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    cv2.imwrite(str(root / f"images/{number:02}.jpg"), rng.integers(0, 256, (H, W, 3), np.uint8))
    cv2.imwrite(str(root / f"masks/{number:02}.png"), rng.integers(0, 256, (H, W), np.uint8))


def content(path: Path) -> dict[str, str]:
    return {name: data for name, data in tree(path).items() if not name.startswith(".lock")}


def begin(folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import the first shard alone."""

    def first_shard(corpus: Path, root: Path, digest: str, run: str, shard: int) -> None:
        if shard:
            raise Problem("stopped")
        import_shard(corpus, root, digest, run, shard)

    with monkeypatch.context() as patch:
        patch.setattr(module, "import_shard", first_shard)
        with pytest.raises(Problem, match="stopped"):
            import_corpus(folder, path, ImportOptions(), IN_PROCESS)
    assert [int(mark.stem) for mark in (path / "done/image").iterdir()] == [0]


def test_each_file_is_read_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times: Counter[str] = Counter()
    read = SourceFiles.read

    def counted(self: SourceFiles, path: str, first_bytes: int | None = None) -> Any:
        times[path] += first_bytes is None
        return read(self, path, first_bytes)

    monkeypatch.setattr(SourceFiles, "read", counted)
    import_corpus(folder, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert set(times.values()) == {1}
    assert len(times) == 2 * N


def test_one_that_goes_on_is_the_same_and_holds_what_is_there_to_its_files(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_corpus(folder, tmp_path / "whole", ImportOptions(), IN_PROCESS)
    path = tmp_path / "corpus"
    begin(folder, path, monkeypatch)
    taken = (folder / "masks/03.png").read_bytes()
    write_sample(folder, 3, seed=100)
    with pytest.raises(Problem, match="holds another corpus, or the beginning of one"):
        import_corpus(folder, path, ImportOptions(), IN_PROCESS)
    write_sample(folder, 3, seed=3)
    assert (folder / "masks/03.png").read_bytes() == taken
    os.utime(folder / "images/05.jpg", (1, 1))
    import_corpus(folder, path, ImportOptions(), IN_PROCESS)
    assert content(path) == content(tmp_path / "whole")
    assert import_corpus(folder, path, ImportOptions(), IN_PROCESS).unchanged
    write_sample(folder, 39, seed=100)
    with pytest.raises(Problem, match="holds another corpus"):
        import_corpus(folder, path, ImportOptions(), IN_PROCESS)


def test_what_isnt_taken_yet_may_change_and_with_replace_all_may(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "corpus"
    begin(folder, path, monkeypatch)
    write_sample(folder, 39, seed=100)
    import_corpus(folder, path, ImportOptions(), IN_PROCESS)
    import_corpus(folder, tmp_path / "whole", ImportOptions(), IN_PROCESS)
    assert content(path) == content(tmp_path / "whole")
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    write_sample(other, 3, seed=100)
    begin(folder, tmp_path / "again", monkeypatch)
    with pytest.raises(Problem, match="the beginning of one"):
        import_corpus(other, tmp_path / "again", ImportOptions(), IN_PROCESS)
    import_corpus(other, tmp_path / "again", ImportOptions(), IN_PROCESS, replace_other=True)
    import_corpus(other, tmp_path / "third", ImportOptions(), IN_PROCESS)
    assert content(tmp_path / "again") == content(tmp_path / "third")


def test_a_lost_note_of_a_shard_has_it_made_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_corpus(folder, tmp_path / "whole", ImportOptions(), IN_PROCESS)
    begin(folder, tmp_path / "corpus", monkeypatch)
    facts = tmp_path / "corpus/.import/facts/0.npz"
    facts.write_bytes(facts.read_bytes()[:100])
    import_corpus(folder, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert content(tmp_path / "corpus") == content(tmp_path / "whole")


def test_what_fails_only_in_decoding_is_named_or_left_out(folder: Path, tmp_path: Path) -> None:
    bad = folder / "masks/07.png"
    data = bytearray(bad.read_bytes())
    data[len(data) // 2] ^= 1
    bad.write_bytes(data)
    with pytest.raises(Problem, match=r"07\.png.*--skip-bad"):
        import_corpus(folder, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    done = import_corpus(folder, tmp_path / "corpus", ImportOptions(skip_bad=True), IN_PROCESS, replace_other=True)
    [(left_out, reason)] = done.manifest.left_out
    assert left_out == "images/07.jpg"
    assert "masks/07.png" in reason
    assert len(Corpus(tmp_path / "corpus")) == N - 1
