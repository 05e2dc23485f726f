"""References of an export are followed as its card says, with selections that leave pictures out: each leads home."""

from __future__ import annotations

import csv
import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.registry import EXPORT_FORMATS
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS


class Chosen(NamedTuple):
    """A selection, and which rows of samples are of it."""

    selection: Selection
    has: Callable[[Mapping[str, Any]], bool]


# The filter leaves out the first background and the first cut-out, so that no number is a place any more.
SELECTIONS = {
    "split": Chosen(Selection(splits=("mixed",)), lambda row: row["split"] == "mixed"),
    "range": Chosen(Selection(samples=(19, 43)), lambda row: 19 <= row["sample"] < 43),
    "filter": Chosen(
        Selection(filters=(Filter.parse("background!=0"), Filter.parse("cutout>=2"))),
        lambda row: row["background"] != 0 and row["cutout"] >= 2,
    ),
}

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(1, 3))


@pytest.fixture(params=SELECTIONS)
def chosen(request: pytest.FixtureRequest) -> Chosen:
    return SELECTIONS[request.param]


def exported(corpus: Path, out: Path, export_format: str, chosen: Chosen, **options: Any) -> Path:
    export_corpus(corpus, out, ExportRequest(export_format, chosen.selection, image="png", **options), IN_PROCESS)
    return out


def pixels(data: bytes) -> Pixels:
    """Decode a picture, (H, W) or (H, W, 3 or 4), RGB or RGBA."""
    found = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))
    return found if found.ndim == 2 else np.ascontiguousarray(found[..., [2, 1, 0, 3][: found.shape[2]]])


def assert_shows(image: Pixels, shown: NDArray[np.bool_], cutout: Pixels, row: dict[str, Any]) -> None:
    """Where a cut-out is shown and opaque, the composite has its colours, in the box of the row.

    But for some pixels, over which the soft edge of another one lies that was pasted later. Another cut-out's colours
    are there nowhere.
    """
    height_px, width_px = cutout.shape[:2]
    box = slice(row["y_px"], row["y_px"] + height_px), slice(row["x_px"], row["x_px"] + width_px)
    seen = shown[box] & (cutout[..., 3] == 255)
    assert seen.any()
    assert (image[box] == cutout[..., :3]).all(axis=2)[seen].mean() > 0.2


def samples_of(corpus: Corpus, chosen: Chosen) -> list[int]:
    rows = pq.read_table(corpus.path / "manifest/samples.parquet").to_pylist()
    found = [row["sample"] for row in rows if chosen.has(row)]
    assert found
    return found


def check_samples(found: Iterator[tuple[int, Pixels, Pixels, Pixels]], corpus: Corpus, chosen: Chosen) -> None:
    """All samples of a selection are there with the background that was found for each, as it is outside the mask."""
    samples = []
    for sample, image, mask, background in found:
        np.testing.assert_array_equal(image[mask == 0], background[mask == 0])
        samples.append(sample)
    assert sorted(samples) == samples_of(corpus, chosen)


@pytest.mark.parametrize("export_format", EXPORT_FORMATS)
def test_every_export_has_a_card_that_says_what_belongs_together(
    crowded: Path, tmp_path: Path, export_format: str
) -> None:
    if export_format in ("coco", "hdf5"):
        pytest.importorskip({"coco": "pycocotools", "hdf5": "h5py"}[export_format])
    card = (exported(crowded, tmp_path / "out", export_format, SELECTIONS["filter"]) / "README.md").read_text()
    assert "## What belongs together" in card
    assert "instance" in card
    assert "README.md" in (tmp_path / "out/SHA256SUMS").read_text()


def test_names_of_a_folder_lead_to_background_and_cutout(labelled: Path, tmp_path: Path, chosen: Chosen) -> None:
    out, corpus = exported(labelled, tmp_path / "out", "folder", chosen), Corpus(labelled)

    def found() -> Iterator[tuple[int, Pixels, Pixels, Pixels]]:
        for path in (out / "bg_fg").iterdir():
            background, cutout, _ = re.fullmatch(r"(bg\d+)_(fg\d+(?:_01)?)_(\d+)", path.stem).groups()  # type: ignore[union-attr]
            image = pixels(path.read_bytes())
            mask = pixels((out / f"bg_fg_mask/{path.stem}_mask.png").read_bytes())
            sample = corpus.sample_of(f"{path.stem}.jpeg")
            assert_shows(image, mask == 255, pixels((out / f"fg/{cutout}.png").read_bytes()), dict(corpus[sample].row))
            yield sample, image, mask, pixels((out / f"bg/{background}.png").read_bytes())

    check_samples(found(), corpus, chosen)


