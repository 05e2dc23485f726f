"""Corpora in which something varies, from the plan to the labels, held to slow versions pixel by pixel."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.records import CorpusRecords, TableQuery
from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.images.resampling.cutout_shape import CutoutShape, blur_radius_px, premultiplied
from bgfg.data_manifests.images.resampling.exact_resize import resize_rgba
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.occlusion import foot_pixel
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.cli.plan import plan
from bgfg.synth.cli.preview import preview
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.scene_kinds import kinds_of_sample
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.plan.extend import extend_corpus
from bgfg.synth.plan.options import ExtendOptions, PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.preview import kinds_sheet
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.sample import Sample
from bgfg.synth.verify.verify import verify_corpus
from tests.support import references
from tests.support.crowd_corpus import crowd_options, crowd_sources, stage_sources
from tests.support.executors import IN_PROCESS

Row = dict[str, Any]

SHAPES = Variety((0.5, 1.5), 25.0, 40, (0, 2), blur_px=0.8)
LOOKS = Variety(distractors=(0, 2), blur_px=0.8, colour_match=(0, 1), shadow=(0.3, 0.7), blend=("alpha", "poisson"))
CASES = {
    "shapes": ("random", None, SHAPES),
    "crowd": ("random", CutoutsPerSample(1, 3), SHAPES),
    "grid": ("grid", None, dataclasses.replace(SHAPES, truncate_percent=0)),
    "looks": ("random", None, dataclasses.replace(LOOKS, scale=(0.5, 1.5), rotate_deg=15.0)),
    "stage": ("perspective", CutoutsPerSample(1, 3), dataclasses.replace(LOOKS, throw_shadows=True)),
    "blends": ("random", None, Variety(blend=("alpha", "gaussian", "poisson"), blend_each=True, scale=(0.8, 1.2))),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("varied")
    return {"perspective": stage_sources(folder / "stage"), "random": crowd_sources(folder / "crowd")}


def options(folders: dict[str, Path], case: str, **changes: Any) -> PlanOptions:
    rule, crowd, variety = CASES[case]
    sources = folders["perspective" if rule == "perspective" else "random"]
    return dataclasses.replace(crowd_options(sources, crowd, rule), variety=variety, **changes)


@pytest.fixture(scope="module", params=CASES)
def corpus(
    request: pytest.FixtureRequest, folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Corpus:
    path = tmp_path_factory.mktemp(request.param) / "corpus"
    few = {"placements": 1} if request.param == "blends" else {}
    plan_corpus(path, options(folders, request.param, **few), replace=False, workers=1)
    compose_corpus(path, IN_PROCESS)
    label_corpus(path, "layered", IN_PROCESS)
    return Corpus(path)


def some(corpus: Corpus, step: int) -> list[Sample]:
    return [corpus[i] for i in range(0, len(corpus), step)]


def distractors(corpus: Corpus, sample: Sample) -> list[Row]:
    if "distractors.parquet" not in corpus.manifest.tables:
        return []
    rows = pq.read_table(corpus.path / "manifest/distractors.parquet").to_pylist()
    return [row for row in rows if row["sample"] == sample.row["sample"]]


def placed(corpus: Corpus, sample: Sample, paste: Row) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A paste as the tables say, premultiplied, and its alpha before anything hides it."""
    variety, f = corpus.manifest.variety, paste["cutout"]
    assert variety is not None
    height_px, width_px = corpus.cutout_sizes_px[f]
    rgba = corpus.read("cutout", f)[:height_px, :width_px]
    shape = CutoutShape(
        round(1000 * paste.get("scale", 1)),
        round(1000 * paste.get("rotation_deg", 0)),
        round(1000 * sample.row.get("blur_px", 0)),
        blur_radius_px(1_500) if "gaussian" in variety.blend else 0,
    )
    is_stage = corpus.manifest.placement_rule == "perspective"
    if is_stage:
        margin = 2 * shape.margin_px
        rgba = resize_rgba(rgba, paste["height_px"] - margin, paste["width_px"] - margin)
    pixels = shape.apply(premultiplied(rgba))
    assert pixels.shape[:2] == (paste["height_px"], paste["width_px"])
    amodal_u8 = pixels[..., 3].copy()
    if is_stage:
        depth_mm = corpus.read("background_depth", sample.row["background"])
        pixels[..., 3] = references.visible(depth_mm, amodal_u8, paste["x_px"], paste["y_px"])
    return pixels, amodal_u8


