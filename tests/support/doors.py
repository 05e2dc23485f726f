"""Readers of what users hand over, called with damaged input."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from bgfg.data_manifests.terminal.errors import Problem


def refusal(read: Callable[[], object]) -> str:
    """Return the one line by which a reader refuses its input; "" where it takes it. Any other error is passed on."""
    try:
        read()
    except Problem as problem:
        [line] = problem.lines
        return line
    return ""


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return a file's content with a bit flipped, cut short, or with a piece gone, doubled or zeroed."""
    start = draw(st.integers(0, len(whole) - 1))
    end = draw(st.integers(start + 1, min(len(whole), start + 64)))
    flipped = bytearray(whole)
    flipped[start] ^= 1 << draw(st.integers(0, 7))
    piece = whole[start:end]
    replaced = [whole[:start] + new + whole[end:] for new in (b"", piece * 2, bytes(len(piece)))]
    # Zeros for zeros, or a byte gone where others are like it, are no damage.
    return draw(st.sampled_from([found for found in (bytes(flipped), whole[:start], *replaced) if found != whole]))
