"""SQL over the tables gives what pyarrow reads, and a hostile query gets at nothing else and changes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus.sql import run_query
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.project import ROOT

pytest.importorskip("duckdb", reason="the extra [sql] isn't installed")


def ask(corpus: Path, query: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    with run_query(corpus, query) as answered:
        return answered.columns, list(answered.rows)


@pytest.mark.parametrize("table", ["assets", "samples"])
def test_the_views_are_the_tables(planned: Path, table: str) -> None:
    expected = pq.read_table(planned / f"manifest/{table}.parquet")
    columns, rows = ask(planned, f"SELECT * FROM {table}")
    assert columns == tuple(expected.column_names)
    assert [dict(zip(columns, row, strict=True)) for row in rows] == expected.to_pylist()


def test_a_join_numbers_the_columns_of_the_same_name(planned: Path) -> None:
    query = """
        SELECT s.split, a.split, a.split AS split_1, count(*) AS n FROM samples s
        JOIN assets a ON a.kind = 'background' AND a.id = s.background  -- both tables in one query
        GROUP BY ALL ORDER BY ALL"""
    columns, rows = ask(planned, query)
    assert columns == ("split", "split_1", "split_1_1", "n")
    assert sum(row[3] for row in rows) == 48


def test_rows_come_as_they_are_asked_for_however_many_there_are(planned: Path) -> None:
    with run_query(planned, "SELECT * FROM range(1000000000000)") as answered:
        assert [next(answered.rows) for _ in range(3)] == [(0,), (1,), (2,)]
    assert len(ask(planned, "SELECT a.sample, b.sample FROM samples a, samples b, samples c")[1]) == 48**3


HOSTILE = [
    "COPY samples TO '{jail}/x.csv'",
    "SELECT 1; COPY samples TO '{jail}/x.csv'",
    "SELECT * FROM query('COPY samples TO ''{jail}/x.csv''')",
    "EXPORT DATABASE '{jail}'",
    "ATTACH '{jail}/x.db'",
    "CREATE TABLE t AS SELECT 1",
    "DROP VIEW samples",
    "INSERT INTO assets VALUES (1)",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA enable_profiling",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT * FROM enable_logging('QueryLog', storage='file', storage_config={{'path': '{jail}/log'}})",
    "SELECT * FROM enable_profiling(format='json', save_location='{jail}/profile.json')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_text(':memory:')",
    "SELECT * FROM glob('{jail}/*')",
    "SELECT * FROM read_parquet('{corpus}/manifest/samples.parquet')",
    "SELECT * FROM '{corpus}/manifest/samples.parquet'",
    "SELECT * FROM parquet_metadata('{corpus}/manifest/samples.parquet')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM 'https://127.0.0.1:9/x.csv'",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT getenv('HOME')",
    "SELECT * FROM secret_table",
    "SELECT * FROM connection",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_query_is_one_line_and_leaves_no_trace(
    planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    secret_table = pa.table({"secret": [1]})
    secret = tmp_path / "secret.csv"
    for path in (secret, tmp_path / ":memory:"):
        path.write_text("a,secret\n1,2\n")
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(Problem, match=r"^--sql: ") as caught:
        ask(planned, query.format(jail=tmp_path, secret=secret, corpus=planned))
    assert (len(caught.value.lines), caught.value.exit_code) == (1, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert len(secret_table) == 1


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("", "--sql: give a single SELECT over the tables assets and samples"),
        ("SELECT 1; SELECT 2", "--sql: give a single SELECT"),
        ("SELEC 1", '--sql: Parser Error: syntax error at or near "SELEC"'),
        ("SELECT colour FROM samples", '--sql: Binder Error: Referenced column "colour" not found'),
        ("SELECT * FROM sampls", "--sql: Catalog Error: Table with name sampls does not exist!"),
        ("SELECT file::INT FROM assets", "--sql: Conversion Error: Could not convert string"),
        ("SELECT error('a' || chr(10) || 'b')", "--sql: Invalid Input Error: a b"),
        ("SELECT ?", "--sql: Invalid Input Error: Values were not provided"),
    ],
)
def test_what_is_wrong_with_a_query_is_one_line(planned: Path, query: str, line: str) -> None:
    with pytest.raises(Problem) as caught:
        ask(planned, query)
    assert str(caught.value).startswith(line)
    assert "LINE" not in str(caught.value)
    assert len(caught.value.lines) == 1


def test_bytes_that_are_no_text_are_escaped(planned: Path) -> None:
    assert ask(planned, "SELECT '\udcff'")[1] == [("\\udcff",)]


@pytest.mark.parametrize("presses", [1, 2, 5])
def test_ctrl_c_ends_a_long_query(planned: Path, presses: int) -> None:
    """48^9 rows take years; the signal comes while they are being counted, and again at once, as people press it."""
    tables = ", ".join(f"samples s{number}" for number in range(9))
    code = (
        "import os, signal, sys, threading, time\n"
        "from pathlib import Path\n"
        "from bgfg.data_manifests.corpus import sql\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a run in the background is born with it ignored
        "def press():\n"
        "    for _ in range(int(sys.argv[2])): time.sleep(0.05), os.kill(os.getpid(), signal.SIGINT)\n"
        f"query = 'SELECT sum(hash(s0.sample + s8.sample)) FROM {tables}'\n"
        "register = sql._register_tables\n"
        # The query begins when the tables are registered, and the presses a moment later.
        "sql._register_tables = lambda *given: (register(*given), threading.Timer(0.3, press).start())\n"
        "with sql.run_query(Path(sys.argv[1]), query) as answered:\n"
        "    print(next(answered.rows))"
    )
    command = [sys.executable, "-c", code, str(planned), str(presses)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["assets.parquet", "samples.parquet"])
def test_a_table_that_was_changed_is_not_queried(planned: Path, copy_of: Callable[[Path], Path], name: str) -> None:
    corpus = copy_of(planned)
    path = corpus / "manifest" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(Problem, match=f"{name}: changed since it was planned"):
        ask(corpus, "SELECT 1")
    path.unlink()
    with pytest.raises(Problem, match=f"{name}: missing"):
        ask(corpus, "SELECT 1")


def test_a_table_that_is_none_of_the_corpus_is_not_queried(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(planned)
    (corpus / "manifest/instances.parquet").write_bytes((corpus / "manifest/samples.parquet").read_bytes())
    with pytest.raises(Problem, match="instances"):
        ask(corpus, "SELECT * FROM instances")
