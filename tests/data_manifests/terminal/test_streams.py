"""Results that nobody gets are a failure, told in a line; words that nobody reads are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

PROGRAM = """
import sys
from bgfg import cli
def work(*_, **__):
    print("word\\n" * 5_000, file=sys.stderr)
    {print}
    {end}
cli.command_group.main = work
cli.main()
"""
ECHO, PRINT = "cli.click.echo('result')", "print('result' * 5_000)"

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")


def ended(redirected: str, printed: str, end: str = "pass") -> tuple[int, list[str]]:
    """Run a command with its streams led elsewhere by a shell; return its exit code and its last line on stderr."""
    command = 'set -o pipefail; "$0" -c "$1"' + redirected
    code = PROGRAM.format(print=printed, end=end)
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, code], capture_output=True, text=True, cwd=ROOT, timeout=25
    )
    return done.returncode, [line for line in done.stderr.splitlines() if line != "word" and line]


@pytest.mark.parametrize("printed", [ECHO, PRINT, "print('buffered')"])
def test_results_that_are_not_written_are_a_line_that_names_stdout(printed: str) -> None:
    full = "Error: stdout: No space left on device; mend that and run the same command again"
    assert ended(" >/dev/full", printed) == (1, [full])
    closed = "Error: stdout: was closed before all was written; what is finished is kept"
    assert ended(" | exec 0<&-", f"import time; time.sleep(0.3); {printed}") == (1, [closed])


@pytest.mark.parametrize(("end", "code"), [("pass", 0), ("raise cli.Problem('x', exit_code=2)", 2), ("sys.exit(1)", 1)])
def test_words_that_are_not_written_change_no_exit_code(end: str, code: int) -> None:
    assert ended(" 2>/dev/full", ECHO, end) == (code, [])
    assert ended(" 2> >(exec 0<&-)", f"import time; time.sleep(0.3); {ECHO}", end) == (code, [])