def inside(paste: Row, alpha_u8: NDArray[np.uint8], frame: NDArray) -> list[tuple[int, int, int, int]]:
    """Row and column in the frame, and in the paste, of each of its pixels that is in the frame."""
    found = []
    for row, column in np.ndindex(*alpha_u8.shape):
        y, x = paste["y_px"] + row, paste["x_px"] + column
        if 0 <= y < frame.shape[0] and 0 <= x < frame.shape[1]:
            found.append((y, x, row, column))
    return found


def labelled(sample: Sample) -> list[Row]:
    return [dict(paste) for paste in sample.pastes] or [sample.row]


def test_masks_and_instances_are_what_is_seen_of_the_labelled_cutouts(corpus: Corpus) -> None:
    for sample in some(corpus, 11):
        through = np.full(sample.mask.shape, 255, object)  # what shines through all of them
        remaining: dict[int, NDArray[np.int64]] = {}
        pastes = labelled(sample)
        for number, paste in enumerate(pastes, start=1):
            pixels, _ = placed(corpus, sample, paste)
            remaining[number] = np.zeros(sample.mask.shape, np.int64)
            for y, x, row, column in inside(paste, pixels[..., 3], sample.mask):
                alpha = int(pixels[row, column, 3])
                through[y, x] = references.blend(0, through[y, x], alpha)
                for before in range(1, number):
                    remaining[before][y, x] = references.blend(0, int(remaining[before][y, x]), alpha)
                remaining[number][y, x] = alpha
        assert np.array_equal(sample.mask, 255 - through)
        for number, paste in enumerate(pastes, start=1):
            assert paste["visible_px"] == (remaining[number] >= 128).sum()
            if sample.instance is not None:
                assert np.array_equal(sample.instance == number, remaining[number] >= 128)


def test_images_of_turned_and_truncated_cutouts_are_exact(corpus: Corpus) -> None:
    if {"shadow", "blend"} & corpus[0].row.keys():
        pytest.skip("held to its parts in the tests of these")
    for sample in some(corpus, 11):
        image = sample.background.copy()
        for paste in [*distractors(corpus, sample), *labelled(sample)]:
            pixels, _ = placed(corpus, sample, paste)
            for y, x, row, column in inside(paste, pixels[..., 3], image):
                *colour, alpha = pixels[row, column].tolist()
                under = image[y, x].tolist()
                image[y, x] = [c + references.blend(0, below, alpha) for c, below in zip(colour, under, strict=True)]
        assert np.array_equal(sample.image, image)


def test_only_shadows_and_what_isnt_labelled_change_pixels_outside_the_mask(corpus: Corpus) -> None:
    darkened = 0
    for sample in some(corpus, 5):
        elsewhere = sample.mask == 0
        for paste in distractors(corpus, sample):
            pixels, _ = placed(corpus, sample, paste)
            for y, x, row, column in inside(paste, pixels[..., 3], sample.mask):
                elsewhere[y, x] &= pixels[row, column, 3] == 0
        image, background = sample.image[elsewhere], sample.background[elsewhere]
        if "shadow" in sample.row:
            assert (image <= background).all()
            darkened += (image < background).sum()
        elif "blend" not in sample.row:  # feathered edges reach beyond the mask
            assert np.array_equal(image, background)
    assert (darkened > 0) == ("shadow" in corpus[0].row)


def test_depth_is_that_of_all_that_is_seen(corpus: Corpus) -> None:
    code = corpus.depth_code()
    for sample in some(corpus, 13):
        depth_mm = corpus.read("background_depth", sample.row["background"])
        expected = code.encode(depth_mm / 1000)
        layers: list[tuple[Any, Any]] = []
        for paste in [*distractors(corpus, sample), *labelled(sample)]:
            pixels, amodal_u8 = placed(corpus, sample, paste)
            seen, whole = np.zeros(sample.mask.shape, np.int64), np.zeros(sample.mask.shape, np.uint8)
            for y, x, row, column in inside(paste, amodal_u8, sample.mask):
                seen[y, x], whole[y, x] = pixels[row, column, 3], amodal_u8[row, column]
                for before, _ in layers:
                    before[y, x] = references.blend(0, int(before[y, x]), int(seen[y, x]))
            foot = foot_pixel(whole)
            if foot is not None:
                layers.append((seen, code.encode(depth_mm[foot] / 1000)))
        for seen, standing in layers:
            expected[seen >= 128] = standing
        assert sample.depth_m is not None
        assert np.array_equal(code.decode(expected), sample.depth_m)


