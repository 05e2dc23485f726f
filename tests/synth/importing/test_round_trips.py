"""What an export says beside its pictures comes back with them: classes, instances and cameras."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import verify_corpus
from tests.support.class_corpus import CLASSES, class_options, class_sources
from tests.support.executors import IN_PROCESS


@pytest.fixture(scope="module", params=[None, CutoutsPerSample(1, 3)], ids=["single", "crowded"])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Classes, cameras, and of several cut-outs a scale that is drawn for each."""
    folder = tmp_path_factory.mktemp("classes")
    options = replace(class_options(class_sources(folder / "sources"), request.param), fov_deg=60.0, placements=1)
    if request.param is not None:
        options = replace(options, variety=Variety(scale=(0.8, 1.2)))
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    return Corpus(folder / "corpus")


@pytest.mark.parametrize("form", ["folder", "zips", "coco"])
def test_classes_instances_and_cameras_come_back(corpus: Corpus, tmp_path: Path, form: str) -> None:
    if form == "coco":
        pytest.importorskip("pycocotools", reason="the extra [export] isn't installed")
        pytest.importorskip("ijson", reason="the extra [import] isn't installed")
    export_corpus(corpus.path, tmp_path / "out", export_request(form, image="png"), IN_PROCESS)
    done = import_corpus(tmp_path / "out", tmp_path / "again", ImportOptions(), IN_PROCESS)
    again = Corpus(tmp_path / "again")
    assert again.classes == corpus.classes == CLASSES
    assert again.focal_px == corpus.focal_px
    assert None not in again.focal_px
    assert any("not taken in of instances.csv: scale" in note for note in done.notes) == (
        bool(corpus.manifest.crowd) and form != "coco"
    )
    for sample in corpus:
        same = again[str(sample.row["image_name"])]
        assert same.label == sample.label
        assert same.row["background"] == sample.row["background"]
        seen = [paste for paste in sample.pastes if paste["visible_px"]]
        assert [paste["label"] for paste in same.pastes] == [paste["label"] for paste in seen]
        if form == "folder":
            assert same.row["cutout"] == sample.row["cutout"]
            assert [paste["cutout"] for paste in same.pastes] == [paste["cutout"] for paste in seen]
            assert [paste["instance"] for paste in same.pastes] == [paste["instance"] for paste in seen]
    assert verify_corpus(again.path, IN_PROCESS).problems == []
    assert {f.severity for f in audit_path(again.path, IN_PROCESS).findings} == {"note"}


def test_cropped_composites_have_the_cameras_of_the_crop(corpus: Corpus, tmp_path: Path) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("folder"), IN_PROCESS)
    size_px = 2 * corpus.geometry.height_px, corpus.geometry.width_px
    import_corpus(tmp_path / "out", tmp_path / "again", ImportOptions(size_px), IN_PROCESS)
    assert Corpus(tmp_path / "again").focal_px == tuple(2 * float(str(px)) for px in corpus.focal_px)


def test_samples_that_are_left_out_leave_the_others_their_instances(corpus: Corpus, tmp_path: Path) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("folder", image="png"), IN_PROCESS)
    first = min((tmp_path / "out/bg_fg").iterdir())
    first.write_bytes(b"")
    done = import_corpus(tmp_path / "out", tmp_path / "again", ImportOptions(skip_bad=True), IN_PROCESS)
    assert len(done.manifest.left_out) == 1
    again = Corpus(tmp_path / "again")
    for same in again:
        sample = corpus[f"{Path(str(same.row['image_name'])).stem}.jpeg"]
        seen = [paste for paste in sample.pastes if paste["visible_px"]]
        assert [paste["cutout"] for paste in same.pastes] == [paste["cutout"] for paste in seen]


SAMPLE_HEAD = "image,background,cutout,flipped,split\n"


