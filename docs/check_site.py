"""Holds the built site to itself: nothing is loaded from elsewhere, and what links lead to within it is there.

Called by `make docs`, which builds it; Zensical's own check is of pages and anchors in Markdown, not of pictures, of
files and of what references are made into.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser loads without being asked.
_LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("video", "src")}


class Page(HTMLParser):
    """What a page loads, where its links lead, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads, links to, or is called."""
        for name, value in attrs:
            if (tag, name) in _LOADED and value:
                self.loads.append(value)
            elif name == "href" and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def faults(site: Path) -> Iterator[str]:
    """Yield a line for whatever a page loads from elsewhere, and for each link within the site that leads nowhere."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for target in [*page.loads, *page.links]:
            parts = urlsplit(target)
            place = f"{path.relative_to(site)}: {target}"
            if parts.scheme or parts.netloc:
                if target in page.loads and parts.scheme != "data":
                    yield f"{place}: is loaded from elsewhere"
                continue
            # 404.html, which is shown at any address, counts from the root.
            start = site if parts.path.startswith("/") else path.parent
            there = (start / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            if not there.is_file():
                yield f"{place}: leads nowhere"
            elif there in pages and unquote(parts.fragment) not in pages[there].anchors:
                yield f"{place}: has no such anchor"


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1]).resolve()))
    print("\n".join(found) or "nothing is loaded from elsewhere, and all links within the site lead somewhere")
    sys.exit(bool(found))