def test_the_list_of_instances_leads_to_every_cutout(crowded: Path, tmp_path: Path, chosen: Chosen) -> None:
    out, corpus = exported(crowded, tmp_path / "out", "folder", chosen), Corpus(crowded)
    with (out / "instances.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(
        len(corpus[corpus.sample_of(f"{path.stem}.jpeg")].pastes) for path in (out / "bg_fg").iterdir()
    )
    for row in rows:
        stem = Path(row["image"]).stem
        instance = pixels((out / f"instance/{stem}_instance.png").read_bytes())
        cutout = pixels((out / f"fg/{row['cutout']}").read_bytes())
        place = {name: int(value) for name, value in row.items() if name not in ("image", "cutout")}
        seen = instance == place["instance"]
        assert seen.sum() == place["visible_px"]
        assert_shows(pixels((out / f"bg_fg/{row['image']}").read_bytes()), seen, cutout, place)


def test_packs_have_the_backgrounds_of_their_own(labelled: Path, tmp_path: Path, chosen: Chosen) -> None:
    out, corpus = exported(labelled, tmp_path / "out", "zips", chosen), Corpus(labelled)

    def found() -> Iterator[tuple[int, Pixels, Pixels, Pixels]]:
        with zipfile.ZipFile(out / "pack_01.zip") as pack:
            for name in (name for name in pack.namelist() if name.startswith("bg_fg/")):
                stem = Path(name).stem
                mask, background = f"bg_fg_mask/{stem}_mask.png", f"bg/{stem.partition('_')[0]}.png"
                sample = corpus.sample_of(f"{stem}.jpeg")
                yield sample, *(pixels(pack.read(file)) for file in (name, mask, background))  # type: ignore[misc]

    check_samples(found(), corpus, chosen)


