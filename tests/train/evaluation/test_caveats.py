"""What is said of the pictures: how new they are to the network."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.evaluation.caveats import describe_corpus, describe_network, training_overlap
from bgfg.train.stream.evaluation_cells import ASSET_KINDS, AssetIdentities
from tests.support.difference_net import DifferenceNet
from tests.support.evaluation_corpus import make_evaluation_corpus


def test_pictures_that_were_trained_on_are_found_out_whatever_the_corpus(tmp_path: Path) -> None:
    one = make_evaluation_corpus(tmp_path / "one")
    files = AssetIdentities(one).file_digests("train", "val")
    assert training_overlap(one.manifest.digest, files, one) == []

    split_again = make_evaluation_corpus(tmp_path / "two", seed=1)
    notes = training_overlap(one.manifest.digest, files, split_again)
    assert "trained on another corpus" in notes[0]
    identities = AssetIdentities(split_again)
    known = [len(files & identities.file_digests("test", kinds=(kind,))) for kind in ASSET_KINDS]
    assert all(known)
    assert f"{known[0]} of the 2 test backgrounds" in notes[1]
    assert f"{known[1]} of the 2 test cut-outs" in notes[2]

    new = make_evaluation_corpus(tmp_path / "three", first=50)
    assert len(training_overlap(one.manifest.digest, files, new)) == 1


def test_corpus_and_network_in_a_line(tmp_path: Path) -> None:
    corpus = make_evaluation_corpus(tmp_path)
    line = describe_corpus(corpus)
    assert corpus.manifest.digest[:12] in line
    assert "144 samples of 23×19 of 6 backgrounds and 6 cut-outs, split 50/17/33, depth by layered 2" in line
    assert describe_network(DifferenceNet()) == "looking, 0 parameters, 24×24 to 12×12, finds mask and depth"
