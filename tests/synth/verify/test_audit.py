"""An export of a whole corpus has nothing wrong with it; each kind of damage is found, named and weighed."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.digest import sealed
from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.kit.build import build_kit
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS
from tests.support.project import ROOT
from tests.support.unfit_files import put_huge, put_pipe

H, W, CUTOUT_HEIGHT, B, C, K = 45, 61, 30, 3, 3, 3

Damage = Callable[[Path], object]


def room(seed: int) -> NDArray[np.uint8]:
    """Return a background that is like no other seed's."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (W, H), interpolation=cv2.INTER_CUBIC), np.uint8)


def person(seed: int) -> NDArray[np.uint8]:
    """Return an RGBA figure, soft at its edge, like no other seed's and not symmetric."""
    shape = np.zeros((120, 80), np.uint8)
    points = [[(40, 4), (70, 60), (50, 116), (12, 90)], [(8, 10), (72, 30), (30, 116)], [(60, 3), (76, 116), (4, 70)]]
    cv2.fillPoly(shape, [np.array(points[seed], np.int32)], 255)
    alpha = cv2.resize(cv2.GaussianBlur(shape, (0, 0), 1.5), (20, CUTOUT_HEIGHT), interpolation=cv2.INTER_AREA)
    rgb = cv2.resize(np.random.default_rng(90 + seed).integers(0, 256, (5, 4, 3), np.uint8), (20, CUTOUT_HEIGHT))
    return np.dstack([rgb, alpha])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited")
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir()
    for b in range(B):
        cv2.imwrite(str(folder / f"bg/room{b + 1}.png"), room(b))
        depth_mm = 1_000 + 300 * b + 17 * np.add.outer(np.arange(H) * 2, np.arange(W))
        cv2.imwrite(str(folder / f"depth/room{b + 1}.png"), depth_mm.astype(np.uint16))
    for c in range(C):
        cv2.imwrite(str(folder / f"fg/person{c + 1}.png"), person(c))
    path = folder / "corpus"
    options = PlanOptions(
        folder / "bg", folder / "fg", folder / "depth", 0.001, H, W, CUTOUT_HEIGHT, K, split="34/33/33"
    )
    plan_corpus(path, options, replace=False, workers=1)
    compose_corpus(path, IN_PROCESS)
    label_corpus(path, "layered", IN_PROCESS)
    return path


def exported(corpus: Path, out: Path, way: str = "folder", **request: object) -> Path:
    export_corpus(corpus, out, ExportRequest(way, Selection(), **{"depth_bits": 8, **request}), IN_PROCESS)  # type: ignore[arg-type]
    return out