@pytest.fixture(scope="module")
def four(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four samples, exported as a folder."""
    out = tmp_path_factory.mktemp("four") / "out"
    export_corpus(corpus.path, out, export_request("folder", samples="0:4"), IN_PROCESS)
    return out


def appended(line: str) -> Callable[[str], str]:
    return lambda text: f"{text}{line}\n"


@pytest.mark.parametrize(
    ("file", "spoil", "line"),
    [
        ("labels.csv", lambda _: "a,b\n", "labels.csv: line 1: not the columns cutout,class,label"),
        ("labels.csv", appended("fg001.png,1"), "2 cells, not 3"),
        ("labels.csv", appended("fg001.png,1,elephant"), "fg001.png has two classes"),
        ("labels.csv", appended('fg900.png,1,"a\x1b[31m"'), r"a class called 'a\\x1b"),
        ("labels.csv", appended("fg900.png,1,"), "a class called ''"),
        ("labels.csv", appended('"'), "not readable as CSV"),
        ("labels.csv", appended("x" * 300_000), "not readable as CSV|1 cells, not 3"),
        ("samples.csv", lambda _: "image,background\n", "samples.csv: line 1: not the columns image,background,cutout"),
        ("samples.csv", lambda _: SAMPLE_HEAD + "a.png,,,2,train\n", "flipped '2', split 'train'"),
        ("samples.csv", lambda _: SAMPLE_HEAD + "a.png,,,,dev\n", "flipped '', split 'dev'"),
        ("samples.csv", lambda _: SAMPLE_HEAD + 2 * "a.png,,,,val\n", "a.png is listed twice"),
        ("cameras.csv", appended("bg001.jpeg,31,24,wide,1,1,1,told"), "a camera that isn't told in numbers"),
        ("cameras.csv", appended("bg001.jpeg,32,24,nan,nan,16,12,told"), "no camera with square pixels"),
        ("cameras.csv", appended("bg001.jpeg,32,24,inf,inf,16,12,told"), "no camera with square pixels"),
        ("cameras.csv", appended("bg001.jpeg,32,24,20,20,0,0,told"), "no camera with square pixels"),
        ("cameras.csv", appended("bg001.jpeg,32,24,20,20,16,12,hearsay"), "a focal length from 'hearsay'"),
        ("instances.csv", lambda text: text.replace(",1,", ",999,", 1), "instance '999', which isn't 1 to 255"),
        ("instances.csv", lambda text: text + text.splitlines()[1] + "\n", "is listed twice"),
    ],
)
def test_a_list_that_is_none_is_named(
    corpus: Corpus, four: Path, tmp_path: Path, file: str, spoil: Callable[[str], str], line: str
) -> None:
    if file == "instances.csv" and corpus.manifest.crowd is None:
        pytest.skip("samples of one cut-out have no such list")
    path = Path(shutil.copytree(four, tmp_path / "out")) / file
    path.write_text(spoil(path.read_text() if path.exists() else ""))
    with pytest.raises(Problem, match=line):
        import_corpus(tmp_path / "out", tmp_path / "again", ImportOptions(), IN_PROCESS)
    assert not (tmp_path / "again").exists()


def test_a_list_without_an_export_is_told(corpus: Corpus, tmp_path: Path) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("folder"), IN_PROCESS)
    (tmp_path / "out/export.json").unlink()
    done = import_corpus(tmp_path / "out", tmp_path / "again", ImportOptions(), IN_PROCESS)
    assert any("classes of cut-outs aren't taken in" in note for note in done.notes)


def test_annotations_stand_for_masks_in_an_audit(corpus: Corpus, tmp_path: Path) -> None:
    pytest.importorskip("pycocotools", reason="the extra [export] isn't installed")
    pytest.importorskip("ijson", reason="the extra [import] isn't installed")
    out = tmp_path / "out"
    export_corpus(corpus.path, out, export_request("coco"), IN_PROCESS)
    findings = audit_path(out, IN_PROCESS).findings
    assert {finding.severity for finding in findings} == {"note"}
    [note] = [f.message for f in findings if f.check == "kind-absent" and "mask" in f.message]
    assert "annotations are in annotations/instances_" in note
    file = min((out / "annotations").iterdir())
    told = json.loads(file.read_text())
    unlisted = told["images"].pop()["file_name"]
    file.write_text(json.dumps(told))
    missing = {
        (f.check, f.path.rpartition("/")[2]) for f in audit_path(out, IN_PROCESS).findings if f.severity == "error"
    }
    assert missing == {("missing-mask", unlisted)}
    told["images"][0]["file_name"] = "elsewhere.jpeg"
    file.write_text(json.dumps(told))
    [error] = [f for f in audit_path(out, IN_PROCESS).findings if f.check == "annotations"]
    assert "1 picture of COCO files aren't there (elsewhere.jpeg)" in error.message


def test_options_that_change_nothing_are_told(corpus: Corpus, tmp_path: Path) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("folder", image="png"), IN_PROCESS)
    (tmp_path / "out/samples.csv").unlink()  # which says the splits
    options = ImportOptions(depth_scale_m=0.01, seed=3)
    done = import_corpus(tmp_path / "out", tmp_path / "again", options, IN_PROCESS)
    assert [note for note in done.notes if "nothing is changed" in note] == [
        "--depth-scale: nothing is changed by it, for there are no depth maps"
    ]
    for number, path in enumerate(sorted((tmp_path / "out/bg_fg").iterdir())):
        for kind, file in (("images", path), ("masks", tmp_path / "out/bg_fg_mask" / f"{path.stem}_mask.png")):
            (tmp_path / "set" / ("train", "val")[number % 2] / kind).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, tmp_path / "set" / ("train", "val")[number % 2] / kind / path.name)
    done = import_corpus(tmp_path / "set", tmp_path / "splits", options, IN_PROCESS)
    told = [note for note in done.notes if "nothing is changed" in note]
    assert "--seed: nothing is changed by it, for the splits are those of the set" in told


def test_the_lists_are_those_that_exports_write(corpus: Corpus, tmp_path: Path) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("folder"), IN_PROCESS)
    with (tmp_path / "out/labels.csv").open() as file:
        listed = {row["cutout"]: row["label"] for row in csv.DictReader(file)}
    assert listed.keys() == {path.name for path in (tmp_path / "out/fg").iterdir()}


@pytest.mark.parametrize("form", ["folder", pytest.param("zips", marks=pytest.mark.slow)])
def test_an_imported_corpus_comes_back_whatever_its_names_are(corpus: Corpus, tmp_path: Path, form: str) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("folder", image="png"), IN_PROCESS)
    for number, image in enumerate(sorted((tmp_path / "out/bg_fg").iterdir())):
        mask = tmp_path / f"out/bg_fg_mask/{image.stem}_mask.png"
        (tmp_path / "set/images").mkdir(parents=True, exist_ok=True)
        (tmp_path / "set/masks").mkdir(exist_ok=True)
        shutil.copy(image, tmp_path / f"set/images/walk-{number}.png")
        shutil.copy(mask, tmp_path / f"set/masks/walk-{number}.png")
    shutil.copytree(tmp_path / "out/bg", tmp_path / "set/backgrounds")
    for folder, name in (("set", "named"), ("out", "numbered")):
        import_corpus(tmp_path / folder, tmp_path / name, ImportOptions(), IN_PROCESS)
        once = Corpus(tmp_path / name)
        export_corpus(once.path, tmp_path / f"{name}_out", export_request(form, image="png"), IN_PROCESS)
        import_corpus(tmp_path / f"{name}_out", tmp_path / f"{name}_again", ImportOptions(), IN_PROCESS)
        twice = Corpus(tmp_path / f"{name}_again")
        assert (twice.classes, twice.focal_px, len(twice)) == (once.classes, once.focal_px, len(once))
        for sample in once:
            same = twice[str(sample.row["image_name"])]
            kept = dict(sample.row) | ({"cutout": None} if form == "zips" else {})
            assert {column: same.row[column] for column in kept if column != "sample"} == {
                column: value for column, value in kept.items() if column != "sample"
            }
            assert [paste["label"] for paste in same.pastes] == [paste["label"] for paste in sample.pastes]


@pytest.mark.parametrize("form", ["folder", "zips"])
def test_splits_come_back_and_those_that_stay_empty_are_said(corpus: Corpus, tmp_path: Path, form: str) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request(form), IN_PROCESS)
    done = import_corpus(tmp_path / "out", tmp_path / "again", ImportOptions(), IN_PROCESS)
    again = Corpus(tmp_path / "again")
    for sample in corpus:
        split = str(sample.row["split"])
        assert again[str(sample.row["image_name"])].row["split"] == ("mixed" if split == "seen" else split)
    there = {str(sample.row["split"]) for sample in corpus}
    said = [note for note in done.notes if note.startswith("no samples of the split")]
    assert bool(said) == bool({"train", "val", "test"} - there)


def test_splits_that_are_drawn_and_stay_empty_are_said_with_what_helps(corpus: Corpus, tmp_path: Path) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("folder"), IN_PROCESS)
    (tmp_path / "out/samples.csv").unlink()
    for split, is_asked in (("98/1/1", True), ("100/0/0", False)):
        options = ImportOptions(split=split)
        done = import_corpus(tmp_path / "out", tmp_path / "again", options, IN_PROCESS, replace_other=True)
        there = {str(sample.row["split"]) for sample in Corpus(tmp_path / "again")}
        said = [note for note in done.notes if note.startswith("no samples of the split")]
        assert bool(said) == (is_asked and not {"val", "test"} <= there)
        assert all("give --split with larger shares" in note for note in said)


def test_the_card_of_an_imported_corpus_says_what_is_there(corpus: Corpus, tmp_path: Path) -> None:
    export_corpus(corpus.path, tmp_path / "out", export_request("zips"), IN_PROCESS)
    import_corpus(tmp_path / "out", tmp_path / "again", ImportOptions(), IN_PROCESS)
    for form in ("folder", "yolo", "parquet"):
        export_corpus(tmp_path / "again", tmp_path / form, export_request(form), IN_PROCESS)
        card = (tmp_path / form / "README.md").read_text()
        assert "Of no sample the cut-outs are known, so that none are here." in card
        assert "bg031" not in card
        assert "odd cut-out" not in card
    assert "the mask `NAME_mask`" in (tmp_path / "folder/README.md").read_text()
    assert not (tmp_path / "folder/fg").exists()


def test_a_card_says_that_distractors_are_in_no_label(tmp_path: Path) -> None:
    options = replace(class_options(class_sources(tmp_path / "sources")), variety=Variety(distractors=(0, 2)))
    plan_corpus(tmp_path / "corpus", options, replace=False, workers=1)
    compose_corpus(tmp_path / "corpus", IN_PROCESS)
    export_corpus(tmp_path / "corpus", tmp_path / "out", export_request("folder"), IN_PROCESS)
    assert "- Distractors, cut-outs that stand behind" in (tmp_path / "out/README.md").read_text()
