"""One SELECT over the tables of a corpus by DuckDB (`--sql`), sandboxed: it reaches nothing else of the machine."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.table_hashes import table_file
from bgfg.data_manifests.files.checksum import MOST_TABLE_BYTES
from bgfg.data_manifests.files.regular_file import UnfitFile, open_regular
from bgfg.data_manifests.terminal.errors import Problem

# A query gets the tables and opens nothing: no extension, no secret or variable of the user, and what doesn't fit into
# memory isn't spilled to the disk.
_CONFIGURATION: dict[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}
# Set after connecting: given when connecting, the second would allow files called `:memory:`, the name of the database.
_SANDBOX = (
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_ROWS_AT_A_TIME = 1_000
_INTERRUPT_EVERY_S = 0.1


@dataclass(frozen=True)
class QueryResult:
    """What a query gave.

    Attributes:
        columns: Names of the columns.
        rows: Values of row after row, fetched as they are taken.
    """

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def run_query(corpus: Path, query: str) -> Iterator[QueryResult]:
    """Run a SELECT over the tables of a corpus.

    Args:
        corpus: Folder of the corpus. Its Parquet files are the views `assets`, `samples`, and, where there are such,
            `instances` and `distractors`.
        query: The SELECT.

    Yields:
        The result, which can be read as long as the context is open.

    Raises:
        Problem: DuckDB isn't installed, a table isn't the one that the manifest was sealed with, the query is anything
            but a single SELECT, or it fails, at once or while its rows are read.
    """
    # An argument may hold bytes that are no UTF-8, which DuckDB doesn't take.
    text = query.encode("utf-8", "backslashreplace").decode("utf-8")
    thread, connection = ThreadPoolExecutor(1), None
    try:
        duckdb = thread.submit(_duckdb).result()

        def run(work: Callable[..., Any], *arguments: Any) -> Any:
            """Run something of DuckDB's on the thread, so that Ctrl-C can end it; its errors become a Problem.

            All of DuckDB runs there, from its import on: in the main thread it may swallow the signal.
            """
            try:
                return thread.submit(work, *arguments).result()
            except duckdb.Error as error:
                raise Problem(f"--sql: {_in_a_line(error)}", exit_code=2) from error

        connection = run(partial(duckdb.connect, ":memory:", config=_CONFIGURATION))
        run(_register_tables, connection, corpus)
        statements = run(connection.extract_statements, text)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Problem("--sql: give a single SELECT over the tables assets and samples", exit_code=2)
        run(connection.execute, statements[0])
        rows = _batches(lambda: run(connection.fetchmany, _ROWS_AT_A_TIME))
        yield QueryResult(_distinct([column[0] for column in connection.description]), rows)
    finally:
        # In a thread of its own, which a second Ctrl-C doesn't reach.
        ended = Event()
        Thread(target=_end, args=(thread, connection, ended)).start()
        _wait(ended)


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise Problem("--sql needs DuckDB: pip install 'bgfg[sql]'") from error
    return duckdb


def _register_tables(connection: Any, corpus: Path) -> None:
    """Register the tables of a corpus, and close the sandbox."""
    manifest = load_manifest(corpus / "manifest" / "corpus.json")
    for name in manifest.tables:
        parts = (
            _fragment(table_file(corpus, number, name), part.tables[name], manifest.hint(corpus, number))
            for number, part in enumerate(manifest.parts)
        )
        connection.register(Path(name).stem, _dataset(list(parts)))
    for setting in _SANDBOX:
        connection.execute(setting)


def _end(thread: ThreadPoolExecutor, connection: Any, ended: Event) -> None:
    """End whatever the only worker of `thread` is doing, close the connection where there is one, and end the worker.

    An interrupt that comes before the query has begun is lost, so it is repeated until the worker is idle.
    """
    try:
        idle = thread.submit(int)
        while not wait([idle], _INTERRUPT_EVERY_S).done:
            if connection is not None:
                connection.interrupt()
        if connection is not None:
            connection.close()
        thread.shutdown()
    finally:
        ended.set()


def _wait(event: Event) -> None:
    """Wait for an event, and only then raise what was raised meanwhile: a second Ctrl-C.

    An interpreter that ends while DuckDB still works in another thread aborts. Not by `Thread.join`: before Python 3.13
    a thread whose join is interrupted counts as ended.
    """
    raised: BaseException | None = None
    while not event.is_set():
        try:
            event.wait()
        except BaseException as error:
            raised = error
    if raised is not None:
        raise raised


def _dataset(fragments: Sequence[Any]) -> Any:
    """Return the tables of all parts of a corpus as one data set."""
    import pyarrow.dataset as ds

    return ds.FileSystemDataset(fragments, fragments[0].physical_schema, fragments[0].format)


def _fragment(path: Path, sha256: str, hint: str) -> Any:
    """Load a table of a part as a fragment of a data set in memory, so that DuckDB itself needs no access to files.

    The memory is Arrow's own: threads of Arrow that outlive a short command must not hold objects of Python. The bytes
    are held to their SHA-256: a bit that flipped in them would give other rows, and nothing tell.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    memory = pa.BufferOutputStream()
    try:
        with open_regular(path, MOST_TABLE_BYTES) as file:
            shutil.copyfileobj(file, memory)
    except FileNotFoundError:
        raise Problem(f"{path}: missing: {hint}") from None
    except UnfitFile as error:
        raise Problem(f"{path}: {error}: {hint}") from error
    content = memory.getvalue()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Problem(f"{path}: changed since it was planned: {hint}")
    return ds.ParquetFileFormat().make_fragment(content)


def _batches(fetch: Callable[[], list[tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
    while rows := fetch():
        yield from rows


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Make names of columns distinct by numbering those that came before: `split`, `split_1`."""
    distinct: list[str] = []
    for name in names:
        candidates = [name, *(f"{name}_{number}" for number in range(1, len(names)))]
        distinct.append(next(candidate for candidate in candidates if candidate not in distinct))
    return tuple(distinct)


def _in_a_line(error: Exception) -> str:
    """Return DuckDB's message in one line, without its drawing of where in the query that is."""
    return " ".join(str(error).partition("\n\nLINE ")[0].split())
