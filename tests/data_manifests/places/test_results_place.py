"""Results go to a store as each comes in place, and nothing there that bgfg didn't make is written over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bgfg import cli
from bgfg.data_manifests.files.atomic_write import replace_bytes
from bgfg.data_manifests.files.origin import Origin, origin_of
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.objects.lease import LEASE_KEY
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.file_place import file_place, shots_place, weights_place
from bgfg.data_manifests.places.results_place import result_file, results_place, whole_results
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.outputs import require_apart, require_file
from tests.support.object_server import serving
from tests.support.stored_corpus import contents, remove, upload

URL = "memory://results/of"


@pytest.fixture(autouse=True)
def place() -> Iterator[str]:
    yield URL
    remove(URL)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)


def test_each_file_is_there_once_it_is_in_place_and_what_others_made_at_the_end() -> None:
    def work() -> None:
        with results_place(URL) as out:
            out.mkdir(exist_ok=True)
            replace_bytes(out / "first", b"1")
            assert contents(URL)["first"] == b"1"
            (out / "of_a_worker").write_bytes(b"2")
            (out / ".partly").write_bytes(b"3")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert contents(URL) == {"first": b"1", "of_a_worker": b"2"}
    with results_place(URL) as out:
        assert sorted(path.name for path in out.iterdir()) == ["first", "of_a_worker"]
        (out / "first").unlink()
    assert contents(URL) == {"of_a_worker": b"2"}


def test_a_second_writer_is_refused() -> None:
    refused = pytest.raises(Problem, match=rf"^{URL}: another bgfg .* is writing to this folder")
    with results_place(URL), refused, results_place(URL):
        pass
    assert LEASE_KEY not in contents(URL)


def test_of_a_picture_that_is_there_the_beginning_says_whose_and_when_it_is(tmp_path: Path) -> None:
    save_png(noise(), tmp_path / "a.png", origin=Origin("edit", "0123456789abcdef"))
    upload(tmp_path, URL)
    whole, (listed,) = (tmp_path / "a.png").read_bytes(), ObjectStore(URL).list()
    with results_place(URL) as out:
        assert (out / "a.png").read_bytes() == whole[: 2**16] != whole
        assert origin_of(out / "a.png") == Origin("edit", "0123456789abcdef")
        assert (out / "a.png").stat().st_mtime == pytest.approx(listed.modified.timestamp(), abs=1e-5)
    with whole_results(URL) as out:
        assert (out / "a.png").read_bytes() == whole
    assert contents(URL) == {"a.png": whole}


def test_a_file_is_written_under_its_name_and_over_nothing_else(tmp_path: Path) -> None:
    store = ObjectStore(URL)
    store.write("beside", b"mine")
    store.write("taken.png", b"mine")
    origin = Origin("preview")
    with result_file(f"{URL}/sheet.png") as path:
        require_file(path, origin, "SHEET")
        save_png(noise(), path, origin=origin)
        assert "sheet.png" in contents(URL)
    with result_file(f"{URL}/straight.json") as path:
        path.write_text("{}")
    with result_file(f"{URL}/taken.png") as path, pytest.raises(Problem, match=rf"{URL}/taken.png: would be written"):
        require_file(path, origin, "SHEET")
    assert contents(URL).keys() == {"beside", "taken.png", "sheet.png", "straight.json"}
    with pytest.raises(Problem, match="names no file"), result_file("s3://bucket"):
        pass


def test_a_web_server_is_read_and_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"picture")
    with serving(tmp_path) as server:
        for read in (file_place, shots_place):
            with read(f"{server.url}/a.jpg") as path:
                assert path.read_bytes() == b"picture"
        with (
            pytest.raises(Problem, match=r"no such file \(of a web server"),
            file_place(f"{server.url}/b.jpg"),
        ):
            pass
        for write in (results_place, result_file):
            with pytest.raises(Problem, match="can be read alone, not written to"), write(f"{server.url}/out"):
                pass


def test_shots_are_a_file_or_a_folder_and_weights_come_in_pairs(tmp_path: Path) -> None:
    for name in ("bg/a.jpg", "bg/b.jpg", "w.safetensors", "w.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    upload(tmp_path, URL)
    with shots_place(f"{URL}/bg") as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["a.jpg", "b.jpg"]
    with shots_place(f"{URL}/bg/a.jpg") as path:
        assert path.read_bytes() == b"bg/a.jpg"
    with weights_place(f"{URL}/w.onnx") as path:
        assert path.with_suffix(".safetensors").read_bytes() == b"w.safetensors"


def test_nothing_of_a_corpus_is_copied_to_see_that_it_is_no_place_for_results(monkeypatch: pytest.MonkeyPatch) -> None:
    ObjectStore(URL).write("manifest/corpus.json", b"{}")
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "list", lambda *_: pytest.fail("listed"))
        with pytest.raises(Problem, match=rf"^{URL}: is a corpus, and no place for results"), results_place(URL):
            pass


def test_a_url_of_results_may_not_be_one_of_inputs() -> None:
    with results_place(URL) as out, pytest.raises(Problem, match=rf"--out {URL}: lies within CORPUS memory://results"):
        require_apart(out, "--out", ("CORPUS", "memory://results"))


def test_a_kit_is_drawn_there_to_the_byte_and_goes_on(tmp_path: Path) -> None:
    given = ["--backgrounds", "1", "--cutouts", "2", "--size", "32", "--workers", "1"]
    for out in (str(tmp_path / "kit"), URL):
        assert CliRunner().invoke(cli.command_group, ["kit", out, *given]).exit_code == 0
    there = contents(URL)
    assert there == {
        path.relative_to(tmp_path / "kit").as_posix(): path.read_bytes()
        for path in (tmp_path / "kit").rglob("*")
        if path.is_file()
    }
    ObjectStore(URL).delete(["fg/fg002.png"])
    done = CliRunner().invoke(cli.command_group, ["kit", URL, *given])
    assert done.stdout == f"{URL}: 1 scene (indoor) in bg/ with depth/, 2 cut-outs in fg/\n"
    assert contents(URL) == there
