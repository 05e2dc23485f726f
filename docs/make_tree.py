"""Writes the tree of files into docs/architecture.md: each file with the first line of its docstring.

Called by `make tree`; a test holds the page to the disk.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
FOLDERS = ("bgfg", "data_manifests", "synth", "depth_teacher", "train", "benchmarks", "examples")
BEGIN, END = "<!-- the tree: made by `make tree` -->\n```text\n", "```\n<!-- end of the tree -->"


def caption(file: Path) -> str:
    """Return the first line of a file's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].removesuffix(".")


def tree(folder: Path, depth: int = 0) -> list[str]:
    """Return the lines of a folder: itself, its files, then its folders."""
    indent, lines = "  " * depth, [f"{'  ' * depth + folder.name + '/':30} {caption(folder / '__init__.py')}".rstrip()]
    files = sorted(file for file in folder.glob("*.py") if file.name != "__init__.py")
    lines += [f"{indent + '  ' + file.name:30} {caption(file)}" for file in files]
    for inner in sorted(path.parent for path in folder.glob("*/__init__.py")):
        lines += tree(inner, depth + 1)
    return lines


def page(text: str) -> str:
    """Return the text of the page with the tree as it is on disk."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [line for folder in FOLDERS for line in tree(ROOT / folder)]
    return before + BEGIN + "\n".join(lines) + "\n" + END + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
