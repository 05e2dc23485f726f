"""Pages of the app: each path has a template, whose escapes let nothing of a corpus be more than text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException

from bgfg.app.corpus_pages import CorpusPages
from bgfg.app.messages import MESSAGE_BYTES, PART_BYTES
from bgfg.app.runs_pages import run_values
from bgfg.data_manifests.images.listing import VIDEO_SUFFIXES
from bgfg.html_report.page import make_environment

TABS = {"/corpus": "Corpus", "/model": "Model", "/runs": "Runs"}


class Pages:
    """Makes the pages.

    Args:
        corpus: Folder or URL of the corpus that is looked at; None for none.
        runs: Folders of the runs that are looked at.
        networks: Names of the networks that are offered.
    """

    def __init__(self, corpus: str | None, runs: Sequence[Path], networks: Sequence[str]) -> None:
        self._environment = make_environment(Path(__file__).with_name("templates"))
        self._environment.filters["zip_self"] = lambda names: [(name, name) for name in names]
        self._corpus = CorpusPages(corpus) if corpus else None
        self._runs, self._networks = runs, networks

    def show(self, path: str, query: Mapping[str, str]) -> str:
        """Return the page of a path; raise Problem or HTTPException where it can't be shown."""
        match path.rstrip("/").split("/")[1:]:
            case ["corpus", *_] if self._corpus:
                template, values = self._corpus.values(path, query)
                return self._page(path, template, **values)
            case ["model"]:
                limits = {"message": MESSAGE_BYTES, "part": PART_BYTES, "videos": VIDEO_SUFFIXES}
                return self._page(path, "model.html", networks=self._networks, limits=limits)
            case ["runs"] if self._runs:
                return self._page(path, "runs.html", **run_values(self._runs, query))
            case ["corpus" | "runs" as what]:
                return self._page(path, "nothing.html", what=what)
        raise HTTPException(404, f"{path}: there is no such page")

    def failure(self, path: str, text: str) -> str:
        """Return a page that says what is wrong."""
        return self._page(path, "failure.html", text=text)

    def _page(self, path: str, template: str, **values: Any) -> str:
        tab = next((start for start in TABS if path.startswith(start)), "")
        return self._environment.get_template(template).render(tabs=TABS, tab=tab, **values)
