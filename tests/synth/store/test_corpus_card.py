"""Cards of corpora: valid to those who read them, true as the corpus grows, and never written over what is others'."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bgfg
from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_card import CARD_FILES, card_state, write_corpus_card
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import verify_corpus
from tests.support.class_corpus import make_class_corpus
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import extend, finish

Copy = Callable[[Path], Path]


@pytest.fixture(scope="module", params=["extended", "crowded", "classes", "imported"])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    path = folder / "corpus"
    if request.param == "extended":
        shutil.copytree(request.getfixturevalue("extended"), path)
    elif request.param == "crowded":
        path = make_crowd_corpus(folder, "random", CutoutsPerSample(1, 3))
    elif request.param == "classes":
        path = make_class_corpus(folder)
    else:
        out = folder / "out"
        export_corpus(
            request.getfixturevalue("labelled"), out, ExportRequest("folder", Selection(), image="png"), IN_PROCESS
        )
        import_corpus(out, path, ImportOptions(), IN_PROCESS, False)
    assert write_corpus_card(path, "CC-BY-4.0")
    return path


@pytest.mark.filterwarnings("ignore")
def test_mlcroissant_finds_no_fault_and_reads_the_rows_of_every_table(corpus: Path) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="mlcroissant isn't installed")
    dataset = croissant.Dataset(str(corpus / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    opened = Corpus(corpus)
    assert {each.id for each in dataset.metadata.record_sets} == {
        f"records/{name.removesuffix('.parquet')}" for name in opened.manifest.tables
    }
    rows = list(dataset.records("records/samples"))
    assert [row["records/samples/sample"] for row in rows] == list(range(len(opened)))
    for row in rows[:: max(1, len(rows) // 7)]:
        true = opened[row["records/samples/sample"]].row
        for name in ("background", "visible_px", "split", "image_name"):
            found = row[f"records/samples/{name}"]
            assert (found.decode() if isinstance(found, bytes) else found) == true[name]
    assert len(list(dataset.records("records/assets"))) == len(opened.assets)


def test_every_file_is_described_and_the_store_said_to_have_no_records(corpus: Path) -> None:
    content = json.loads((corpus / "croissant.json").read_text())
    objects = {node["contentUrl"]: node for node in content["distribution"] if node["@type"] == "cr:FileObject"}
    for file, node in objects.items():
        data = (corpus / file).read_bytes()
        assert (node["contentSize"], node["sha256"]) == (f"{len(data)} B", hashlib.sha256(data).hexdigest())
    tables = {str(path.relative_to(corpus)) for path in corpus.rglob("*.parquet")}
    assert objects.keys() == tables | {"manifest/corpus.json"}
    [store] = [node for node in content["distribution"] if node["@id"] == "data.zarr"]
    pixels = {path for pattern in store["includes"] for path in corpus.glob(f"{pattern[:-1]}**/*") if path.is_file()}
    assert pixels == {path for path in corpus.rglob("*") if path.is_file() and "data.zarr" in path.parts}
    assert "data.zarr" not in json.dumps(content["recordSet"])
    assert "no encoding" in content["description"]


def test_the_card_is_what_the_hub_asks_for_and_its_code_runs(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML isn't installed")
    text = (corpus / "README.md").read_text()
    head: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    opened = Corpus(corpus)
    assert head["license"] == "cc-by-4.0"
    assert ("depth-estimation" in head["task_categories"]) == (opened.manifest.teacher is not None)
    assert all(f"`{name}`" in text for name in (*opened.composed_arrays, *opened.classes))
    monkeypatch.chdir(corpus)
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)
    np.testing.assert_array_equal(found["image"], opened[0].image)
    assert found["row"]["image_name"] == opened[0].row["image_name"]
    datasets = pytest.importorskip("datasets", reason="reading Hugging Face datasets back needs datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets.disable_progress_bars()
    rows = datasets.load_dataset(str(corpus), "samples", split="rows", cache_dir=str(tmp_path))
    assert rows["sample"][:] == list(range(len(opened)))


def test_a_corpus_with_a_card_is_sound(corpus: Path) -> None:
    assert not [finding for finding in audit_path(corpus, IN_PROCESS).findings if finding.severity != "note"]
    assert verify_corpus(corpus, IN_PROCESS).strangers == ()
    assert not write_corpus_card(corpus)
    assert "CC-BY-4.0" in (corpus / "README.md").read_text()


def test_it_grows_with_the_corpus_and_keeps_its_licence(copy_of: Copy, composed: Path, more: Path) -> None:
    path = copy_of(composed)
    assert bgfg.card(path, licence="My own: ask me")
    assert "depth-estimation" not in (path / "README.md").read_text()
    finish(path)
    assert "depth-estimation" in (path / "README.md").read_text()
    extend(path, more)
    assert card_state(path).outdated == ()  # what is being added isn't read yet
    finish(path)
    state = card_state(path)
    assert (state.present, state.changed, state.outdated) == (CARD_FILES, (), ())
    assert "`parts/2` brought 1 cut-out" in (path / "README.md").read_text()
    assert json.loads((path / "croissant.json").read_text())["license"] == "My own: ask me"


def test_what_was_changed_by_hand_stays_and_is_told(copy_of: Copy, composed: Path) -> None:
    path = copy_of(composed)
    write_corpus_card(path)
    mine = (path / "README.md").read_text().replace("# Composites", "# My composites")
    (path / "README.md").write_text(mine)
    with pytest.warns(UserWarning, match=r"README.md: was changed by hand, so that it still describes the corpus"):
        bgfg.label(path, workers=1)
    assert (path / "README.md").read_text() == mine
    assert card_state(path).outdated == ()
    with pytest.raises(Problem, match=r"README.md: would be written over, and was changed by hand: move it away"):
        write_corpus_card(path)
    [finding] = [each for each in audit_path(path, IN_PROCESS).findings if each.check == "card"]
    assert (finding.severity, finding.path) == ("note", "README.md")


def test_what_others_wrote_is_never_written_over(copy_of: Copy, composed: Path) -> None:
    path = copy_of(composed)
    (path / "croissant.json").write_text('{"name": "mine"}')
    with pytest.raises(Problem, match=r"croissant.json: would be written over, and wasn't made by bgfg: move it away"):
        write_corpus_card(path)
    assert sorted(entry.name for entry in path.glob("*.*") if entry.is_file()) == [".lock", "croissant.json"]


def test_a_card_of_another_state_is_told(copy_of: Copy, labelled: Path, composed: Path) -> None:
    path = copy_of(labelled)
    other = Path(shutil.copytree(composed, path.with_name("other")))
    for each in (path, other):
        write_corpus_card(each)
    shutil.copy(other / "README.md", path / "README.md")
    found = [each for each in audit_path(path, IN_PROCESS).findings if each.check == "card"]
    assert [(each.severity, each.path) for each in found] == [("warning", "README.md")]
    assert bgfg.card(path)
    assert card_state(path).outdated == ()


def test_a_card_goes_with_the_plan_that_it_describes(copy_of: Copy, composed: Path, options: PlanOptions) -> None:
    path = copy_of(composed)
    write_corpus_card(path)
    plan_corpus(path, replace(options, placements=2), replace=True, workers=1)
    assert card_state(path).present == ()
    with pytest.raises(Problem, match="not all of image, mask is made: run `bgfg compose"):
        write_corpus_card(path)
