"""What an audit of a corpus finds leads to the pictures that it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.findings import Finding
from bgfg.synth.overview.finding_pictures import FindingPictures, pictures_of_findings
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from tests.support.crowd_corpus import crowd_options, crowd_sources
from tests.support.executors import IN_PROCESS


def found(path: Path, check: str, full: bool = False) -> FindingPictures:
    findings = audit_path(path, IN_PROCESS, full).findings
    (about,) = pictures_of_findings(Corpus(path), [each for each in findings if each.check == check])
    return about


def test_missing_shards_are_their_samples(extended: Path, copy_of: Callable[[Path], Path]) -> None:
    path = copy_of(extended)
    corpus = Corpus(path)
    for shard in (1, 2, len(corpus.shards) - 1):
        corpus.mark_path("image", shard).unlink()
    first, _, last = (corpus.samples_of(shard) for shard in (1, 2, len(corpus.shards) - 1))
    assert found(path, "missing-image").samples == (range(first.start, corpus.samples_of(2).stop), last)


def test_a_damaged_block_is_its_samples(extended: Path, copy_of: Callable[[Path], Path]) -> None:
    path = copy_of(extended)
    corpus = Corpus(path)
    shard = len(corpus.shards) - 1  # of a further part
    file = corpus.chunk_path("mask", shard)
    data = bytearray(file.read_bytes())
    data[9] ^= 1
    file.write_bytes(data)
    K = corpus.geometry.placements
    findings = [each for each in audit_path(path, IN_PROCESS, True).findings if each.check == "stored"]
    stretches = [about.samples for about in pictures_of_findings(corpus, findings)]
    of_shard = corpus.samples_of(shard)
    block = range(of_shard.start, of_shard.start + K)
    assert (block,) in stretches
    assert all(stretch in ((block,), (of_shard,)) for stretch in stretches)


def test_near_duplicates_are_all_of_their_group(tmp_path: Path) -> None:
    from bgfg.synth.plan.plan import plan_corpus

    plan_corpus(tmp_path / "corpus", crowd_options(crowd_sources(tmp_path), None), False, 1)
    about = found(tmp_path / "corpus", "duplicate")
    assert (about.cutouts, about.backgrounds, about.samples) == ((0, 2), (), ())


@pytest.mark.parametrize(
    ("check", "path", "message", "samples", "backgrounds", "cutouts"),
    [
        ("flip", "data.zarr/cutout, picture 3", "", (), (), (2, 3)),
        ("stored", "data.zarr/background/c/2/0/0/0", "", (), (2,), ()),
        ("stored", "data.zarr/cutout/c/1/0/0/0", "", (), (), (1,)),
        ("stored", "data.zarr/image/c/0/0/0/0", "samples 3 to 5 aren't what the manifest says", (range(3, 6),), (), ()),
        ("stored", "data.zarr/image/c/99/0/0/0", "", (), (), ()),
        ("stored", "data.zarr/cutout/c/99/0/0/0", "", (), (), ()),
        ("stored", "parts/7/data.zarr/image/c/0/0/0/0", "", (), (), ()),
        ("stored", "data.zarr/nothing/c/0/0", "", (), (), ()),
        ("manifest", "manifest/samples.parquet", "changed", (), (), ()),
        ("class-thin", "foreground", "", (), (), (0, 2)),
    ],
)
def test_paths_and_messages_say_which(
    labelled: Path,
    check: str,
    path: str,
    message: str,
    samples: tuple[range, ...],
    backgrounds: tuple[int, ...],
    cutouts: tuple[int, ...],
) -> None:
    finding = Finding("error", check, path, message)
    (about,) = pictures_of_findings(Corpus(labelled), [finding])
    assert about == FindingPictures(finding, samples, backgrounds, cutouts)
