"""What README and docs tell to call runs, page by page, in a folder with all that they name.

Of targets of make, what they call of bgfg is run; those that call none are known to be there by test_blocks.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.doc_blocks import PAGES, blocks
from tests.support.doc_world import make_world, prepare, run_block

RUN = {
    page: [block for block in blocks(page) if block.language in ("console", "python") and not block.not_run]
    for page in PAGES
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("page", [page for page, run in RUN.items() if run])
def test_a_page_runs(page: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # other processes would have to import everything
    folder = shutil.copytree(world, tmp_path / "world")
    prepare(folder, page)
    monkeypatch.chdir(folder)
    for block in RUN[page]:
        run_block(block)
