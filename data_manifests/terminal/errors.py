"""What a user has to mend, in one line each."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def printable(text: str) -> str:
    """Return `text` with control characters and undecodable bytes escaped, so that no file name can break a line."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode("ascii")
        for c in text.encode("utf-8", "backslashreplace").decode("utf-8")
    )


def few(items: Sequence[object], most: int = 5) -> str:
    """Return the first items, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


def command(*words: object) -> str:
    """Return a call of bgfg in backticks, quoted for a shell, to be told to a person as the next step."""
    return f"`bgfg {shlex.join(printable(str(word)) for word in words)}`"


class Problem(Exception):
    """An expected failure: one printable line a problem, no traceback; the command line exits with `exit_code`.

    Exit code 1 is a failed run, 2 a wrong call.
    """

    def __init__(self, *lines: str, exit_code: int = 1) -> None:
        self.lines = tuple(printable(line) for line in lines)
        self.exit_code = exit_code
        super().__init__("\n".join(self.lines))

    def __reduce__(self) -> tuple[object, ...]:
        # Problems cross process borders on their way from a worker to the parent.
        return (_rebuild, (type(self), self.lines, self.exit_code))


def _rebuild(kind: type[Problem], lines: tuple[str, ...], exit_code: int) -> Problem:
    problem = kind.__new__(kind)
    Problem.__init__(problem, *lines, exit_code=exit_code)
    return problem
