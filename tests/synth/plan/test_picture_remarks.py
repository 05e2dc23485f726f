"""What planning says about pictures that can be used but aren't right, and what --fix-cutouts makes of them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.audit.pixel_checks import check_alpha
from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.images.image_reading import read_rgba
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cli.plan import plan
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import PlanResult, plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify_plan import find_plan_problems
from tests.support.command_calls import run_command
from tests.support.executors import IN_PROCESS
from tests.support.icc_profiles import DISPLAY_P3, rgb_profile
from tests.support.odd_cutouts import Rgba, ghost, hazy, premultiplied, soft_person, with_margins
from tests.support.project import SHARED

OFFICE = SHARED / "office"
K = 2


def room(seed: int) -> NDArray[np.uint8]:
    coarse = np.random.default_rng(seed).integers(40, 256, (6, 6, 3)).astype(np.uint8)
    return np.array(Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """bg/ with two rooms, fg/ with a right cut-out."""
    for name in ("bg", "fg"):
        (tmp_path / name).mkdir()
    for seed in range(2):
        save_png(room(seed), tmp_path / f"bg/room{seed}.png")
    save_png(soft_person(), tmp_path / "fg/a_right.png")
    return tmp_path


def planned(folder: Path, corpus: str = "corpus", **options: Any) -> PlanResult:
    given = PlanOptions(folder / "bg", folder / "fg", height_px=64, width_px=64, cutout_height_px=40, placements=K)
    return plan_corpus(folder / corpus, dataclasses.replace(given, **options), False, 1)


def test_right_pictures_are_planned_in_silence(folder: Path) -> None:
    found = planned(folder)
    assert (found.warnings, found.notes) == ((), ())
    assert "cutout_fixes" not in json.loads((folder / "corpus/manifest/corpus.json").read_text())


@pytest.mark.parametrize(
    ("spoilt", "word"),
    [
        (premultiplied(soft_person(130)), "premultiplied by alpha, which makes edges dark"),
        (hazy(with_margins(soft_person(130), 10, 10)), "a faint haze far from the figure"),
        (with_margins(soft_person(), 80, 0), "wide transparent margins"),
        (ghost(), "a ghost of their old background?"),
    ],
)
def test_a_warning_names_the_files_and_counts_the_samples(folder: Path, spoilt: Rgba, word: str) -> None:
    save_png(spoilt, folder / "fg/b_odd.png")
    save_png(spoilt[::-1], folder / "fg/c_odd.png")
    (line,) = planned(folder).warnings
    assert line.startswith("2 of 3 cut-outs ")
    assert word in line
    # Two of three cut-outs and their flips, on two backgrounds.
    assert f"(b_odd.png, c_odd.png); {2 * 2 * 2 * K} of {2 * 2 * 3 * K} samples show them" in line


def test_planning_says_of_ghosts_what_the_audit_says(folder: Path) -> None:
    for name, rgba in (("b.png", ghost()), ("c.png", soft_person(90)), ("d.png", ghost(90, 70))):
        save_png(rgba, folder / "fg" / name)
    audited = [p.name for p in sorted((folder / "fg").iterdir()) if check_alpha(p.name, read_rgba(p))]
    (line,) = planned(folder).warnings
    assert audited == ["b.png", "d.png"]
    assert "(b.png, d.png)" in line


def test_samples_are_counted_where_several_people_are_in_one(folder: Path) -> None:
    save_png(premultiplied(soft_person(130)), folder / "fg/b.png")
    save_png(soft_person(90), folder / "fg/c.png")
    (line,) = planned(folder, crowd=CutoutsPerSample(1, 3)).warnings
    rows = pq.read_table(folder / "corpus/manifest/instances.parquet").to_pylist()
    shown = len({row["sample"] for row in rows if row["cutout"] in (2, 3)})
    assert f"; {shown} of {2 * 6 * K} samples" in line


def test_fixing_undoes_defects_and_records_it(folder: Path) -> None:
    right = soft_person(130)
    save_png(premultiplied(right), folder / "fg/b.png")
    save_png(hazy(with_margins(soft_person(90), 30, 30)), folder / "fg/c.png")
    found = planned(folder, fix_cutouts=True)
    assert found.warnings == ()
    fixes = load_manifest(folder / "corpus/manifest/corpus.json").cutout_fixes
    assert fixes is not None
    assert fixes["b.png"][0] == "unpremultiplied"
    assert fixes["c.png"] == ("haze cleared", "trimmed")
    assert list(find_plan_problems(Corpus(folder / "corpus"))) == []
    compose_corpus(folder / "corpus", IN_PROCESS)
    save_png(right, folder / "fg/b.png")
    planned(folder, "straight", fix_cutouts=True)
    cutouts = [Corpus(folder / name).read("cutout", slice(2, 3))[0].astype(int) for name in ("corpus", "straight")]
    seen = [rgba[..., :3] * (rgba[..., 3:] / 255) for rgba in cutouts]
    assert np.abs(seen[0] - seen[1]).max() <= 2
    assert (cutouts[0][..., 3] >= 8).any(axis=1).sum() == 40  # as high as was asked for


def test_another_corpus_is_planned_with_the_option_than_without(folder: Path) -> None:
    save_png(premultiplied(soft_person(130)), folder / "fg/b.png")
    without = planned(folder).manifest
    with pytest.raises(Problem, match=r"--fix-cutouts given \(was not given\)"):
        planned(folder, fix_cutouts=True)
    fixed = planned(folder, "fixed", fix_cutouts=True)
    assert fixed.manifest.digest != without.digest
    assert planned(folder, "fixed", fix_cutouts=True).unchanged
    assert planned(folder).manifest.digest == without.digest


def test_dark_tiny_and_broken_pictures_are_named(folder: Path) -> None:
    save_png((room(7) // 16).astype(np.uint8), folder / "bg/night.png")
    save_png(room(8)[:12, :12], folder / "bg/icon.png")
    Image.fromarray(room(9)).save(folder / "bg/damaged.png", icc_profile=rgb_profile("P3", *DISPLAY_P3)[:150])
    lines = planned(folder).warnings
    fault = "a colour profile that can't be used (damaged): colours taken as sRGB"
    assert [line.partition(" samples")[0] for line in lines] == [
        f"1 of 5 backgrounds have {fault} (damaged.png); 4 of 20",
        "1 of 5 backgrounds are so small that they are enlarged more than 4 times (icon.png); 4 of 20",
        "1 of 5 backgrounds are nearly black (night.png); 4 of 20",
    ]


def test_profiles_are_converted_and_12_bits_brightened_with_a_note(folder: Path) -> None:
    Image.fromarray(room(3)).save(folder / "bg/phone.png", icc_profile=rgb_profile("Display P3", *DISPLAY_P3))
    assert planned(folder).notes == (
        "1 of 3 backgrounds have the colour profile Display P3: converted to sRGB (phone.png)",
    )
    for path in (folder / "bg").iterdir():
        path.unlink()
    grey = np.asarray(room(4)[..., 0]).astype(np.float64)
    stretched = (grey - grey.min()) / np.ptp(grey)
    for name, top in (("a.png", 4095), ("b.png", 900)):
        Image.fromarray((stretched * top).astype(np.uint16)).save(folder / "bg" / name)
    (note,) = planned(folder, "deep").notes
    assert "read as 12 bits, brightened 16 times (a.png, b.png)" in note
    backgrounds = Corpus(folder / "deep").read("background", slice(None))
    assert [int(background.max()) for background in backgrounds] == [255, 56]


def test_lines_go_to_stderr_with_their_severity(folder: Path) -> None:
    save_png(premultiplied(soft_person(130)), folder / "fg/b.png")
    given = ("--bg", folder / "bg", "--fg", folder / "fg", "--size", 64, "--cutout-height", 40, "--placements", K)
    done = run_command(plan, folder / "c", *given)
    assert done.exit_code == 0
    assert "Warning: 1 of 2 cut-outs have colours premultiplied" in done.stderr
    assert "premultiplied" not in done.stdout
    fixed = run_command(plan, folder / "f", *given, "--fix-cutouts")
    assert "Warning" not in fixed.stderr
    assert "Fixed: unpremultiplied: 1 cut-out (b.png)" in fixed.stderr


@pytest.mark.skipif(not OFFICE.is_dir(), reason="needs ../shared/office")
def test_the_office_pictures_give_no_remark(tmp_path: Path) -> None:
    found = plan_corpus(
        tmp_path / "c", PlanOptions(OFFICE / "bg", OFFICE / "fg", placements=1, cutout_height_px=110), False, 1
    )
    assert (found.notes, found.warnings) == ((), ())
