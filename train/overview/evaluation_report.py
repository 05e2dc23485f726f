"""Reports of evaluations, read back from the files that `bgfg evaluate` leaves in a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.outputs import EVALUATION, folder_kind

_MOST_BYTES = 2**24
_PICTURES = ("cases.png", "real.png")


@dataclass(frozen=True)
class ReportTable:
    """A table of a report.

    Attributes:
        title: The heading that it stands under.
        head: Titles of its columns.
        rows: Their cells.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class EvaluationReport:
    """A report of an evaluation.

    Attributes:
        folder: Where it lies.
        about: What was evaluated on what, a line each.
        tables: Its tables in their order, the summary first.
        notes: What is to be known beside the figures.
        pictures: Sheets of cases, those that are there.
    """

    folder: Path
    about: tuple[str, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    notes: tuple[str, ...] = ()
    pictures: tuple[Path, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> EvaluationReport:
        """Read report.md of a folder, and find its pictures.

        Raises:
            Problem: It can't be read.
        """
        path = folder / "report.md"
        try:
            text = read_regular(path, _MOST_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(f"{path}: can't be read ({error}): evaluate again") from error
        pictures = tuple(folder / name for name in _PICTURES if (folder / name).is_file())
        read = _Reading()
        read.take(MarkdownIt("commonmark").enable("table").parse(text))
        return cls(folder, tuple(read.about), tuple(read.tables), tuple(read.notes), pictures)


def find_evaluations(run: Path) -> list[Path]:
    """Return the folders of the evaluations that lie in a run, by name."""
    folders = sorted(path for path in run.iterdir() if path.is_dir())
    return [folder for folder in folders if folder_kind(folder) == EVALUATION]


def side_by_side(reports: Sequence[tuple[str, EvaluationReport]]) -> list[ReportTable]:
    """Return the summaries of several runs as tables whose rows begin with the run.

    Args:
        reports: Name of the run and its report, of each.

    Returns:
        One table for all reports whose summaries have the same columns. The rows of all runs on the same cell, and on
        the same contestant there, follow one another; what is the same of several runs, as baselines are, is one row.
    """
    rows: dict[tuple[str, ...], dict[tuple[str, ...], dict[tuple[str, ...], list[str]]]] = {}
    for run, report in reports:
        for table in report.tables[:1]:
            for row in table.rows:
                rows.setdefault(table.head, {}).setdefault(row[:2], {}).setdefault(row, []).append(run)
    return [ReportTable("Summary", ("run", *head), tuple(_by_cell(alike))) for head, alike in rows.items()]


def _by_cell(alike: Mapping[tuple[str, ...], Mapping[tuple[str, ...], list[str]]]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of each cell, the cells in the order in which they were met first."""
    for cell in dict.fromkeys(about[0] for about in alike):
        for about, rows in alike.items():
            if about[0] == cell:
                yield from ((", ".join(runs), *row) for row, runs in rows.items())


@dataclass
class _Reading:
    """What is gathered of a report while its tokens are gone through.

    Attributes:
        about: Items before the first table.
        tables: The tables.
        notes: Items after it.
    """

    about: list[str] = field(default_factory=list)
    tables: list[ReportTable] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, tokens: Sequence[Token]) -> None:
        """Go through the tokens of a report."""
        heading, rows, within = "", list[list[str]](), ""
        for token in tokens:
            match token.type:
                case "heading_open" | "bullet_list_open":
                    within = token.type
                case "table_open":
                    within, rows = token.type, []
                case "tr_open":
                    rows.append([])
                case "table_close":
                    head, *body = rows or [[]]
                    self.tables.append(ReportTable(heading, tuple(head), tuple(map(tuple, body))))
                    within = ""
                case "inline" if within == "heading_open":
                    heading, within = token.content, ""
                case "inline" if within == "table_open":
                    rows[-1].append(token.content)
                case "inline" if within == "bullet_list_open":
                    (self.notes if self.tables else self.about).append(" ".join(token.content.split()))