def test_it_verifies_to_the_byte_and_a_wrong_bit_of_a_table_is_found(corpus: Corpus, tmp_path: Path) -> None:
    assert verify_corpus(corpus.path, IN_PROCESS, recompose=True, relabel=relabel_layered).problems == []
    assert corpus.manifest.version == 2
    assert corpus.group.attrs["version"] == 2
    copy = Path(shutil.copytree(corpus.path, tmp_path / "corpus"))
    manifest = copy / "manifest/corpus.json"
    recipe = copy / "manifest/recipe.toml"
    recipe.write_text(recipe.read_text().replace("seed = 0", "seed = 1"))
    assert any("seed aren't those of corpus.json" in line for line in verify_corpus(copy, IN_PROCESS).problems)
    manifest.write_text(manifest.read_text().replace('"variety"', '"varieties"'))
    with pytest.raises(Problem, match="changed by hand"):
        load_manifest(manifest)


@pytest.mark.parametrize("case", ["crowd", "looks", "stage"])
def test_workers_and_interruptions_make_the_same_bytes(case: str, folders: dict[str, Path], tmp_path: Path) -> None:
    digests = []
    for name, executor in (("one", IN_PROCESS), ("two", Executor(2, "threading"))):
        plan_corpus(tmp_path / name, options(folders, case), replace=False, workers=1)
        compose_corpus(tmp_path / name, executor)
        if name == "two":
            for mark in list((tmp_path / name / "done").rglob("*.json"))[:1]:
                mark.unlink()
            compose_corpus(tmp_path / name, IN_PROCESS)
        shards = sorted((tmp_path / name / "data.zarr").rglob("*"))
        digests.append([path.read_bytes() for path in shards if path.is_file()])
    assert digests[0] == digests[1]


def test_the_digest_covers_what_varies_and_nothing_else_changes_it(folders: dict[str, Path], tmp_path: Path) -> None:
    kinds = [
        None,
        Variety(scale=(0.5, 1.0)),
        Variety(scale=(0.5, 1.1)),
        Variety(rotate_deg=1.0),
        Variety(truncate_percent=40),
        Variety(distractors=(1, 1)),
        Variety(colour_match=(0.5, 0.5)),
        Variety(shadow=(0.5, 0.5)),
        Variety(blur_px=1.0),
        Variety(blend=("gaussian",)),
        Variety(blend=("poisson",)),
    ]
    plain = crowd_options(folders["random"], None)
    digests = [
        plan_corpus(tmp_path / str(i), dataclasses.replace(plain, variety=kind), replace=False, workers=1).manifest
        for i, kind in enumerate(kinds)
    ]
    assert len({manifest.digest for manifest in digests}) == len(kinds)
    assert [manifest.version for manifest in digests] == [1] + [2] * (len(kinds) - 1)
    with pytest.raises(Problem, match=r"--scale 0\.5\.\.1\.1 \(was 0\.5\.\.1\)"):
        plan_corpus(tmp_path / "1", dataclasses.replace(plain, variety=kinds[2]), replace=False, workers=1)
    again = plan_corpus(tmp_path / "1", dataclasses.replace(plain, variety=kinds[1]), replace=False, workers=1)
    assert again.unchanged


