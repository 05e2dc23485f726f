"""The peers of the export benchmark write what they say: every sample, in the library's own form."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.export import remove_output
from benchmarks.export_peers import PEERS, PeerJob
from bgfg.synth.export.forms.registry import EXPORT_FORMATS


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", PEERS)
def test_every_peer_writes_its_samples(labelled: Path, tmp_path: Path, name: str) -> None:
    peer = PEERS[name]
    if peer.library is not None:
        pytest.importorskip(peer.library, reason="the peer is that library")
    for bits in (8, 16):
        folder = tmp_path / str(bits)
        folder.mkdir()
        peer.write(PeerJob(labelled, 4, 20, folder, bits))
        files = [path for path in folder.iterdir() if path.is_file()]
        assert files
        if peer.export_format == "folder":
            assert len(files) == 3 * 16


def test_every_way_out_has_a_peer() -> None:
    assert {peer.export_format for peer in PEERS.values()} == set(EXPORT_FORMATS)


def test_many_files_are_moved_and_few_removed(tmp_path: Path) -> None:
    for name, count in (("few", 3), ("many", 1_000)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / str(number)).touch()
        remove_output(tmp_path / name)
    assert [len(list(path.iterdir())) for path in tmp_path.iterdir()] == [1_000]
