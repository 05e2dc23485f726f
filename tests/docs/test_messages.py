"""The messages that the docs explain are those that the code says."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.doc_blocks import PAGES
from tests.support.project import ROOT

FOLDERS = ("bgfg", "data_manifests", "synth", "depth_teacher", "train")
QUOTED = [
    message.replace("\\|", "|")
    for row in re.findall(r"^\| (`.+?`) \| ", PAGES["docs/troubleshooting.md"], re.MULTILINE)
    for message in re.findall(r"`([^`]+)`", row)
]


def template(node: ast.expr) -> str:
    """Return a text of the code with … for what is put into it."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(template(value) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return template(left) + template(right)
    return "…"


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


@pytest.fixture(scope="module")
def said() -> str:
    """All texts of the code, a line each, of files that have the words of one of the messages: others take as long."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    texts, wanted = [file.read_text(encoding="utf-8") for file in files], [words_of(message) for message in QUOTED]
    saying = [text for text, words in zip(texts, map(words_of, texts), strict=True) if any(w <= words for w in wanted)]
    nodes = [node for text in saying for node in ast.walk(ast.parse(text))]
    return "\n".join(template(node) for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp))


def test_each_message_is_said_by_the_code(said: str) -> None:
    assert len(QUOTED) > 40
    assert [message for message in QUOTED if message.strip("… ") not in said] == []
