"""A foreign set becomes a corpus: pixels as they are, what is known of them, and null for what isn't."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.preview import contact_sheet, spread_samples
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS
from tests.support.killed import steps_killed, tree
from tests.support.tiny_corpus import B, C, H, K, W

N = B * 2 * C * K


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    path = tmp_path_factory.mktemp("imported") / "corpus"
    import_corpus(folder, path, ImportOptions(), IN_PROCESS)
    return path


def read_png(path: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels.astype(np.uint8)


def without_what_tells(folder: Path, to: Path, *kept: str) -> Path:
    """Copy the folders of a set, and name its files so that only numbers tell what belongs together."""
    for name in kept:
        (to / name).mkdir(parents=True)
        for number, path in enumerate(sorted((folder / name).iterdir())):
            shutil.copy(path, to / name / f"{number:04d}{path.suffix}")
    return to


def test_an_exported_folder_comes_back_pixel_by_pixel(labelled: Path, imported: Path) -> None:
    before, after = Corpus(labelled), Corpus(imported)
    assert len(after) == N == len(before)
    assert after.manifest.to_dict() | {"version": 3, "source": "imported", "B": B, "F": 2 * C, "K": 1, "N": N} == (
        after.manifest.to_dict()
    )
    for sample in before:
        again = after[str(sample.row["image_name"])]
        for name in ("image", "mask", "background", "cutout"):
            assert np.array_equal(getattr(sample, name), getattr(again, name)), name
        assert sample.depth_m is not None
        assert again.depth_m is not None
        assert np.abs(sample.depth_m - again.depth_m).max() <= 0.0006  # a millimetre of the export, and rounding
        for column in ("background", "cutout", "flipped", "visible_px"):
            assert again.row[column] == sample.row[column]
        seen = np.argwhere(sample.mask >= 128)
        x, y, w, h = (again.row[name] for name in ("x_px", "y_px", "width_px", "height_px"))
        assert [y, x, y + h - 1, x + w - 1] == [*seen.min(axis=0), *seen.max(axis=0)]
        assert again.row["placement"] is None


def test_a_second_export_has_the_same_files(folder: Path, imported: Path, tmp_path: Path) -> None:
    export_corpus(imported, tmp_path / "again", export_request("folder", image="png", depth="16"), IN_PROCESS)
    for kind in ("bg", "fg", "bg_fg", "bg_fg_mask"):
        assert sorted(path.name for path in (folder / kind).iterdir()) == sorted(
            path.name for path in (tmp_path / "again" / kind).iterdir()
        )
        for path in (folder / kind).iterdir():
            pixels, again = read_png(path), read_png(tmp_path / "again" / kind / path.name)
            assert np.array_equal(pixels, again), path


@pytest.mark.parametrize("form", ["zips", "webdataset", "mds", "coco", "yolo", "hdf5", "parquet"])
def test_every_export_takes_an_imported_corpus(imported: Path, tmp_path: Path, form: str) -> None:
    if form == "coco":
        pytest.importorskip("pycocotools", reason="the extra [export] isn't installed")
    done = export_corpus(imported, tmp_path / form, export_request(form), IN_PROCESS)
    assert done.samples == N


def test_it_is_audited_verified_and_drawn(imported: Path) -> None:
    assert verify_corpus(imported, IN_PROCESS).problems == []
    assert [f.severity for f in audit_path(imported, IN_PROCESS, full=True).findings] == ["note"]
    corpus = Corpus(imported)
    assert contact_sheet(corpus, spread_samples(corpus, 5)).size > 0


def test_verify_finds_a_flipped_bit_and_refuses_to_compose_again(
    imported: Path, copy_of: Callable[[Path], Path]
) -> None:
    with pytest.raises(Problem, match="was imported, not composed"):
        verify_corpus(imported, IN_PROCESS, recompose=True)
    copy = copy_of(imported)
    shard = copy / "data.zarr/image/c/0/0/0/0"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    [first, *_] = verify_corpus(copy, IN_PROCESS).problems
    assert "isn't the one in its mark" in first


def test_backgrounds_are_found_by_their_pixels_and_cutouts_stay_unknown(folder: Path, tmp_path: Path) -> None:
    foreign = without_what_tells(folder, tmp_path / "set", "bg_fg", "bg_fg_mask")
    shutil.copytree(folder / "bg", foreign / "backgrounds")
    import_corpus(foreign, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    corpus = Corpus(tmp_path / "corpus")
    names = sorted(path.name for path in (folder / "bg_fg").iterdir())
    for number, name in enumerate(names):
        row = corpus[number].row
        assert row["background"] == int(name[2:5]) - 1
        assert (row["cutout"], row["flipped"]) == (None, None)
    assert corpus[0].cutout is None
    assert "cutout" not in corpus.layouts


def test_pictures_of_no_sample_are_in_no_export(folder: Path, tmp_path: Path) -> None:
    foreign = without_what_tells(folder, tmp_path / "set", "bg_fg", "bg_fg_mask")
    shutil.copytree(folder / "fg", foreign / "fg")
    done = import_corpus(foreign, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert done.manifest.geometry.cutouts == 2 * C
    for form in ("parquet", "folder", "mds", "webdataset", "hdf5"):
        export_corpus(tmp_path / "corpus", tmp_path / form, export_request(form), IN_PROCESS)
    assert {path.name for path in (tmp_path / "parquet").iterdir() if path.is_dir()} == {"data"}
    assert "config_name: cutouts" not in (tmp_path / "parquet/README.md").read_text()


def test_classes_that_arent_taken_in_are_told(folder: Path, tmp_path: Path) -> None:
    foreign = without_what_tells(folder, tmp_path / "set", "bg_fg", "bg_fg_mask")
    (foreign / "labels.csv").write_text("cutout,class,label\nfg001.png,1,cat\n")
    done = import_corpus(foreign, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert "classes of cut-outs aren't taken in" in " ".join(done.notes)


def test_what_has_no_background_is_an_identity_of_its_own(folder: Path, tmp_path: Path) -> None:
    foreign = without_what_tells(folder, tmp_path / "set", "bg_fg", "bg_fg_mask")
    import_corpus(foreign, tmp_path / "corpus", ImportOptions(split="50/25/25"), IN_PROCESS)
    corpus = Corpus(tmp_path / "corpus")
    assert (corpus.geometry.backgrounds, corpus.manifest.prepared) == (0, {})
    assert {sample.row["split"] for sample in corpus} <= {"train", "val", "test"}
    assert verify_corpus(corpus.path, IN_PROCESS).problems == []
    assert all(sample.background is None and sample.depth_m is None for sample in corpus)
    contact_sheet(corpus, [0, 1])


def test_given_splits_are_kept(folder: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted((folder / "bg_fg").iterdir())):
        split = ("train", "val", "test")[number % 3]
        for kind, file in (("images", path), ("masks", folder / "bg_fg_mask" / f"{path.stem}_mask.png")):
            (tmp_path / "set" / split / kind).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, tmp_path / "set" / split / kind / f"{number:03d}.png")
    import_corpus(tmp_path / "set", tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    corpus = Corpus(tmp_path / "corpus")
    assert corpus.manifest.split == "as given"
    for sample in corpus:
        assert sample.row["split"] == ("train", "val", "test")[int(str(sample.row["image_name"])[:3]) % 3]


def test_several_sizes_are_asked_about_and_fitted(folder: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "set"
    for kind in ("bg_fg", "bg_fg_mask"):
        shutil.copytree(folder / kind, foreign / kind)
        path = sorted((foreign / kind).iterdir())[0]
        pixels = read_png(path)
        cv2.imwrite(str(path), np.repeat(np.repeat(pixels, 2, axis=0), 2, axis=1))
    with pytest.raises(Problem, match=rf"of 2 sizes, mostly {W}x{H} \({N - 1} of {N}\).*give --size {W}x{H}"):
        import_corpus(foreign, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert not (tmp_path / "corpus").exists()
    done = import_corpus(foreign, tmp_path / "corpus", ImportOptions((H, W)), IN_PROCESS)
    assert any(f"1 composite of other sizes cropped about the centre to the aspect of {W}x{H}" in n for n in done.notes)
    plain = read_png(min((folder / "bg_fg").iterdir()))[..., ::-1]
    assert np.array_equal(Corpus(tmp_path / "corpus")[0].image, plain)


def test_a_file_that_cannot_be_read_is_named_or_left_out(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "set")
    bad = tmp_path / "set/bg_fg_mask/bg001_fg001_001_mask.png"
    bad.write_bytes(b"")
    with pytest.raises(Problem, match=r"bg001_fg001_001_mask\.png"):
        import_corpus(tmp_path / "set", tmp_path / "corpus", ImportOptions(), IN_PROCESS)


def test_a_composite_without_a_mask_is_left_out_with_a_note(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "set")
    (tmp_path / "set/bg_fg_mask/bg001_fg001_001_mask.png").unlink()
    done = import_corpus(tmp_path / "set", tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert len(done.manifest.geometry.index) == N - 1
    assert any("1 composite without a mask left out" in note for note in done.notes)


def test_pictures_that_nothing_tells_of_are_passed_over_with_a_note(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "folder")
    (copied / "disparity").mkdir()
    for number, path in enumerate(sorted((copied / "bg_fg_mask").iterdir())):
        shutil.copy(path, copied / f"disparity/{number:04d}.png")
    done = import_corpus(copied, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    (note,) = (note for note in done.notes if "passed over" in note)
    assert note.startswith(f"{N} pictures passed over, of which neither name nor folder says what they are: disparity/")


def test_composites_without_any_mask_are_refused_with_where_masks_go(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "folder")
    shutil.rmtree(copied / "bg_fg_mask")
    with pytest.raises(Problem, match=f"{N} composites and no mask of any: .*a folder masks, .* NAME_mask.png"):
        import_corpus(copied, tmp_path / "corpus", ImportOptions(), IN_PROCESS)


def test_again_it_is_unchanged_and_another_one_is_refused(folder: Path, imported: Path, tmp_path: Path) -> None:
    before = tree(imported)
    assert import_corpus(folder, imported, ImportOptions(), IN_PROCESS).unchanged
    assert tree(imported) == before
    with pytest.raises(Problem, match="holds another corpus"):
        import_corpus(folder, imported, ImportOptions(seed=1), IN_PROCESS)
    assert tree(imported) == before


@pytest.mark.parametrize("every", [41, pytest.param(17, marks=pytest.mark.slow)])
def test_one_that_is_killed_anywhere_goes_on_to_the_same_corpus(
    folder: Path, imported: Path, tmp_path: Path, every: int
) -> None:
    path = tmp_path / "corpus"

    def work() -> object:
        return import_corpus(folder, path, ImportOptions(), IN_PROCESS)

    whole = {name: content for name, content in tree(imported).items() if not name.startswith(".lock")}
    for _ in steps_killed(path, work, every):
        work()
        again = {name: content for name, content in tree(path).items() if not name.startswith(".lock")}
        assert again == whole
        shutil.rmtree(path)


def test_a_begun_import_says_so(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus/.import").mkdir(parents=True)
    for look in (Corpus, partial(audit_path, executor=IN_PROCESS)):
        with pytest.raises(Problem, match="its import isn't finished: `bgfg import"):
            look(tmp_path / "corpus")


def test_an_export_is_no_corpus_and_says_what_takes_it(labelled: Path, tmp_path: Path) -> None:
    export_corpus(labelled, tmp_path / "out", export_request("folder", ["train"]), IN_PROCESS)
    with pytest.raises(Problem, match=r"an export, not a corpus: `bgfg audit .*, `bgfg import .* makes a corpus of it"):
        Corpus(tmp_path / "out")


def test_a_name_that_is_not_safe_everywhere_is_told(folder: Path, tmp_path: Path) -> None:
    for kind in ("images", "masks"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number, name in enumerate(("plain", "r\u00f6d (copy) 7#")):
            pixels = np.full((9, 11), 40 * number, np.uint8) if kind == "masks" else np.full((9, 11, 3), 90, np.uint8)
            cv2.imwrite(str(tmp_path / "set" / kind / f"{name}.png"), pixels)
    done = import_corpus(tmp_path / "set", tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    told = [note for note in done.notes if "names of their own" in note]
    assert [note.partition(": ")[2] for note in told] == ["r\u00f6d (copy) 7#.png as r_d (copy) 7_.png"]


@pytest.mark.parametrize("form", ["yolo", "mds", "parquet", "hdf5"])
def test_an_export_without_mask_files_is_called_so(form: str, labelled: Path, tmp_path: Path) -> None:
    export_corpus(labelled, tmp_path / "out", export_request(form, ["train"]), IN_PROCESS)
    with pytest.raises(Problem, match=f"an export --as {form}, which isn't read: export --as folder, zips"):
        import_corpus(tmp_path / "out", tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert not (tmp_path / "corpus").exists()


def test_a_corpus_is_no_foreign_set(labelled: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="a corpus already: there is nothing to import"):
        import_corpus(labelled, tmp_path / "corpus", ImportOptions(), IN_PROCESS)


def test_an_archive_that_was_replaced_is_read_anew_in_the_same_process(folder: Path, tmp_path: Path) -> None:
    """As on workers that live longer than a run."""
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    black = np.zeros((H, W, 3), np.uint8)
    for shade in (10, 90):
        for number in (1, 2):
            assert cv2.imwrite(str(tmp_path / f"images/{number:04d}.png"), black + shade + number)
            assert cv2.imwrite(str(tmp_path / f"masks/{number:04d}.png"), black[..., 0] + 255)
        shutil.make_archive(str(tmp_path / "new"), "zip", tmp_path, "images")
        source = tmp_path / "set"
        source.mkdir(exist_ok=True)
        (tmp_path / "new.zip").replace(source / "images.zip")
        shutil.copytree(tmp_path / "masks", source / "masks", dirs_exist_ok=True)
        import_corpus(source, tmp_path / "corpus", ImportOptions(), IN_PROCESS, replace_other=True)
        assert Corpus(tmp_path / "corpus").read("image", 0).min() == shade + 1


def test_cut_outs_in_a_folder_for_each_class_give_composites_their_classes(tmp_path: Path) -> None:
    root, rng = tmp_path / "set", np.random.default_rng(0)

    def put(name: str, channels: int) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (24, 32, channels), np.uint8)
        if channels == 1:
            pixels = np.where(pixels > 127, 255, 0).astype(np.uint8)
        cv2.imwrite(str(path), pixels)

    classes = {"tabby-1": "cat", "rex-2": "dog", "tom-3": "cat"}
    for stem, label in classes.items():
        put(f"fg/{label}/{stem}.png", 4)
        for room in ("room-1", "room-2"):
            put(f"composite/{room}__{stem}.png", 3)
            put(f"composite_mask/{room}__{stem}.png", 1)
    for room in ("room-1", "room-2"):
        put(f"bg/{room}.png", 3)
    done = import_corpus(root, tmp_path / "corpus", ImportOptions(), IN_PROCESS)
    assert not any("class" in note for note in done.notes)
    corpus = Corpus(tmp_path / "corpus")
    assert corpus.classes == ("cat", "dog")
    (root / "composite/room-2__rex-2.png").rename(root / "composite/room-2__max.png")
    (root / "composite_mask/room-2__rex-2.png").rename(root / "composite_mask/room-2__max.png")
    untold = import_corpus(root, tmp_path / "untold", ImportOptions(), IN_PROCESS)
    assert "1 composite whose name doesn't tell its cut-out: of the class foreground" in untold.notes
    labels = {str(sample.row["image_name"]): sample.label for sample in corpus}
    assert labels == {f"{room}__{stem}.png": label for stem, label in classes.items() for room in ("room-1", "room-2")}
