"""Lines of CSV are read back as they were written, whatever is in them."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.files.csv_line import csv_line


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1)))
def test_rows_are_read_back_as_they_were(rows: list[list[str]]) -> None:
    text = "".join(csv_line(*row) for row in rows)
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows


def test_a_comma_and_a_quote_are_quoted_and_lines_end_plainly() -> None:
    assert csv_line("ant, red", 1, 'a "b"') == '"ant, red",1,"a ""b"""\n'
