"""The notebooks run from top to bottom, small; none has outputs, and what they call takes what it is given."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient

from tests.docs.test_blocks import check_call
from tests.support.project import ROOT

NOTEBOOKS = sorted((ROOT / "examples/notebooks").glob("*.ipynb"))
# What stands in the cell of the tag `parameters`, made small.
SMALL = {
    "make_a_corpus": "ROOMS, PEOPLE, PLACES = 5, 5, 2\nSIZE_PX = 64",
    "stream_and_train": "ROOMS, PEOPLE, PLACES = 5, 5, 3\nSIZE_PX, BATCH, STEPS = 64, 8, 2",
}
# A command that fails ends its cell, as it doesn't in a notebook.
FAILING = """
def checked(line, run=get_ipython().system):
    run(line)
    assert not get_ipython().user_ns["_exit_code"], line

get_ipython().system = checked
"""


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_of(path: Path, tag: str = "") -> list[Any]:
    """Return the cells of code, all of them or those of a tag."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    return [cell for cell in cells if not tag or tag in cell.metadata.get("tags", ())]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_has_no_outputs(path: Path) -> None:
    nbformat.validate(read(path))
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code_of(path))
    assert len(code_of(path, "install")) == len(code_of(path, "parameters")) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_calls_takes_what_it_is_given(path: Path) -> None:
    called = 0
    for cell in code_of(path):
        compile(TransformerManager().transform_cell(cell.source), path.name, "exec")
        for line in re.findall(r"^!bgfg (.+)$", cell.source, re.MULTILINE):
            # What stands in capitals is a number or a URL, the rest are options that are built above.
            name, *words = shlex.split(re.sub(r"\{[a-z]+\}", "", re.sub(r"\{[A-Z_]+\}", "64", line)))
            check_call(name, words)
            called += 1
    assert called > 4


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    notebook = read(path)
    notebook.cells = [cell for cell in notebook.cells if "install" not in cell.metadata.get("tags", ())]
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            names = set(re.findall(r"\b[A-Z_]+\b(?=[^#\n]*=)", cell.source))
            assert names == set(re.findall(r"\b[A-Z_]+\b(?=[^#\n]*=)", SMALL[path.stem]))
            cell.source = SMALL[path.stem]
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FAILING))
    path_before = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path_before, "OMP_NUM_THREADS": "1"}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=environment)
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", ()) for output in shown)
    assert not any(output.output_type == "error" for output in shown)
