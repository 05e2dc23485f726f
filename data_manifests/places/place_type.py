"""Click's types of places: of what is read or written in a folder, in a file, or under a URL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.objects.urls import is_url, require_no_url
from bgfg.data_manifests.terminal.cli_types import NamedText
from bgfg.data_manifests.terminal.errors import Problem


def _of_places(function: str) -> Callable[[str], Any]:
    """Return a function of this package by MODULE:FUNCTION, whose module is imported where a URL is given alone."""
    module, name = function.split(":")
    found: Callable[[str], Any] = getattr(import_module(f"bgfg.data_manifests.places.{module}"), name)
    return found


def _opened(place: str, url: str, ctx: click.Context | None) -> Path:
    """Open what is under a URL until the command is over; whoever completes a command line opens nothing."""
    if ctx is not None and ctx.resilient_parsing:
        return Path(url)
    opened: AbstractContextManager[Path] = _of_places(place)(url)
    return ctx.with_resource(opened) if ctx is not None else ExitStack().enter_context(opened)


class NamedPath(click.Path):
    """A path with a name: empty text, of a shell variable that isn't set, say, would be taken for the folder here.

    A URL would be taken for a folder named `s3:`.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take what is neither empty nor a URL."""
        try:
            require_no_url(str(value), "give its path")
        except Problem as problem:
            self.fail(str(problem), param, ctx)
        if value == "":
            self.fail("'' is no path: give one, such as . for the folder here", param, ctx)
        return super().convert(value, param, ctx)


class Place(NamedPath):
    """A path, or a URL, which becomes the path that stands for it until the command is over."""

    def __init__(self, place: str, **given: Any) -> None:
        """Take what opens a URL, as MODULE:FUNCTION of this package, and what click.Path takes."""
        super().__init__(path_type=Path, **given)
        self._place = place

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a path, or open what is under a URL."""
        if not is_url(str(value)):
            return super().convert(value, param, ctx)
        return _opened(self._place, str(value), ctx)


class NameOrPlace(NamedText):
    """A name or a path, or a URL, which becomes the path that stands for it; gives text."""

    def __init__(self, place: str, is_opened: str = "") -> None:
        """Take what opens a URL, as `Place` does, and what says whether one is opened, or stays text; "" for all."""
        self._place, self._is_opened = place, is_opened

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take what isn't blank, or open what is under a URL."""
        text = super().convert(value, param, ctx)
        if not is_url(text) or (ctx is not None and ctx.resilient_parsing):
            return text
        if self._is_opened and not _of_places(self._is_opened)(text):
            return text
        return str(_opened(self._place, text, ctx))


class ResultsPlace(NamedPath):
    """Where results go: a folder, or a file where the name ends as a file's does; or a URL of either."""

    def __init__(self, *file_suffixes: str) -> None:
        """Take the suffixes by which a file is told."""
        super().__init__(path_type=Path)
        self._file_suffixes = file_suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a path, or open what is under a URL."""
        if not is_url(str(value)):
            return super().convert(value, param, ctx)
        is_file = str(value).lower().endswith(self._file_suffixes)
        return (RESULT_FILE if is_file else RESULTS_PLACE).convert(value, param, ctx)


CORPUS_OR_PICTURES = NameOrPlace("pictures_place:pictures_folder", "pictures_place:holds_pictures")
RUN_OR_CORPUS = NameOrPlace("run_place:run_with_network", "run_place:is_run")
CORPUS_PLACE = Place("corpus_place:corpus_folder")
LISTED_CORPUS = Place("corpus_place:listed_corpus")
CORPUS_OR_RUN = Place("run_place:corpus_or_run")
EXPORT_PLACE = Place("export_place:export_folder")
PICTURES_PLACE = Place("pictures_place:pictures_folder", exists=True, file_okay=False)
PICTURES_READ = Place("pictures_place:pictures_folder")
SHOTS_PLACE = Place("file_place:shots_place")
PAIRS_PLACE = Place("file_place:shots_place", exists=True)
FILE_PLACE = Place("file_place:file_place")
RECIPE_PLACE = Place("file_place:file_place", dir_okay=False)
NETWORK_PLACE = Place("run_place:network_place")
RUN_PLACE = Place("run_place:run_place", file_okay=False)
RESULTS_PLACE = Place("results_place:results_place", file_okay=False)
WHOLE_RESULTS = Place("results_place:whole_results")
RESULT_FILE = Place("results_place:result_file")

NETWORK_NAME = NameOrPlace("run_place:network_place")
WEIGHTS_NAME = NameOrPlace("file_place:weights_place")
