"""Lines of CSV files: RFC 4180, but for the end of the line."""

from __future__ import annotations

import csv
import io


def csv_line(*values: object) -> str:
    """Return values as a line, those in quotes that have a comma, a quote or a line's end in them."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow(values)  # told of another end of the line, Python 3.11 leaves a "\r" without quotes
    return line.getvalue().removesuffix("\r\n") + "\n"
