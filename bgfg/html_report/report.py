"""`bgfg report`: the report of a corpus, or of runs, is put together and written as one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.html_report.corpus_content import corpus_content
from bgfg.html_report.page import ORIGIN, render_page
from bgfg.html_report.run_content import runs_content
from bgfg.synth.compose.executor import Executor
from bgfg.synth.overview.corpus_overview import look_over
from bgfg.synth.store.changes import unchanged_meanwhile
from bgfg.synth.store.corpus_card import card_licence
from bgfg.synth.store.outputs import CORPUS, RUN, folder_kind, require_file
from bgfg.train.overview.run_overview import RunOverview

# What a mail takes.
_MOST_BYTES = 8_000_000

DEFAULT_SAMPLES = 8


def write_report(
    sources: Sequence[Path],
    out: Path,
    executor: Executor,
    samples: int = DEFAULT_SAMPLES,
    full: bool = False,
    licence: str | None = None,
) -> int:
    """Write the report of a corpus or of runs.

    Args:
        sources: The folder of a corpus, or of one or more runs.
        out: The file, new or a report that is to be made again.
        executor: Runs the audit of a corpus, and shows progress.
        samples: How many samples of a corpus are shown whole.
        full: Whether the audit of a corpus reads every stored byte.
        licence: Licence of the pictures of a corpus; None for the one that its card has, if it has one.

    Returns:
        Bytes of the file.

    Raises:
        Problem: There is something else at `out`, a source is neither, they don't go together, or the report would be
            too large to be mailed.
    """
    require_page(out)
    if not sources:
        raise Problem("sources: there is none: give a corpus, or runs", exit_code=2)
    kinds = [_kind(source) for source in sources]
    if len(sources) > 1 and CORPUS in kinds:
        told = sources[kinds.index(CORPUS)]
        raise Problem(f"{told}: is a corpus, which has a report of its own: give it alone, or runs alone", exit_code=2)
    text = _of_corpus(sources[0], executor, samples, full, licence) if kinds == [CORPUS] else _of_runs(sources)
    size_bytes = len(text.encode("utf-8"))
    if size_bytes > _MOST_BYTES:
        line = f"{out}: would have {size_bytes:,} bytes, more than the {_MOST_BYTES:,} that a mail takes"
        raise Problem(f"{line}: give {'fewer --samples' if kinds == [CORPUS] else 'fewer runs'}")
    replace_text(out, text)
    return size_bytes


def require_page(out: Path) -> None:
    """Raise Problem where a report can't be written, or would be written over something else."""
    if out.suffix.lower() not in (".html", ".htm"):
        raise Problem(f"{out}: a report is a page: give OUT a name that ends in .html", exit_code=2)
    require_file(out, ORIGIN, "OUT")


def _kind(source: Path) -> str:
    kind = folder_kind(source)
    if kind in (CORPUS, RUN):
        return kind
    if kind or not source.is_dir():
        is_what = f"is {kind}" if kind else "no such folder"
        raise Problem(f"{source}: {is_what}: give the folder of a corpus or of a run", exit_code=2)
    # Says what is missing of it, or that it is damaged.
    return RUN if (source / "run.json").exists() else CORPUS


def _of_corpus(path: Path, executor: Executor, samples: int, full: bool, licence: str | None) -> str:
    overview = look_over(path, executor, full)
    with unchanged_meanwhile(overview.corpus, depth=overview.corpus.manifest.teacher is not None):
        return render_page(
            "corpus.html", overview.name, corpus_content(overview, samples, licence or card_licence(path) or "")
        )


def _of_runs(paths: Sequence[Path]) -> str:
    content = runs_content([RunOverview.load(path) for path in paths])
    return render_page("runs.html", ", ".join(each.label for each in content.runs), content)