@pytest.fixture(scope="module")
def export(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(corpus, tmp_path_factory.mktemp("export") / "out")


def serious(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity != "note"]


def test_a_whole_corpus_has_nothing_wrong_with_it(corpus: Path) -> None:
    report = audit_path(corpus, IN_PROCESS, full=True)
    assert report.kind == "corpus"
    assert serious(report.findings) == []
    assert "54 samples of 61x45" in report.findings[0].message


PART, SPLITS = Selection(samples=(4, 31)), Selection(splits=("train", "test"))


@pytest.mark.parametrize(
    ("way", "request_options", "selections"),
    [
        ("folder", {}, (Selection(), PART, SPLITS)),
        ("folder", {"image": "png", "depth_bits": 16}, (Selection(),)),
        ("folder", {"grey": True}, (SPLITS,)),
        ("folder", {"depth_bits": None}, (PART,)),
        ("zips", {}, (Selection(), SPLITS)),
        ("webdataset", {"depth_bits": 16}, (Selection(), PART)),
        ("hdf5", {"depth_bits": 16}, (Selection(), SPLITS)),
        ("parquet", {"depth_bits": 16}, (Selection(), PART)),
    ],
)
def test_the_audit_of_an_export_finds_nothing(
    corpus: Path, tmp_path: Path, way: str, request_options: dict, selections: tuple[Selection, ...]
) -> None:
    for number, selection in enumerate(selections):
        request = ExportRequest(way, selection, **{"depth_bits": 8, **request_options})
        export_corpus(corpus, tmp_path / str(number), request, IN_PROCESS)
        report = audit_path(tmp_path / str(number), IN_PROCESS, full=True)
        assert report.kind == "export"
        assert serious(report.findings) == []
        assert not [finding for finding in report.findings if finding.check == "ignored"]


def test_two_workers_find_what_one_finds(export: Path, tmp_path: Path) -> None:
    tree = without_manifest(export, tmp_path)
    cv2.imwrite(str(tree / "fg/fg002.png"), np.zeros((9, 9, 3), np.uint8))
    executors = IN_PROCESS, Executor(2, "loky")
    one, two = (audit_path(tree, executor, full=True).findings for executor in executors)
    assert serious(one)
    assert one == two


def without_manifest(export: Path, tmp_path: Path) -> Path:
    """Return a copy of an export that says nothing of where it comes from."""
    tree = Path(shutil.copytree(export, tmp_path / "tree"))
    (tree / "export.json").unlink()
    (tree / "SHA256SUMS").unlink()
    return tree


IMAGE, MASK, DEPTH = (
    "bg_fg/bg002_fg001_01_003.jpeg",
    "bg_fg_mask/bg002_fg001_01_003_mask.png",
    "bg_fg_depth/bg_002_fg_001_01_003_depth_map_003.jpeg",
)


SQUEEZED = "bg_fg/bg2_fg1_01_3.jpg"
FLIP = "fg/fg001_01.png"
SHORT = "bg_fg/bg2_fg001_01_003.jpeg"


def remove(file: str) -> Damage:
    return lambda tree: (tree / file).unlink()


def rename(old: str, new: str) -> Damage:
    return lambda tree: (tree / old).rename(tree / new)


def also(old: str, new: str) -> Damage:
    return lambda tree: shutil.copy(tree / old, tree / new)


def cut_short(file: str) -> Damage:
    return lambda tree: (tree / file).write_bytes((tree / file).read_bytes()[:-60])


def repaint(file: str, change: Callable[[NDArray[np.uint8]], NDArray]) -> Damage:
    def damage(tree: Path) -> None:
        pixels = cv2.imread(str(tree / file), cv2.IMREAD_UNCHANGED)
        assert pixels is not None
        assert cv2.imwrite(str(tree / file), change(np.asarray(pixels, np.uint8)))

    return damage


def as_jpeg(tree: Path) -> None:
    pixels = cv2.imread(str(tree / MASK), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    (tree / MASK).write_bytes(cv2.imencode(".jpg", pixels)[1].tobytes())


def opaque(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels[..., :3]


def two_bars(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    other = np.zeros_like(mask)
    other[10:30, 10:14] = other[10:30, 26:30] = 255
    return other


def halve_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.dstack([pixels[..., :3], np.maximum(pixels[..., 3], 90)])


def cut_end(file: str) -> Damage:
    return lambda tree: (tree / file).write_bytes((tree / file).read_bytes()[:-12])


def add_placement(tree: Path) -> None:
    for path in [*tree.glob("bg_fg*/bg001_fg001_001*"), *tree.glob("*/bg_001_fg_001_001_*")]:
        shutil.copy(path, path.with_name(path.name.replace("001.", "009.").replace("001_mask", "009_mask")
                                         .replace("001_depth", "009_depth")))  # fmt: skip


def remove_block(tree: Path) -> None:
    for path in tree.glob("*/bg*003*fg*002_0*"):
        if path.name.startswith(("bg003_fg002_00", "bg_003_fg_002_00")):
            path.unlink()


def put_zip(tree: Path) -> None:
    with zipfile.ZipFile(tree / "more.zip", "w") as archive:
        archive.writestr("../bg/bg009.jpeg", b"")


def put_link(tree: Path) -> None:
    os.symlink("/nowhere/at/all", tree / "bg_fg" / "bg001_fg001_999.jpeg")


ERROR, WARNING = "error", "warning"

# What is planted, whether only --full can see it, and the finding it must give: severity, check, and what is named.
DAMAGES: dict[str, tuple[Damage, bool, tuple[str, str, str]]] = {
    "composite without mask": (remove(MASK), False, (ERROR, "missing-mask", IMAGE)),
    "composite without depth": (remove(DEPTH), False, (ERROR, "missing-depth", IMAGE)),
    "mask without composite": (remove(IMAGE), False, (ERROR, "missing-image", MASK)),
    "counts against the plan": (remove_block, False, (ERROR, "count", ".")),
    "background missing": (remove("bg/bg002.jpeg"), False, (ERROR, "missing-bg", IMAGE)),
    "cut-out missing": (remove("fg/fg001_01.png"), False, (ERROR, "missing-fg", IMAGE)),
    "cut-out without its mask": (remove("fg_mask/frg002.png"), False, (ERROR, "missing-fg_mask", "fg/fg002.png")),
    "duplicate name": (also(IMAGE, SQUEEZED), False, (ERROR, "duplicate-name", SQUEEZED)),
    "suffix in capitals": (rename("bg/bg001.jpeg", "bg/bg001.JPG"), False, (WARNING, "name", "bg/bg001.JPG")),
    "missing zeros": (rename(IMAGE, SHORT), False, (WARNING, "name", SHORT)),
    "too many zeros": (rename("bg/bg001.jpeg", "bg/bg0001.jpeg"), False, (WARNING, "name", "bg/bg0001.jpeg")),
    "spaces": (rename("fg/fg003.png", "fg/fg003 .png"), False, (WARNING, "name", "fg/fg003 .png")),
    "img form": (rename("fg/fg003.png", "fg/img003.png"), False, (WARNING, "name", "fg/img003.png")),
    "gap in numbering": (rename("bg/bg003.jpeg", "bg/bg005.jpeg"), False, (WARNING, "numbering-gap", ".")),
    "link to nowhere": (put_link, False, (WARNING, "link", "bg_fg/bg001_fg001_999.jpeg")),
    "unsafe archive": (put_zip, False, (ERROR, "unsafe-member", "more.zip/../bg/bg009.jpeg")),
    "hyphen": (rename("bg/bg001.jpeg", "bg/bg-001.jpeg"), False, (WARNING, "name", "bg/bg-001.jpeg")),
    "a placement too many": (add_placement, False, (ERROR, "beyond-plan", "bg_fg/bg001_fg001_009.jpeg")),
    "without its end": (cut_end(MASK), True, (ERROR, "unreadable", MASK)),
    "cut-out mask of another size": (
        repaint("fg_mask/frg002.png", lambda p: p[:-4]), True, (ERROR, "size", "fg_mask/frg002.png"),
    ),
    "cut-out mask against alpha": (
        repaint("fg_mask/frg002.png", lambda p: 255 - p), True, (WARNING, "mask-alpha", "fg_mask/frg002.png"),
    ),
    "cut-out mask not the mirror": (
        also("fg_mask/frg002.png", "fg_mask/frg002_01.png"), True, (ERROR, "flip", "fg_mask/frg002_01.png"),
    ),
    "nothing visible": (repaint("fg/fg002.png", lambda p: p * 0), True, (ERROR, "nothing-visible", "fg/fg002.png")),
    "empty mask": (repaint(MASK, lambda p: p * 0), True, (WARNING, "mask-alpha", MASK)),
    "full mask": (repaint(MASK, lambda p: p * 0 + 255), True, (WARNING, "mask-alpha", MASK)),
    "inverted mask": (repaint(MASK, lambda p: 255 - p), True, (WARNING, "mask-alpha", MASK)),
    "truncated": (cut_short(IMAGE), True, (ERROR, "unreadable", IMAGE)),
    "empty file": (lambda tree: (tree / DEPTH).write_bytes(b""), True, (ERROR, "unreadable", DEPTH)),
    "no transparency": (repaint("fg/fg002.png", opaque), True, (ERROR, "no-transparency", "fg/fg002.png")),
    "mask of another size": (repaint(MASK, lambda p: p[:-4]), True, (ERROR, "size", MASK)),
    "depth of another size": (repaint(DEPTH, lambda p: p[:, :-4]), True, (ERROR, "size", DEPTH)),
    "flip not the mirror": (repaint(FLIP, lambda p: np.roll(p, 1, axis=1)), True, (ERROR, "flip", FLIP)),
    "suffix against content": (as_jpeg, True, (WARNING, "suffix", MASK)),
    "mixed modes": (repaint("bg/bg003.jpeg", lambda p: p[..., 0]), True, (WARNING, "mixed-modes", "bg/bg003.jpeg")),
    "mixed sizes": (repaint("bg/bg003.jpeg", lambda p: p[:-5]), True, (WARNING, "mixed-sizes", "bg/bg003.jpeg")),
    "exact duplicate": (also("bg/bg001.jpeg", "bg/bg004.jpeg"), True, (WARNING, "duplicate", "bg/bg004.jpeg")),
    "near duplicate": (
        lambda tree: cv2.imwrite(str(tree / "bg/bg003.jpeg"), cv2.GaussianBlur(room(0), (0, 0), 0.7)),
        True, (WARNING, "duplicate", "bg/bg003.jpeg"),
    ),
    "ghost": (repaint("fg/fg003.png", halve_alpha), True, (WARNING, "ghost", "fg/fg003.png")),
    "mask against alpha": (repaint(MASK, two_bars), True, (WARNING, "mask-alpha", MASK)),
}  # fmt: skip


def test_before_it_is_damaged_nothing_is_wrong(export: Path, tmp_path: Path) -> None:
    assert serious(audit_path(without_manifest(export, tmp_path), IN_PROCESS, full=True).findings) == []


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found_named_and_weighed(export: Path, tmp_path: Path, name: str) -> None:
    plant, contents_only, expected = DAMAGES[name]
    tree = without_manifest(export, tmp_path)
    plant(tree)
    found = {(f.severity, f.check, f.path) for f in audit_path(tree, IN_PROCESS, full=True).findings}
    assert expected in found
    if contents_only:
        assert serious(audit_path(tree, IN_PROCESS).findings) == []
    else:
        assert expected in {(f.severity, f.check, f.path) for f in audit_path(tree, IN_PROCESS).findings}


def test_a_mask_that_disagrees_is_told_with_its_iou(export: Path, tmp_path: Path) -> None:
    tree = without_manifest(export, tmp_path)
    DAMAGES["mask against alpha"][0](tree)
    found = next(f for f in audit_path(tree, IN_PROCESS, full=True).findings if f.check == "mask-alpha")
    assert 0 <= float(found.message.rpartition(" ")[2]) < 0.9


def padded(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.pad(mask, ((1, 0), (0, 1)))


def test_a_cutout_mask_one_pixel_larger_is_compared_all_the_same(export: Path, tmp_path: Path) -> None:
    tree = without_manifest(export, tmp_path)
    repaint("fg_mask/frg002.png", padded)(tree)
    found = {f.check: f.message for f in audit_path(tree, IN_PROCESS, full=True).findings if "frg002.png" in f.path}
    assert found.keys() == {"size"}
    assert "21x31 to a cut-out of 20x30; aligned, their shapes agree (IoU 1.000)" in found["size"]
    repaint("fg_mask/frg002.png", lambda mask: np.asarray(mask[:, ::-1], np.uint8))(tree)
    found = {f.check: f.message for f in audit_path(tree, IN_PROCESS, full=True).findings if "frg002.png" in f.path}
    assert found.keys() == {"size", "mask-alpha"}
    assert "their shapes disagree" in found["size"]


def test_a_cutout_mask_shifted_by_one_pixel_agrees(export: Path, tmp_path: Path) -> None:
    tree = without_manifest(export, tmp_path)
    for shift, expected in ((1, set()), (5, {"mask-alpha"})):
        repaint("fg_mask/frg003.png", lambda mask, by=shift: np.roll(mask, by, axis=1))(tree)  # type: ignore[misc]
        found = audit_path(tree, IN_PROCESS, full=True).findings
        assert {f.check for f in found if f.path == "fg_mask/frg003.png"} == expected


def test_cutouts_without_names_of_the_grammar_are_compared_with_their_masks(tmp_path: Path) -> None:
    for c in range(C):
        for folder, pixels in (("people", person(c)), ("people_mask", person((c + (c == 2)) % C)[..., 3])):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / f"somebody {c + 1}.png"), pixels)
    found = [(f.check, f.path) for f in serious(audit_path(tmp_path, IN_PROCESS, full=True).findings)]
    assert found == [("mask-alpha", "people_mask/somebody 3.png")]


def test_duplicates_across_splits_say_so(export: Path, tmp_path: Path) -> None:
    for split, number in (("train", 1), ("test", 2)):
        (tmp_path / split / "bg").mkdir(parents=True)
        shutil.copy(export / "bg/bg001.jpeg", tmp_path / split / f"bg/bg00{number}.jpeg")
    found = next(f for f in audit_path(tmp_path, IN_PROCESS, full=True).findings if f.check == "duplicate")
    assert "across the splits test and train" in found.message


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (remove(DEPTH), ("error", "missing-file", DEPTH)),
        (also(IMAGE, "bg_fg/bg099_fg001_001.jpeg"), ("warning", "stranger", "bg_fg/bg099_fg001_001.jpeg")),
        (cut_short("fg/fg001.png"), ("error", "changed", "fg/fg001.png")),
        (rename("bg/bg001.jpeg", "bg/bg001.JPG"), ("warning", "stranger", "bg/bg001.JPG")),
        (lambda out: (out / "SHA256SUMS").write_text("nonsense\n"), ("error", "manifest", "SHA256SUMS")),
        (lambda out: (out / "SHA256SUMS").unlink(), ("error", "manifest", "SHA256SUMS")),
        (lambda out: put_pipe(out / "SHA256SUMS"), ("error", "manifest", "SHA256SUMS")),
        (lambda out: put_huge(out / "SHA256SUMS"), ("error", "manifest", "SHA256SUMS")),
        (lambda out: put_pipe(out / "export.json"), ("error", "manifest", "export.json")),
        (lambda out: (out / "export.json").write_text("[]"), ("error", "manifest", "export.json")),
        (lambda out: (out / "export.json").write_text("{nonsense"), ("error", "manifest", "export.json")),
    ],
)
def test_an_export_is_held_to_its_own_list(
    export: Path, tmp_path: Path, plant: Damage, expected: tuple[str, str, str]
) -> None:
    out = Path(shutil.copytree(export, tmp_path / "out"))
    plant(out)
    assert expected in {(f.severity, f.check, f.path) for f in audit_path(out, IN_PROCESS, full=True).findings}


def test_a_damaged_line_of_the_sums_is_told_by_its_number_and_no_file_without_a_name_is_missed(
    export: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(export, tmp_path / "out"))
    first, second, *rest = (out / "SHA256SUMS").read_bytes().splitlines(keepends=True)
    (out / "SHA256SUMS").write_bytes(b"".join([first, second[:64] + b"\n", *rest, b"\n"]))
    found = serious(audit_path(out, IN_PROCESS).findings)
    [told] = [f.message for f in found if f.check == "manifest"]
    assert told == f"damaged in lines 2, {len(rest) + 3}: a SHA-256 and a name are expected"
    assert [f.path for f in found if f.check == "stranger"] == [second[66:-1].decode()]
    assert not [f for f in found if f.check == "missing-file"]


def test_an_unfinished_export_says_so(export: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(export, tmp_path / "out"))
    content = json.loads((out / "export.json").read_text()) | {"complete": False}
    (out / "export.json").write_text(json.dumps(sealed(content)))
    assert [(f.severity, f.check) for f in serious(audit_path(out, IN_PROCESS).findings)] == [("error", "unfinished")]


def change_table(corpus: Path) -> None:
    path = corpus / "manifest/samples.parquet"
    table = pq.read_table(path)
    pq.write_table(
        table.set_column(4, "placement", table["placement"].combine_chunks().take(list(range(53, -1, -1)))), path
    )


def spoil_metadata(corpus: Path) -> None:
    (corpus / "data.zarr/cutout/zarr.json").write_text("{}")


def spoil_byte(corpus: Path) -> None:
    path = corpus / "data.zarr/image/c/1/0/0/0"
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("plant", "full", "expected"),
    [
        (remove("done/mask/1.json"), False, ("missing-mask", "data.zarr/mask")),
        (remove("data.zarr/depth/c/2/0/0"), False, ("missing-depth", "data.zarr/depth")),
        (change_table, False, ("manifest", "manifest/samples.parquet")),
        (spoil_byte, True, ("stored", "data.zarr/image/c/1/0/0/0")),
        (lambda path: (path / "manifest/corpus.json").write_text("{}"), False, ("manifest", "manifest/corpus.json")),
        (spoil_metadata, True, ("manifest", "data.zarr/cutout/zarr.json")),
    ],
)  # fmt: skip
def test_a_damaged_corpus_is_an_error(
    corpus: Path, tmp_path: Path, plant: Damage, full: bool, expected: tuple[str, str]
) -> None:
    path = Path(shutil.copytree(corpus, tmp_path / "corpus"))
    plant(path)
    assert ("error", *expected) in {(f.severity, f.check, f.path) for f in audit_path(path, IN_PROCESS, full).findings}