def test_the_list_beside_packs_leads_to_every_instance(crowded: Path, tmp_path: Path, chosen: Chosen) -> None:
    out, corpus = exported(crowded, tmp_path / "out", "zips", chosen), Corpus(crowded)
    with (out / "instances.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {corpus.sample_of(f"{Path(row['image']).stem}.jpeg") for row in rows} == set(samples_of(corpus, chosen))
    with zipfile.ZipFile(out / "pack_01.zip") as pack:
        for row in rows:
            instance = pixels(pack.read(f"instance/{Path(row['image']).stem}_instance.png"))
            assert (instance == int(row["instance"])).sum() == int(row["visible_px"])


@pytest.mark.parametrize("kind", ["labelled", "crowded"])
def test_names_in_the_rows_of_tar_shards_lead_to_files(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, chosen: Chosen
) -> None:
    corpus = Corpus(request.getfixturevalue(kind))
    out = exported(corpus.path, tmp_path / "out", "webdataset", chosen)

    def found() -> Iterator[tuple[int, Pixels, Pixels, Pixels]]:
        for path in out.glob("*.tar"):
            with tarfile.open(path) as shard:
                files = {member.name: shard.extractfile(member).read() for member in shard}  # type: ignore[union-attr]
            for name in (name for name in files if name.endswith(".json")):
                row, key = json.loads(files[name]), name.removesuffix(".json")
                image, mask = (pixels(files[f"{key}.{end}.png"]) for end in ("image", "mask"))
                numbers = pixels(files[f"{key}.instance.png"]) if "instances" in row else (mask == 255).astype(np.uint8)
                for paste in row.get("instances", [row | {"instance": 1}]):
                    cutout = pixels((out / "fg" / paste["cutout_name"]).read_bytes())
                    assert_shows(image, numbers == paste["instance"], cutout, paste)
                yield row["sample"], image, mask, pixels((out / "bg" / row["background_name"]).read_bytes())

    check_samples(found(), corpus, chosen)


def test_names_and_ids_of_coco_lead_to_files_and_images(crowded: Path, tmp_path: Path, chosen: Chosen) -> None:
    pytest.importorskip("pycocotools")
    out, corpus = exported(crowded, tmp_path / "out", "coco", chosen, label="chair"), Corpus(crowded)

    def found() -> Iterator[tuple[int, Pixels, Pixels, Pixels]]:
        for path in (out / "annotations").iterdir():
            content = json.loads(path.read_text())
            assert content["categories"] == [{"id": 1, "name": "chair", "supercategory": "chair"}]
            ids = {image["id"] for image in content["images"]}
            assert {annotation["image_id"] for annotation in content["annotations"]} <= ids
            assert {annotation["category_id"] for annotation in content["annotations"]} == {1}
            for image in content["images"]:
                sample = image["id"] - 1
                picture = out / "images" / path.stem.removeprefix("instances_") / image["file_name"]
                background = (out / "bg" / image["background"]).read_bytes()
                yield sample, pixels(picture.read_bytes()), corpus[sample].mask, pixels(background)

    check_samples(found(), corpus, chosen)


def test_numbers_of_hdf5_are_places_whatever_was_selected(crowded: Path, tmp_path: Path, chosen: Chosen) -> None:
    h5py = pytest.importorskip("h5py")
    out, corpus = exported(crowded, tmp_path / "out", "hdf5", chosen), Corpus(crowded)
    with h5py.File(out / "samples.h5") as file:
        pastes = {name: column[:] for name, column in file["instances"].items()}
        numbers = file["samples/sample"][:].tolist()
        for sample, instance, cutout, x_px, y_px in zip(
            *(pastes[name].tolist() for name in ("sample", "instance", "cutout", "x_px", "y_px")), strict=True
        ):
            n = numbers.index(sample)
            padded, place = file["cutout"][cutout], {"x_px": x_px, "y_px": y_px}
            rows, columns = (padded[..., 3].any(axis=axis).nonzero()[0].max() + 1 for axis in (1, 0))
            assert_shows(file["image"][n], file["instance"][n] == instance, padded[:rows, :columns], place)
        rows_of_samples = zip(numbers, file["image"], file["mask"], file["samples/background"][:].tolist(), strict=True)
        check_samples(
            ((i, image, mask, file["background"][b]) for i, image, mask, b in rows_of_samples), corpus, chosen
        )


@pytest.mark.parametrize("kind", ["labelled", "crowded"])
def test_columns_of_parquet_lead_to_backgrounds_cutouts_and_instances(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, chosen: Chosen
) -> None:
    corpus = Corpus(request.getfixturevalue(kind))
    out = exported(corpus.path, tmp_path / "out", "parquet", chosen)

    def table(folder: str) -> list[dict[str, Any]]:
        return [row for path in sorted((out / folder).iterdir()) for row in pq.read_table(path).to_pylist()]

    backgrounds = {row["background"]: pixels(row["image"]["bytes"]) for row in table("backgrounds")}
    cutouts = {row["cutout"]: pixels(row["image"]["bytes"]) for row in table("cutouts")}
    assert set(backgrounds) == {row["background"] for row in table("data")}
    instances = table("instances") if kind == "crowded" else []

    def found() -> Iterator[tuple[int, Pixels, Pixels, Pixels]]:
        for row in table("data"):
            image, mask = pixels(row["image"]["bytes"]), pixels(row["mask"]["bytes"])
            numbers = pixels(row["instance"]["bytes"]) if instances else (mask == 255).astype(np.uint8)
            own = [paste for paste in instances if paste["sample"] == row["sample"]] or [row | {"instance": 1}]
            for paste in own:
                assert_shows(image, numbers == paste["instance"], cutouts[paste["cutout"]], paste)
            yield row["sample"], image, mask, backgrounds[row["background"]]

    check_samples(found(), corpus, chosen)


@pytest.mark.filterwarnings("default")
def test_datasets_loads_every_configuration_that_the_card_names(
    crowded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="reading Hugging Face datasets back needs datasets")
    datasets.disable_progress_bars()
    out = exported(crowded, tmp_path / "out", "parquet", SELECTIONS["filter"])
    card = (out / "README.md").read_text()
    for name in re.findall(r"config_name: (\w+)", card):
        loaded = datasets.load_dataset(str(out), name, cache_dir=str(tmp_path / "cache"))
        assert sum(len(rows) for rows in loaded.values()) > 0
    assert (
        np.array(
            datasets.load_dataset(str(out), "cutouts", cache_dir=str(tmp_path / "cache"))["train"][0]["image"]
        ).shape[2]
        == 4
    )


def test_a_label_is_for_coco_and_yolo_alone() -> None:
    with pytest.raises(Problem, match="--label chair: only --as coco and yolo have it: leave it out"):
        ExportRequest("parquet", Selection(), label="chair")


def test_without_a_label_nothing_is_called_a_person(labelled: Path, tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    out = exported(labelled, tmp_path / "out", "coco", SELECTIONS["filter"])
    for path in (out / "annotations").iterdir():
        assert json.loads(path.read_text())["categories"] == [
            {"id": 1, "name": "foreground", "supercategory": "foreground"}
        ]
        assert "person" not in path.read_text()
