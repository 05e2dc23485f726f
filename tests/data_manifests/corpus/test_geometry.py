"""Counts and sizes, and the samples that names stand for."""

from __future__ import annotations

import pytest

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.naming import Name, parse_name

GEOMETRY = CorpusGeometry(3, 2, 4, 13, 17, 7, (7, 9))


def test_every_name_of_a_sample_stands_for_its_index() -> None:
    for kind in ("image", "mask", "depth"):
        names = [name for b in range(3) for name in GEOMETRY.names.of_background(kind, b)]
        parsed = [parse_name(name) for name in names]
        assert [GEOMETRY.sample_of(found[0]) for found in parsed if found] == list(range(48))


@pytest.mark.parametrize(
    "name",
    [Name("image", 3, 0, False, 0), Name("mask", 0, 2, True, 0), Name("depth", 0, 0, False, 4), Name("bg", 0),
     Name("fg", cutout=0), Name("fg_mask", cutout=1, flipped=True)],
)  # fmt: skip
def test_other_names_stand_for_no_sample(name: Name) -> None:
    assert GEOMETRY.sample_of(name) is None