def test_all_blends_of_a_place_share_everything_but_the_blend(folders: dict[str, Path], tmp_path: Path) -> None:
    plan_corpus(tmp_path / "c", options(folders, "blends", placements=2), replace=False, workers=1)
    compose_corpus(tmp_path / "c", IN_PROCESS)
    corpus = Corpus(tmp_path / "c")
    assert corpus.geometry.placements == 6
    differ = 0
    firsts = range(0, len(corpus), 9)
    for first in firsts:
        alpha, gaussian, poisson = (corpus[first + i] for i in range(3))
        assert [s.row["blend"] for s in (alpha, gaussian, poisson)] == ["alpha", "gaussian", "poisson"]
        own = ("sample", "placement", "blend", "image_name", "mask_name", "depth_name")
        rows = [{name: value for name, value in s.row.items() if name not in own} for s in (alpha, gaussian, poisson)]
        assert rows[0] == rows[1] == rows[2]
        for other in (gaussian, poisson):
            assert np.array_equal(other.mask, alpha.mask)
            differ += not np.array_equal(other.image, alpha.image)
    assert differ > len(firsts)
    splits = pq.read_table(tmp_path / "c/manifest/samples.parquet")["split"].to_pylist()
    assert "seen" in splits
    assert all(set(splits[i : i + 3]) in ({"seen"}, {splits[i]}) for i in range(0, len(splits), 3))


def test_a_sample_is_shown_under_each_kind_that_varies(corpus: Corpus, tmp_path: Path) -> None:
    variety = corpus.manifest.variety
    assert variety is not None
    words = {"blur": variety.blur_px, "shadow": variety.shadow[1], "colour match": variety.colour_match[1]}
    expected = [kind for kind in ("blur", "colour match", "shadow") if words[kind]]
    expected += [kind for kind in ("gaussian", "poisson") if kind in variety.blend]
    expected += ["distractors"] if variety.distractors[1] else []
    for sample in (0, len(corpus) - 1):
        kinds = kinds_of_sample(corpus, sample)
        assert list(kinds) == ["plain", *expected, "all"]
        assert np.array_equal(kinds["all"], corpus[sample].image)
        without = (kinds["plain"] == corpus[sample].background).all(axis=2)
        assert without[0, 0] or without.any()
    result = CliRunner().invoke(preview, [str(corpus.path), str(tmp_path / "sheet.png"), "--kinds", "--samples", "2"])
    assert (result.exit_code, (tmp_path / "sheet.png").is_file()) == (0, True)


def test_a_corpus_in_which_nothing_varies_has_no_kinds(composed: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="--kinds: nothing varies in"):
        kinds_sheet(Corpus(composed), [0])
    words = [str(composed), str(tmp_path / "sheet.png"), "--kinds", "--beside", str(composed)]
    assert isinstance(CliRunner().invoke(preview, words).exception, Problem)


