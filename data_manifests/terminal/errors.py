"""Errors for the user, one line each, and the words that they are made of."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# A damaged file may have a name in it, or a number, of any length.
_LONGEST_LINE = 2_000


# Folders that are told by another name, such as that of a URL for which a temporary folder stands.
_told_as: dict[str, str] = {}


@contextmanager
def tell_as(folder: str, name: str) -> Iterator[None]:
    """Tell a folder by another name in all that is `printable`, for as long as this lasts."""
    _told_as[folder] = name
    try:
        yield
    finally:
        del _told_as[folder]


def told(text: str) -> str:
    """Return a text with the folders in it named as `tell_as` says."""
    for folder, name in _told_as.items():
        text = text.replace(folder, name)
    return text


def told_path(path: Path) -> Path:
    """Return a path as it is told, or else where it leads."""
    text = told(str(path))
    return Path(text) if text != str(path) else path.resolve()


def printable(text: str) -> str:
    """Escape control characters and undecodable bytes, so that no file name can break a line of output.

    Folders are told as `tell_as` says.
    """
    text = told(text)
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode("ascii")
        for c in text.encode("utf-8", "backslashreplace").decode("utf-8")
    )


def first_few(items: Sequence[object], most: int = 5) -> str:
    """Return the first items as a list in words, and how many more there are."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


def counted(number: int, noun: str) -> str:
    """Return a number with what is counted, such as "1 sample" and "1,200 samples"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def folded(lines: Sequence[str], path: object, most: int = 5) -> list[str]:
    """Return the first lines, and one on how many more of their kind there are at `path`."""
    more = [f"{path}: {len(lines) - most} more like these"] if len(lines) > most else []
    return [*lines[:most], *more]


def lines_by_reason(found: Iterable[tuple[str, str]], noun: str = "picture") -> list[str]:
    """Return a line for each reason: `FILE: REASON`, or `7 pictures (FILE, FILE ... and 2 more): REASON`.

    Args:
        found: Files, each with a reason.
        noun: What a file is.
    """
    files: dict[str, list[str]] = {}
    for file, reason in found:
        files.setdefault(reason, []).append(file)
    return [
        f"{same[0] if len(same) == 1 else f'{counted(len(same), noun)} ({first_few(same)})'}: {reason}"
        for reason, same in files.items()
    ]


def bgfg_command(*words: object) -> str:
    """Return a call of bgfg as the next step in an error message: in backticks, quoted for a shell."""
    return f"`bgfg {shlex.join(printable(str(word)) for word in words)}`"


class Problem(Exception):
    """An expected failure, told in one printable line a problem and without a traceback.

    Attributes:
        lines: The problems; of a line that is far too long the middle is left out.
        exit_code: With which the command line exits: 1 for a failed run, 2 for a wrong call.
    """

    def __init__(self, *lines: str, exit_code: int = 1) -> None:
        self.lines = tuple(_shortened(printable(line)) for line in lines)
        self.exit_code = exit_code
        super().__init__("\n".join(self.lines))

    def __reduce__(self) -> tuple[object, ...]:
        # Problems are pickled on their way from a worker process to its parent. By default the class would be called
        # with `args`, the joined text, which is neither these lines nor what a subclass takes.
        return (_rebuild, (type(self), self.lines, self.exit_code))


class TryAgain(Problem):
    """A problem whose line already ends with the step to run the same command again."""


def _shortened(line: str) -> str:
    half = _LONGEST_LINE // 2
    return line if len(line) <= _LONGEST_LINE else f"{line[: half - 5]} ... {line[-half:]}"


def _rebuild(kind: type[Problem], lines: tuple[str, ...], exit_code: int) -> Problem:
    problem = kind.__new__(kind)
    Problem.__init__(problem, *lines, exit_code=exit_code)
    return problem
