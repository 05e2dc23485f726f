"""Reports in Chromium: on a phone, in light and dark, for everybody, and without an error in the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra [app] isn't installed")
from bgfg.html_report.report import write_report
from tests.support.accessibility import require_for_everybody
from tests.support.app_server import watched
from tests.support.chromium import chromium, playwright
from tests.support.executors import IN_PROCESS
from tests.train.overview.test_run_overview import make_run

# Of Playwright: its own loop and pipes.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with playwright() as driver, chromium(driver) as browser:
        yield browser.new_page()


def test_reports_are_for_everybody(page: Any, labelled: Path, planned: Path, tmp_path: Path) -> None:
    runs = [make_run(tmp_path / "first"), make_run(tmp_path / "second", evaluation=False)]
    wrong = watched(page, "file://")
    for sources in ([labelled], [planned], runs, runs[:1]):
        write_report(sources, tmp_path / "report.html", IN_PROCESS)
        require_for_everybody(page, (tmp_path / "report.html").as_uri())
    assert wrong == []