def test_columns_of_what_varies_are_filtered_and_exported(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c"
    plan_corpus(path, options(folders, "crowd"), replace=False, workers=1)
    compose_corpus(path, IN_PROCESS)
    corpus, large = Corpus(path), Filter.parse("scale>=1.1")
    chosen = [i for i in range(len(corpus)) if corpus[i].row["scale"] >= 1.1]
    assert 0 < len(chosen) < len(corpus)
    export_corpus(path, tmp_path / "h5", ExportRequest("hdf5", Selection(filters=(large,))), IN_PROCESS)
    with h5py.File(next((tmp_path / "h5").glob("*.h5"))) as file:
        assert file["samples/sample"][:].tolist() == chosen
        assert file["samples/scale"][:].tolist() == [corpus[i].row["scale"] for i in chosen]
        pastes = [paste["rotation_deg"] for i in chosen for paste in corpus[i].pastes]
        assert file["instances/rotation_deg"][:].tolist() == pastes
    export_corpus(path, tmp_path / "pq", ExportRequest("parquet", Selection(filters=(large,))), IN_PROCESS)
    rows = [row for file in sorted((tmp_path / "pq/data").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    assert sorted(row["scale"] for row in rows) == sorted(corpus[i].row["scale"] for i in chosen)
    records = CorpusRecords.open(path)
    query = TableQuery.parse("distractors", ["scale<0.9"], [], "sample,scale", False, corpus.manifest.variety)
    assert all(scale < 0.9 for _, scale in query.rows(records))
    with pytest.raises(Problem, match="scale is a number, 'x' isn't one"):
        Filter.parse("scale=x")


def test_a_corpus_in_which_nothing_varies_says_so_of_a_filter(composed: Path, tmp_path: Path) -> None:
    request = ExportRequest("coco", Selection(filters=(Filter.parse("scale>=1.1"),)))
    with pytest.raises(Problem, match="has no column 'scale': nothing of the kind varies"):
        export_corpus(composed, tmp_path / "out", request, IN_PROCESS)


def test_an_extension_varies_as_the_corpus_does(folders: dict[str, Path], tmp_path: Path) -> None:
    plan_corpus(tmp_path / "c", options(folders, "crowd"), replace=False, workers=1)
    compose_corpus(tmp_path / "c", IN_PROCESS)
    before = Corpus(tmp_path / "c")[5]
    (tmp_path / "more").mkdir()
    save_png(references.picture(19, 23, 77), tmp_path / "more/new.png")
    (tmp_path / "depth").mkdir()
    shutil.copy(folders["random"] / "depth/room0.png", tmp_path / "depth/new.png")
    extend_corpus(
        tmp_path / "c", ExtendOptions(bg=tmp_path / "more", bg_depth=tmp_path / "depth"), replace=False, workers=1
    )
    compose_corpus(tmp_path / "c", IN_PROCESS)
    corpus = Corpus(tmp_path / "c")
    assert np.array_equal(corpus[5].image, before.image)
    assert len(corpus) == 3 * 14 * 3
    assert {corpus[i].row["scale"] for i in range(2 * 14 * 3, len(corpus))} != {1.0}
    assert verify_corpus(tmp_path / "c", IN_PROCESS, recompose=True).problems == []


def test_distractors_are_of_the_split_and_of_other_people(folders: dict[str, Path], tmp_path: Path) -> None:
    plan_corpus(tmp_path / "c", options(folders, "crowd", seed=5), replace=False, workers=1)
    corpus = Corpus(tmp_path / "c")
    assets = pq.read_table(tmp_path / "c/manifest/assets.parquet").to_pylist()
    cutouts = {row["id"]: row for row in assets if row["kind"] == "cutout"}
    of_split = {
        split: {c["group"] for c in cutouts.values() if c["split"] == split} for split in ("train", "val", "test")
    }
    pastes = pq.read_table(tmp_path / "c/manifest/instances.parquet").to_pylist()
    rows = pq.read_table(tmp_path / "c/manifest/distractors.parquet").to_pylist()
    assert 0 < len(rows) < 2 * len(corpus)
    for row in rows:
        there = [p["cutout"] for p in pastes if p["sample"] == row["sample"]]
        mine = cutouts[row["cutout"]]
        assert mine["split"] == cutouts[there[0]]["split"]
        groups = {cutouts[f]["group"] for f in there}
        if of_split[mine["split"]] - groups:
            others = [r["cutout"] for r in rows if r["sample"] == row["sample"] and r["distractor"] < row["distractor"]]
            taken = groups | {cutouts[f]["group"] for f in others}
            assert mine["group"] not in taken or not of_split[mine["split"]] - taken


def test_the_command_takes_a_recipe_and_what_is_given_wins(folders: dict[str, Path], tmp_path: Path) -> None:
    sources = folders["random"]
    pictures = ["--bg", str(sources / "bg"), "--fg", str(sources / "fg")]
    given = ["--size", "23x19", "--cutout-height", "11", "--placements", "3", "--split", "58/14/28", "--seed", "7"]
    varied = ["--scale", "0.5..1.5", "--rotate", "15", "--shadow", "--colour-match", "--cutouts-per-sample", "1..3"]

    def digest(name: str, *words: str) -> str:
        result = CliRunner().invoke(plan, [str(tmp_path / name), *pictures, *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return load_manifest(tmp_path / name / "manifest/corpus.json").digest

    recipe = tmp_path / "one/manifest/recipe.toml"
    one = digest("one", *given, *varied, "--truncate", "30")
    assert digest("two", "--recipe", str(recipe)) == one
    assert (tmp_path / "two/manifest/recipe.toml").read_text() == recipe.read_text()
    assert digest("three", "--recipe", str(recipe), "--seed", "8") != one
    assert digest("four", "--seed", "7", "--recipe", str(recipe)) == one
    # A recipe of a corpus in which nothing varies is one of the plain corpus.
    plain = digest("five", *given)
    assert digest("six", "--recipe", str(tmp_path / "five/manifest/recipe.toml")) == plain
