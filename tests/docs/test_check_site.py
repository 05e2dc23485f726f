"""What a site loads from elsewhere, and links that lead nowhere, are found."""

from __future__ import annotations

from pathlib import Path

from docs.check_site import faults


def test_a_site_that_is_whole_has_no_faults(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "a b.png").write_bytes(b"")
    (tmp_path / "index.html").write_text(
        '<h1 id="top">t</h1><a href="in/#end">e</a><a href="https://example.org">o</a><img src="a%20b.png">'
        '<a href="#top"></a><img src="data:image/png;base64,AA==">'
    )
    (tmp_path / "in/index.html").write_text('<a href="../index.html#top">u</a><a href="/a%20b.png">r</a><p id="end">')
    assert list(faults(tmp_path)) == []


def test_each_fault_is_told_with_its_page(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<script src="https://cdn.example.org/x.js"></script><link href="//fonts.example.org/f.css" rel="stylesheet">'
        '<a href="b.html">b</a><a href="#nowhere">n</a><img src="lost.png">'
    )
    assert list(faults(tmp_path)) == [
        "a.html: https://cdn.example.org/x.js: is loaded from elsewhere",
        "a.html: //fonts.example.org/f.css: is loaded from elsewhere",
        "a.html: lost.png: leads nowhere",
        "a.html: b.html: leads nowhere",
        "a.html: #nowhere: has no such anchor",
    ]
