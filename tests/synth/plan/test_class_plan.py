"""A corpus of classes: planned, held to its labels, read; and one without, which is what it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from bgfg.data_manifests.cli.show import show
from bgfg.data_manifests.corpus.manifest_file import load_manifest, save_manifest
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify import verify_corpus
from tests.support.class_corpus import CLASSES, class_options, class_sources, make_class_corpus
from tests.support.executors import IN_PROCESS
from tests.support.resealed_tables import fill_column


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("classes")
    make_class_corpus(path, of_each=3)
    return path


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_class_corpus(tmp_path_factory.mktemp("crowded"), CutoutsPerSample(1, 3), of_each=3)


def test_each_sample_has_the_class_of_the_folder_of_its_cutout(folder: Path) -> None:
    corpus = Corpus(folder / "corpus")
    assert corpus.classes == CLASSES
    files = [row["file"] for row in pq.read_table(corpus.path / "manifest/assets.parquet").to_pylist()]
    of_cutouts = [file.rpartition("/")[0] for file in files[corpus.geometry.backgrounds :]]
    assert list(corpus.cutout_labels) == of_cutouts
    assert [CLASSES[number - 1] for number in corpus.cutout_classes] == of_cutouts
    for sample in corpus:
        assert sample.label == sample.row["label"] == of_cutouts[sample.row["cutout"]]
    labels = {label: {s.row["split"] for s in corpus if s.label == label} for label in CLASSES}
    assert all({"train", "val", "test"} <= splits for splits in labels.values())


def test_each_paste_has_the_class_of_its_cutout(crowded: Path) -> None:
    corpus = Corpus(crowded)
    rows = pq.read_table(crowded / "manifest/instances.parquet").to_pylist()
    assert {row["label"] for row in rows} == {*CLASSES}
    assert all(row["label"] == corpus.cutout_labels[row["cutout"]] for row in rows)
    assert [paste for sample in corpus for paste in sample.pastes] == rows
    assert not verify_corpus(crowded, IN_PROCESS, recompose=True).problems


def test_the_same_plan_goes_on_and_another_reading_is_refused(folder: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(folder / "corpus", tmp_path / "corpus"))
    options = class_options(folder / "sources")
    assert plan_corpus(path, options, replace=False, workers=1).unchanged
    with pytest.raises(Problem, match=r"classes of --fg: pet \(was ant, red, cat, düg\)"):
        plan_corpus(path, replace(options, label="pet", subfolders="merge"), replace=False, workers=1)


def test_labels_do_not_touch_pixels_and_the_default_writes_none(folder: Path, tmp_path: Path) -> None:
    sources = class_sources(tmp_path / "sources", of_each=3)
    flat = tmp_path / "sources/flat"
    flat.mkdir()
    for label in CLASSES:
        for file in (sources / "fg" / label).iterdir():
            shutil.copy(file, flat / f"{label}{file.name}")
    options = replace(class_options(sources), fg=flat)
    unnamed, named, default = (
        plan_corpus(tmp_path / name, replace(options, label=label), replace=False, workers=1)
        for name, label in (("unnamed", None), ("named", "pet"), ("default", "foreground"))
    )
    # The order of the cut-outs is that of the classes, so even the digest is the same.
    digest = Corpus(folder / "corpus").manifest.digest
    assert {unnamed.manifest.digest, named.manifest.digest, default.manifest.digest} == {digest}
    assert [a.split for a in unnamed.assets] == [a.split for a in named.assets]
    assert unnamed.manifest.tables == default.manifest.tables
    assert "classes" not in unnamed.manifest.to_dict()
    assert named.manifest.to_dict()["classes"] == ["pet"]
    for name in ("assets", "samples"):
        columns = pq.read_schema(tmp_path / f"unnamed/manifest/{name}.parquet").names
        assert "label" not in columns
        assert columns == [
            column for column in pq.read_schema(tmp_path / f"named/manifest/{name}.parquet").names if column != "label"
        ]
    assert Corpus(tmp_path / "unnamed").classes == ("foreground",)
    assert not verify_corpus(tmp_path / "named", IN_PROCESS).problems[1:]  # but for what isn't composed


def test_a_thin_class_and_one_that_contradicts_another_are_named(tmp_path: Path) -> None:
    sources = class_sources(tmp_path / "sources", of_each=3)
    shutil.copy(sources / "fg/cat/img0.png", sources / "fg/düg/other.png")
    (sources / "fg/cat/img2.png").unlink()
    planned = plan_corpus(tmp_path / "corpus", class_options(sources), replace=False, workers=1)
    [note] = [note for note in planned.notes if note.startswith("class cat: ")]
    assert "none of its 2 cut-outs is in " in note
    [warning] = [line for line in planned.warnings if "another class" in line]
    assert warning.startswith("1 near-duplicate of a cut-out of another class (düg/other.png like cat/img0.png): ")


def _relabel(table: str, label: str) -> Callable[[Path], None]:
    return lambda corpus: fill_column(corpus, table, "label", label)


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (_relabel("samples.parquet", "cat"), "samples.parquet: label of background 0 aren't what was drawn"),
        (_relabel("instances.parquet", "cat"), "instances.parquet: label of background 0 aren't what was drawn"),
        (_relabel("assets.parquet", "cat"), "aren't those of this corpus"),
    ],
)
def test_labels_are_held_to_the_assets(
    crowded: Path, tmp_path: Path, damage: Callable[[Path], None], line: str
) -> None:
    path = Path(shutil.copytree(crowded, tmp_path / "corpus"))
    damage(path)
    assert any(line in problem for problem in verify_corpus(path, IN_PROCESS).problems)


def test_classes_of_another_list_are_found(crowded: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(crowded, tmp_path / "corpus"))
    file = path / "manifest/corpus.json"
    save_manifest(replace(load_manifest(file), classes=("ant, red", "cat", "dog")), file)
    problems = verify_corpus(path, IN_PROCESS).problems
    assert any("its labels aren't the classes of corpus.json" in line for line in problems)
    with pytest.raises(Problem, match=r"corpus.json has no class 'düg'"):
        _ = Corpus(path).cutout_classes


def told(corpus: Path, *arguments: str) -> str:
    return CliRunner().invoke(show, [str(corpus), *arguments], catch_exceptions=False).stdout


def test_show_lists_classes_and_filters_by_them(folder: Path) -> None:
    corpus = folder / "corpus"
    lines = told(corpus).splitlines()
    [head] = [number for number, line in enumerate(lines) if line.split() == ["class", "label", "cut-outs", "train", "val", "test", "samples"]]  # fmt: skip  # noqa: E501
    assert lines[head + 2].split() == ["2", "cat", "3", "1", "1", "1", "36"]
    assert told(corpus, "--table", "assets", "--where", "label=cat", "--json").count('"cat"') == 6
    assert told(corpus, "--table", "samples", "--where", "label=cat", "--columns", "label", "--json").count("cat") == 36
    with pytest.raises(Problem, match="--where label=dgo: no class 'dgo'; there are ant, red, cat, düg"):
        told(corpus, "--table", "samples", "--where", "label=dgo")


def test_a_corpus_without_classes_is_filtered_by_the_default_one(planned: Path) -> None:
    asked = ("--table", "samples", "--columns", "label", "--json", "--where")
    assert told(planned, *asked, "label=foreground").count("foreground") == len(Corpus(planned))
