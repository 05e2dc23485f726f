"""Pages as a browser reads them: every element with its attributes, held to what a report may have."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

# Nothing of these runs, loads or sends anything by itself.
_ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer", "section", "aside"),
    *("figure", "figcaption", "details", "summary", "h1", "h2", "h3", "p", "a", "ul", "li", "dl", "dt", "dd", "div"),
    *("span", "bdi", "pre", "code", "img", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "path", "rect", "text"),
}
_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "src", "width", "height", "alt"),
    *("scope", "aria-label", "aria-hidden", "role", "tabindex"),
    *("viewbox", "preserveaspectratio", "d", "x", "y", "fill"),
}
# What has no end tag.
_VOID = {"meta", "img"}


class Page(HTMLParser):
    """A report, read; raises AssertionError where it has what none may have, or isn't well nested.

    Attributes:
        words: All that is written on it, in its order.
        images: The alternative texts of its pictures.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._open: list[str] = []
        self._style, self._policy = "", ""
        self.text, self.images = "", list[str]()
        self.size_bytes = path.stat().st_size
        assert self.size_bytes <= 8_000_000
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self._open == []
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        assert self._policy.split("; ")[:3] == [
            "default-src 'none'", "img-src data:", f"style-src 'sha256-{digest}'"
        ]  # fmt: skip

    @property
    def words(self) -> str:
        """What is written on it, with single spaces."""
        return " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ELEMENTS, tag
        given = dict(attrs)
        assert given.keys() <= _ATTRIBUTES, (tag, given)
        assert given.get("href", "#") in ("#", *(f"#{each}" for each in re.findall(r"\w+", given.get("href") or "")))
        assert re.match(r"data:image/(jpeg|png);base64,[0-9A-Za-z+/=]+$", given.get("src") or "data:image/png;base64,=")
        if given.get("http-equiv") == "Content-Security-Policy":
            self._policy = given["content"] or ""
        if tag == "img":
            assert given["alt"]
            assert int(given["width"] or 0) > 0
            self.images.append(given["alt"])
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("path", "rect")
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self._style += data
        else:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)
