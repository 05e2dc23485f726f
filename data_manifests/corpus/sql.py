"""`--sql`: one SELECT over the tables of a corpus, by DuckDB, shut in: it reaches nothing else of the machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCES
from bgfg.data_manifests.terminal.errors import Problem

# A query gets the two tables and opens nothing: no extension, no secret or variable of the user, and what doesn't fit
# into memory isn't spilled to the disk.
_CONFIGURATION: dict[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}
# Given when connecting, the second would allow files called `:memory:`, the name of the database.
_SHUT = (
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_ROWS_AT_A_TIME = 1_000
_TOLD_AGAIN_S = 0.1


@dataclass(frozen=True)
class Answer:
    """What a query gave: the names of the columns, and row after row."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def answer(corpus: Path, query: str) -> Iterator[Answer]:
    """Answer a SELECT over the views `assets` and `samples`, the Parquet files of the corpus at `corpus`, and over
    `instances` where samples have several cut-outs.

    Raises Problem where DuckDB isn't installed, where the query is anything but a single SELECT, and where it fails,
    at once or while its rows are read.
    """
    # An argument may hold bytes that are no UTF-8, which DuckDB doesn't take.
    text = query.encode("utf-8", "backslashreplace").decode("utf-8")
    with ThreadPoolExecutor(1) as thread:
        duckdb = thread.submit(_duckdb).result()

        def told(work: Callable[..., Any], *arguments: Any) -> Any:
            """Have DuckDB do something on a thread, so that Ctrl-C can end it; its failures become a Problem.

            All of it is done there, from its import on: in the main thread it may swallow the signal.
            """
            try:
                return thread.submit(work, *arguments).result()
            except duckdb.Error as error:
                raise Problem(f"--sql: {_in_a_line(error)}", exit_code=2) from error

        connection = told(partial(duckdb.connect, ":memory:", config=_CONFIGURATION))
        try:
            told(_show, connection, corpus)
            statements = told(connection.extract_statements, text)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise Problem("--sql: give a single SELECT over the tables assets and samples", exit_code=2)
            told(connection.execute, statements[0])
            rows = _batches(lambda: told(connection.fetchmany, _ROWS_AT_A_TIME))
            yield Answer(_distinct([column[0] for column in connection.description]), rows)
        finally:
            _end(thread, connection.interrupt)
            thread.submit(connection.close).result()


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise Problem("--sql needs DuckDB: pip install 'bgfg[sql]'") from error
    return duckdb


def _show(connection: Any, corpus: Path) -> None:
    """Give DuckDB the tables of a corpus, and shut it in."""
    for name in (tables.ASSETS, tables.SAMPLES, INSTANCES):
        if (corpus / "manifest" / name).exists():  # instances only where samples have several cut-outs
            connection.register(Path(name).stem, _dataset(corpus / "manifest" / name))
    for setting in _SHUT:
        connection.execute(setting)


def _end(thread: ThreadPoolExecutor, interrupt: Callable[[], None]) -> None:
    """End what the only worker of `thread` is at, wherever Ctrl-C came: a query that hasn't begun is told again."""
    idle = thread.submit(int)
    while not wait([idle], _TOLD_AGAIN_S).done:
        interrupt()


def _dataset(path: Path) -> Any:
    """Return a Parquet file as a data set in memory, so that DuckDB itself needs no access to files.

    The memory is Arrow's own: threads of Arrow that outlive a short command must not hold anything of Python.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    memory = pa.BufferOutputStream()
    with path.open("rb") as file:
        shutil.copyfileobj(file, memory)
    fragment = ds.ParquetFileFormat().make_fragment(memory.getvalue())
    return ds.FileSystemDataset([fragment], fragment.physical_schema, fragment.format)


def _batches(fetch: Callable[[], list[tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
    while rows := fetch():
        yield from rows


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Number the columns whose name came before: `split`, `split_1`."""
    distinct: list[str] = []
    for name in names:
        candidates = [name, *(f"{name}_{number}" for number in range(1, len(names)))]
        distinct.append(next(candidate for candidate in candidates if candidate not in distinct))
    return tuple(distinct)


def _in_a_line(error: Exception) -> str:
    """Return what DuckDB says, without its drawing of where in the query that is."""
    return " ".join(str(error).partition("\n\nLINE ")[0].split())
