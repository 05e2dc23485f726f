"""The place of a corpus on the command line."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from bgfg.data_manifests.terminal.cli_types import CORPUS_PATH


@pytest.mark.parametrize("text", ["corpus", "/a/b", "../c", "a:b"])
def test_a_folder_is_taken_whether_it_is_there_or_not(text: str) -> None:
    assert CORPUS_PATH.convert(text, None, None) == Path(text)


@pytest.mark.parametrize("url", ["s3://bucket/corpus", "http://host/corpus", "file:///corpus"])
def test_a_url_is_no_folder(url: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        CORPUS_PATH.convert(url, None, None)
    assert refused.value.message.startswith(f"{url}: train, teach, evaluate and bench-stream read")
