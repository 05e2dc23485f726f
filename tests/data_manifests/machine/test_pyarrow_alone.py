"""pyarrow without pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pandas", reason="there is no pandas to be left out")


def test_commands_import_no_pandas_and_whatever_else_wants_it_gets_it(planned: Path) -> None:
    code = (
        "import sys; sys.argv = ['bgfg', *sys.argv[1:]]\n"
        "from bgfg import cli; cli.main()\n"
        "assert 'pyarrow' in sys.modules and 'pandas' not in sys.modules\n"
        "import pandas, pyarrow; assert len(pandas.DataFrame({'a': [1, 2]})) == 2; pyarrow.array([1])"
    )
    subprocess.run([sys.executable, "-c", code, "show", str(planned)], check=True)


def test_pandas_is_left_to_other_programs_that_import_bgfg(planned: Path) -> None:
    code = (
        "import sys, bgfg; print(bgfg.open_corpus(sys.argv[1]).manifest.digest[:4])\n"
        "import pyarrow; print(pyarrow.table({'a': [1]}).to_pandas())"
    )
    subprocess.run([sys.executable, "-c", code, str(planned)], check=True)
