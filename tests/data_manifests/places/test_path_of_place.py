"""A path is given as it is; for a URL one stands, and is done with afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bgfg.data_manifests.places.path_of_place import path_of_place

events: list[str] = []


@path_of_place
def stand_in(location: str, name: str = "folder") -> Iterator[Path]:
    """Say when it begins and ends."""
    events.append(f"{location} {name}")
    try:
        yield Path(name)
    finally:
        events.append("done")


@pytest.mark.parametrize("location", ["here/there", "s3", Path("a/b")])
def test_another_location_is_given_as_it_is(location: str | Path) -> None:
    events.clear()
    with stand_in(location, name="x") as path:
        assert path == Path(location)
    assert not events


@pytest.mark.parametrize("url", ["s3://bucket/corpus", "s3:/bucket/corpus"])
def test_for_a_url_the_stand_in_is_given_until_the_end_whatever_happens(url: str) -> None:
    def work_in(path: Path) -> None:
        events.append(str(path))
        raise ValueError("no more")

    events.clear()
    with pytest.raises(ValueError, match="no more"), stand_in(url, name="x") as path:
        work_in(path)
    assert events == [f"{url} x", "x", "done"]


def test_it_is_called_and_described_as_what_it_was_made_of() -> None:
    assert (stand_in.__name__, stand_in.__doc__) == ("stand_in", "Say when it begins and ends.")