def test_near_duplicates_of_a_corpus_are_named_with_their_splits(corpus: Path, tmp_path: Path) -> None:
    sources = corpus.parent
    folder = Path(shutil.copytree(sources / "fg", tmp_path / "fg"))
    shutil.copy(folder / "person1.png", folder / "person4.png")
    path = tmp_path / "corpus"
    options = PlanOptions(sources / "bg", folder, None, 0.001, H, W, CUTOUT_HEIGHT, K, split="34/33/33")
    plan_corpus(path, options, replace=False, workers=1)
    found = [f for f in audit_path(path, IN_PROCESS).findings if f.check == "duplicate"]
    assert [(f.severity, f.path) for f in found] == [("note", "person4.png (fg004.png)")]
    assert "the same file as person1.png (fg001.png), both in" in found[0].message


def test_no_folder_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no such folder") as raised:
        audit_path(tmp_path / "nothing", IN_PROCESS)
    assert raised.value.exit_code == 2


def test_near_duplicates_that_the_corpus_knew_are_no_news_in_its_export(corpus: Path, tmp_path: Path) -> None:
    sources = corpus.parent
    folder = Path(shutil.copytree(sources / "bg", tmp_path / "bg"))
    cv2.imwrite(str(folder / "room4.png"), cv2.GaussianBlur(room(0), (0, 0), 0.6))
    path = tmp_path / "corpus"
    options = PlanOptions(folder, sources / "fg", None, 0.001, H, W, CUTOUT_HEIGHT, 1, split="34/33/33")
    plan_corpus(path, options, replace=False, workers=1)
    compose_corpus(path, IN_PROCESS)
    out = exported(path, tmp_path / "out", depth_bits=None)
    assert serious(audit_path(out, IN_PROCESS, full=True).findings) == []
    content = json.loads((out / "export.json").read_text())
    assert content["near_duplicates"] == [["bg001.jpeg", "bg004.jpeg"]]
    (out / "export.json").write_text(json.dumps(sealed(content | {"near_duplicates": []})))
    assert [f.path for f in audit_path(out, IN_PROCESS, full=True).findings if f.check == "duplicate"] == [
        "bg/bg004.jpeg"
    ]


