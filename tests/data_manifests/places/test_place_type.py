"""Paths that are given in command lines, where no URL can be."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from bgfg.data_manifests.places.place_type import NamedPath


@pytest.mark.parametrize("text", ["corpus", "/a/b", "../c", "a:b"])
def test_a_folder_is_taken_whether_it_is_there_or_not(text: str) -> None:
    assert NamedPath(path_type=Path).convert(text, None, None) == Path(text)


@pytest.mark.parametrize(
    "url", ["s3://bucket/corpus", "http://me:hidden@host/corpus", "file:///corpus", "s3:/bucket/corpus"]
)
def test_a_url_is_no_folder_and_is_not_repeated(url: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        NamedPath(path_type=Path).convert(url, None, None)
    start = f"{url.partition(':')[0]}://...: is a URL, where something of this machine is meant"
    assert refused.value.message == f"{start}: give its path"
