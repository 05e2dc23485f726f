"""An object that is opened as a file is read as the file is, wherever that is."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.objects.range_file import open_object

STORE = ObjectStore("memory://range-files")


@given(
    size_bytes=st.sampled_from([0, 1, 65_535, 65_536, 200_003]),
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(-70_000, 210_000), st.integers(-1, 70_000)), max_size=6),
)
def test_it_is_read_as_the_file_is(size_bytes: int, steps: list[tuple[int, int, int]]) -> None:
    data = bytes(number % 251 for number in range(size_bytes))
    STORE.write("object", data)
    expected = io.BytesIO(data)
    with open_object(STORE, "object", size_bytes) as file:
        for whence, offset, count in steps:
            start = (0, expected.tell(), size_bytes)[whence]
            if start + offset >= 0:
                assert file.seek(offset, whence) == expected.seek(start + offset)
            assert file.read(count) == expected.read(count)
            assert file.tell() == expected.tell()