def test_a_renamed_file_of_an_export_is_no_error(export: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(export, tmp_path / "out"))
    rename(IMAGE, SHORT)(out)
    found = serious(audit_path(out, IN_PROCESS, full=True).findings)
    assert {(f.severity, f.check, f.path) for f in found} == {
        ("warning", "name", SHORT),
        ("warning", "stranger", SHORT),
    }
    assert any(f.message == f"SHA256SUMS has it as {IMAGE}" for f in found)


def test_pictures_in_archives_are_said_not_to_be_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "backgrounds.zip", "w") as archive:
        archive.writestr("bg/bg001.jpeg", b"")
    found = [(f.severity, f.check, f.path) for f in audit_path(tmp_path, IN_PROCESS, full=True).findings]
    assert ("note", "not-read", "backgrounds.zip") in found
    assert not [check for _, check, _ in found if check == "ignored"]


def test_strangers_in_a_corpus_are_named(corpus: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(corpus, tmp_path / "corpus"))
    (path / "bg").mkdir()
    (path / "bg/bg001.jpeg").write_bytes(b"")
    for name in ("kit.json", ".hidden"):
        (path / name).write_text("{}")
    found = [(f.severity, f.path) for f in audit_path(path, IN_PROCESS).findings if f.check == "stranger"]
    assert found == [("warning", "bg/"), ("warning", "kit.json")]
    verdict = verify_corpus(path, IN_PROCESS)
    assert (verdict.problems, verdict.strangers) == ([], ("bg/", "kit.json"))


