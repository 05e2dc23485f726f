"""Notes: lines that tell people what was noticed or decided, beside the results.

A function that takes a `Note` calls it with each line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bgfg.data_manifests.terminal.errors import printable

Note = Callable[[str], None]


def no_note(_line: str) -> None:
    """Show no notes."""


def show_note(line: str) -> None:
    """Show a note on stderr."""
    print(f"Note: {printable(line)}", file=sys.stderr, flush=True)
