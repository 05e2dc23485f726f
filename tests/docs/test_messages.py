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


@pytest.fixture(scope="module")
def said() -> str:
    """All texts of the code, a line each."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    return "\n".join(template(node) for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp))


def test_each_message_is_said_by_the_code(said: str) -> None:
    assert len(QUOTED) > 40
    assert [message for message in QUOTED if message.strip("… ") not in said] == []