def test_what_bgfg_itself_leaves_is_no_stranger(export: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(export, tmp_path / "out"))
    (out / ".lock").write_text("1")
    assert serious(audit_path(out, IN_PROCESS, full=True).findings) == []
    build_kit(tmp_path / "kit", 2, 1, 32)
    (tmp_path / "kit/.lock").write_text("1")
    findings = audit_path(tmp_path / "kit", IN_PROCESS).findings
    assert [finding for finding in findings if finding.check == "ignored"] == []
    assert serious(findings) == []


def test_the_table_of_checks_in_the_docs_names_those_that_there_are() -> None:
    rows = re.findall(r"^\| (`.*?) \| (?:error|warning|note) ", (ROOT / "docs/exports.md").read_text(), re.MULTILINE)
    told = {check for row in rows for check in re.findall("`(.+?)`", row)}
    folders = ("data_manifests/audit", "data_manifests/images", "synth/verify")
    source = "".join(path.read_text() for folder in folders for path in (ROOT / folder).glob("*.py"))
    made = set(re.findall(r'Finding\(\s*(?:"\w+"|"warning" if apart else "note"), "([a-z-]+)"', source))
    assert made <= told
    put_together = ("missing-", "mixed-")  # of a word and a kind
    assert {check for check in told if not check.startswith(put_together) and f'"{check}"' not in source} == set()
