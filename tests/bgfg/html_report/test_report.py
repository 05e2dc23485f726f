"""A report says what there is of a corpus or of runs, in one file that runs, loads and sends nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.html_report import report
from bgfg.html_report.report import write_report
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.preview import spread_samples
from bgfg.synth.store.corpus import Corpus
from tests.bgfg.html_report.pages import Page
from tests.support.class_corpus import class_options, class_sources
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.project import ROOT
from tests.support.tiny_corpus import K
from tests.train.overview.test_run_overview import make_run

# What would run if a text of a user's came into a page as it is; a file can't have a slash in its name.
MARKUP = "<img src=x onerror=alert(1)>"
CLOSING = "</title></style></pre><script>alert(1)</script>"


def page_of(tmp_path: Path, *sources: Path, **given: Any) -> Page:
    out = tmp_path / "report.html"
    assert write_report(sources, out, IN_PROCESS, **given) == out.stat().st_size
    return Page(out)


def test_a_corpus_is_shown_with_its_samples_statistics_and_findings(tmp_path: Path, labelled: Path) -> None:
    page = page_of(tmp_path, labelled, samples=3, licence="CC-BY-4.0")
    corpus = Corpus(labelled)
    for word in (
        *("3 backgrounds × 2 cut-outs × 2 (flips) × 4 placements", corpus.manifest.digest, "CC-BY-4.0"),
        *(
            "Where people are seen",
            "Depth of people",
            "Foreground in a picture",
            "Samples by split",
            "Colours of composites",
        ),
        *("bgfg plan corpus --bg BACKGROUNDS --fg CUTOUTS --bg-depth DEPTH --recipe recipe.toml", "placements = 4"),
        *("recognised", "corpus = bgfg.Corpus('corpus')"),
    ):
        assert word in page.words
    assert str(labelled) not in page.text  # where it lies is nobody else's business
    assert [alt for alt in page.images if alt == "composite"] == ["composite"] * 3
    again = (tmp_path / "report.html").read_bytes()
    page_of(tmp_path, labelled, samples=3, licence="CC-BY-4.0")  # made again over itself, the same bytes
    assert (tmp_path / "report.html").read_bytes() == again


def test_what_is_not_made_yet_is_told(
    tmp_path: Path, planned: Path, composed: Path, labelled: Path, copy_of: Callable[[Path], Path]
) -> None:
    words = page_of(tmp_path, planned).words
    assert "not made yet: 0 of 48 samples have image, mask" in words
    assert "None can be shown" in words
    assert "no depth: it isn't labelled" in page_of(tmp_path, composed).words
    corpus = Corpus(copy_of(labelled))
    corpus.mark_path("mask", 1).unlink()
    page = page_of(tmp_path, corpus.path)
    assert "half made: 32 of 48 samples have mask" in page.words
    assert "missing-mask" in page.words
    assert "16 samples: 16 to 31" in page.words
    assert f"bgfg compose {corpus.path.name}" in page.words


def test_damage_is_told_and_the_rest_shown(tmp_path: Path, labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(labelled))
    path = corpus.chunk_path("image", 1)
    data = bytearray(path.read_bytes())
    data[20] ^= 1  # in the first block of the shard
    path.write_bytes(data)
    page = page_of(tmp_path, corpus.path, full=True, samples=48)
    assert "doesn't match its checksum" in page.words
    first = corpus.samples_of(1).start
    whole = {sample for sample in spread_samples(corpus, 48) if sample not in range(first, first + K)}
    assert len(whole & {*corpus.samples_of(1)}) > 0  # of the same shard
    assert page.images.count("composite") == len(whole)
    assert "Foreground in a picture" in page.words
    assert "stored" in page.words


@pytest.mark.parametrize("kind", ["extended", "crowded", "classes", "imported"])
def test_every_kind_of_corpus_has_a_report(tmp_path: Path, extended: Path, kind: str) -> None:
    if kind == "extended":
        words = page_of(tmp_path, extended).words
        assert "then 2 backgrounds" in words
        assert words.count("--extend") == 2
    if kind == "crowded":
        path = make_crowd_corpus(tmp_path, "random", CutoutsPerSample(2, 3))
        page = page_of(tmp_path, path, samples=2)
        assert "Cut-outs in a sample" in page.words
        assert any(re.fullmatch("[23] instances", alt) for alt in page.images)
    if kind == "classes":
        plan_corpus(tmp_path / "corpus", class_options(class_sources(tmp_path)), False, 1)
        words = page_of(tmp_path, tmp_path / "corpus").words
        assert "Cut-outs of samples by class" in words
    if kind == "imported":
        pictures = tmp_path / "pictures"
        (pictures / "masks").mkdir(parents=True)
        (pictures / "images").mkdir()
        corpus = Corpus(extended)
        for i in range(3):
            save_png(corpus.read("image", 9 * i), pictures / f"images/a{i}.png")
            save_png(corpus.read("mask", 9 * i)[..., None].repeat(3, axis=2), pictures / f"masks/a{i}.png")
        import_corpus(pictures, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
        words = page_of(tmp_path, tmp_path / "corpus").words
        assert "imported: its pictures are as they were given" in words
        assert "None are known" in words


def test_no_text_of_a_users_comes_into_the_page_of_a_corpus_as_markup(tmp_path: Path) -> None:
    sources = class_sources(tmp_path / "sources")
    for folder in [*(sources / "fg").iterdir()]:
        folder.rename(folder.with_name(f"{folder.name}{MARKUP}"))
    for picture in [*(sources / "bg").iterdir()]:
        picture.rename(picture.with_name(f'"><svg onload=alert(1)>{picture.name}'))
    path = tmp_path / f"'\"{MARKUP}"
    plan_corpus(path, class_options(sources), False, 1)
    (path / "manifest/recipe.toml").write_text(f"# {CLOSING}\n")
    (path / MARKUP).touch()  # a stranger, which the audit finds
    compose_corpus(path, IN_PROCESS)
    page = page_of(tmp_path, path, licence=CLOSING)
    for text in (MARKUP, '"><svg onload=alert(1)>', CLOSING, f"stranger {MARKUP}"):
        assert text in page.words
    assert any("<svg onload" in alt for alt in page.images)
    assert str(tmp_path) not in page.text


def test_no_text_of_a_users_comes_into_the_page_of_runs_as_markup(tmp_path: Path) -> None:
    path = make_run(
        tmp_path / f'"{MARKUP}', device=CLOSING, classes=[MARKUP], versions={MARKUP: CLOSING}, digest=MARKUP
    )
    record = (path / "run.json").read_text().replace('"tiny"', '"</svg><b>"').replace('"log"', '"<script>"')
    (path / "run.json").write_text(record)
    page = page_of(tmp_path, path, make_run(tmp_path / "other"))
    for text in (f'"{MARKUP}', CLOSING, MARKUP, "</svg><b>", "<script>", "<b>x</b>"):
        assert text in page.words


def test_runs_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    runs = [make_run(tmp_path / "a/first", lr=3), make_run(tmp_path / "first", evaluation=False)]
    page = page_of(tmp_path, *runs)
    assert "a/first, " in page.words
    assert "first: not evaluated yet" in page.words
    assert page.words.count("mask IoU") == 2  # the summary, and among all tables
    assert len(page.images) == 3  # two sheets, and the cases
    one = page_of(tmp_path, runs[0])
    assert "predictions of first after 20 steps" in one.images
    assert "val_iou 0.75" in one.words
    assert "a/first (1), a/first (2)" in page_of(tmp_path, runs[0], runs[0]).words


def test_what_a_report_is_of_and_where_it_goes_is_checked_first(tmp_path: Path, labelled: Path) -> None:
    run, out = make_run(tmp_path / "run"), tmp_path / "new.html"
    for sources, said in (
        ([run, labelled], "corpus: is a corpus, which has a report of its own"),
        ([tmp_path / "gone"], "gone: no such folder: give the folder of a corpus or of a run"),
        ([run / "sheets"], "sheets: not a planned corpus"),
        ([run / "evaluation-0b5b"], "is a folder of an evaluation: give the folder of a corpus or of a run"),
    ):
        with pytest.raises(Problem, match=said):
            write_report(sources, out, IN_PROCESS)
    assert not out.exists()
    out.write_text("mine")
    with pytest.raises(Problem, match="wasn't made by bgfg"):
        write_report([run], out, IN_PROCESS)


def test_a_corpus_that_changes_or_goes_meanwhile_is_told(
    tmp_path: Path, labelled: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copy_of(labelled)

    def go(*_: object) -> None:
        shutil.rmtree(path / "manifest")

    monkeypatch.setattr(report, "corpus_content", go)
    with pytest.raises(Problem, match="planned or labelled anew while it was read: run the same command again"):
        write_report([path], tmp_path / "new.html", IN_PROCESS)
    assert not (tmp_path / "new.html").exists()


def test_a_report_that_no_mail_takes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_MOST_BYTES", 1_000)
    with pytest.raises(Problem, match="more than the 1,000 that a mail takes: give fewer runs"):
        write_report([make_run(tmp_path / "run")], tmp_path / "new.html", IN_PROCESS)


def test_there_is_one_way_for_texts_into_pages() -> None:
    room = ROOT / "bgfg/html_report"
    for path in [*room.glob("*.py"), *room.glob("templates/*")]:
        text = path.read_text()
        for word in ("Markup", "|safe", "| safe", "autoescape=False", "autoescape false", "|xmlattr", "<script"):
            assert word not in text, path


def test_a_damaged_manifest_is_a_problem(tmp_path: Path, labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    path = copy_of(labelled)
    file = path / "manifest/corpus.json"
    file.write_text(file.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(Problem, match="changed by hand"):
        write_report([path], tmp_path / "new.html", IN_PROCESS)
