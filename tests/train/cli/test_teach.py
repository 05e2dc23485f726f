"""The command `teach`: what its own options take, and what they refuse."""

from __future__ import annotations

import click
import pytest

from bgfg.train.cli.teach import CorpusCount
from bgfg.train.cli.training_options import Sides


@pytest.mark.parametrize(
    ("given", "expected"), [("real=3", ("real", 3)), ("s3://bucket/a=b/corpus=12", ("s3://bucket/a=b/corpus", 12))]
)
def test_a_corpus_and_its_count_are_parted_at_the_last_sign(given: str, expected: tuple[str, int]) -> None:
    assert CorpusCount().convert(given, None, None) == expected


@pytest.mark.parametrize("given", ["real", "=3", "real=", "real=0.1", "real=-1"])
def test_what_is_no_corpus_with_a_count_is_refused_by_an_example(given: str) -> None:
    with pytest.raises(click.BadParameter, match=f"'{given}': give a corpus and a number of samples, such as real=3"):
        CorpusCount().convert(given, None, None)


def test_sides_are_whole_numbers_with_commas() -> None:
    assert Sides().convert("128,160", None, None) == (128, 160)
    with pytest.raises(click.BadParameter, match="'128;160': give sides in pixels, such as 128,160,192"):
        Sides().convert("128;160", None, None)
