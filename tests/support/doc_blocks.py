"""The blocks of code in README and docs, and what their commands come to."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import NamedTuple

from tests.support.project import ROOT

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
}


class Block(NamedTuple):
    """A fenced block of a page.

    Attributes:
        place: Page and line, "docs/format.md:12".
        language: What stands behind the fence.
        text: What is within.
        not_run: Why it isn't run, from `<!-- not run: ... -->` above it; "" where it is.
    """

    place: str
    language: str
    text: str
    not_run: str

    def commands(self) -> list[str]:
        """Return the commands of a console, those that go on in the next line in one."""
        return [line.removeprefix("$ ") for line in self.text.replace("\\\n", " ").splitlines()]


_FENCED = re.compile(
    r"^(?:<!-- not run: (?P<why>.+?) -->\n)?```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


def blocks(page: str) -> list[Block]:
    text = PAGES[page]
    return [
        Block(
            f"{page}:{text.count(chr(10), 0, found.start()) + 1}", found["language"], found["text"], found["why"] or ""
        )
        for found in _FENCED.finditer(text)
    ]


def bgfg_calls(line: str, **variables: int) -> list[list[str]]:
    """Return the words of each call of bgfg that a line of a console comes to.

    Those of a target of make are told by a dry run, with variables that the line doesn't give.
    """
    words = shlex.split(line)
    if words[0] == ".venv/bin/torchrun":
        return [words[words.index("bgfg") + 1 :]]
    if words[0] != "make":
        return [words[1:]] if words[0] == ".venv/bin/bgfg" else []
    asked = [*words, *(f"{name}={value}" for name, value in variables.items() if f" {name}=" not in line), "--dry-run"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    # What a target makes first where it isn't there stands between marks, "make[1]: Entering ..." and "Leaving".
    text = re.sub(r"^make\[\d+\]: Entering.*?^make\[\d+\]: Leaving", "", done.stdout, flags=re.DOTALL | re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(each)[1:] for each in lines if each.startswith(".venv/bin/bgfg")]
