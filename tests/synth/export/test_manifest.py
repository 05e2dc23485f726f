"""The state of an export: what is written gets its name whole; another export is refused."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.corpus.digest import sealed
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Advance
from bgfg.synth.export import manifest as manifest_module
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.export_record import EXPORT_FORMAT_NAME, EXPORT_FORMAT_VERSION
from bgfg.synth.export.manifest import ExportManifest
from bgfg.synth.store import unflushed
from bgfg.synth.store.lock import writer_lock
from tests.support.doors import damaged, refusal
from tests.support.full_disk import longest_file
from tests.support.unfit_files import ended, put_device, put_huge, put_pipe


def head(**asked: Any) -> dict[str, Any]:
    return {
        "format": EXPORT_FORMAT_NAME,
        "version": EXPORT_FORMAT_VERSION,
        "asked": {"as": "folder"} | asked,
        "corpus": {"digest": "d"},
    }


def finished(out: Path, array: str = "pack", name: str = "pack_01.zip") -> ExportManifest:
    """Return the manifest of a whole export of one file."""
    manifest = ExportManifest(out)
    with manifest.open(head()):
        with manifest.writer(0) as writer:
            writer.write_file(array, name, b"pack")
            manifest.mark_done("0", writer.written)
        manifest.seal(head(), ["0"])
    return manifest


def test_what_is_written_is_listed_and_hashed(tmp_path: Path) -> None:
    manifest = ExportManifest(tmp_path / "out")
    with manifest.open(head()):
        with manifest.writer(0) as writer:
            writer.write_file("mask", "a.png", b"aa")
            with writer.open_file("pack", "b.zip") as stream:
                stream.write(b"b")
                assert not (tmp_path / "out/b.zip").exists()
                stream.write(b"bb")
            with writer.path_for_library("file", "c.h5") as path:
                path.write_bytes(b"cccc")
            manifest.mark_done("0", writer.written)
        manifest.seal(head(), ["0"])
    content = json.loads((tmp_path / "out/export.json").read_text())
    assert content["complete"] is True
    assert content["written"] == {
        "mask": {"files": 1, "bytes": 2}, "pack": {"files": 1, "bytes": 3}, "file": {"files": 1, "bytes": 4}
    }  # fmt: skip
    assert content["sha256sums"] == hashlib.sha256((tmp_path / "out/SHA256SUMS").read_bytes()).hexdigest()
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    subprocess.run(check, cwd=tmp_path / "out", check=True)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "SHA256SUMS", "a.png", "b.zip", "c.h5", "export.json"
    ]  # fmt: skip


def test_a_full_disk_has_its_number_in_whatever_words_a_library_tells_it(tmp_path: Path) -> None:
    manifest = ExportManifest(tmp_path)

    def fail(text: str) -> None:
        with manifest.writer() as writer, writer.path_for_library("file", "samples.h5"):
            raise OSError(text)

    with manifest.open(head()):
        with pytest.raises(OSError, match="No space left on device") as full:
            fail("Can't close file (errno = 28, error message = 'No space left on device', offset = 4096)")
        with pytest.raises(OSError, match="stolen") as other:
            fail("stolen")
    assert (full.value.errno, full.value.filename) == (errno.ENOSPC, f"{tmp_path}/samples.h5")
    assert other.value.errno is None


def test_what_breaks_off_gets_no_name(tmp_path: Path) -> None:
    manifest = ExportManifest(tmp_path)

    def break_off() -> None:
        with manifest.writer(3) as writer, writer.open_file("pack", "b.zip") as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with manifest.open(head()), pytest.raises(KeyboardInterrupt):
        break_off()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", ".partial", "export.json"]
    assert list(manifest.partial.glob("part-*")) == []
    assert manifest.done_names() == set()
    assert json.loads((tmp_path / "export.json").read_text())["complete"] is False


def test_the_same_export_goes_on_and_clears_what_the_dead_left(tmp_path: Path) -> None:
    manifest = ExportManifest(tmp_path)
    with manifest.open(head()):
        manifest.mark_done("0", [])
        (manifest.partial / "part-1.99999").mkdir()
    with manifest.open(head()):
        assert manifest.done_names() == {"0"}
        assert list(manifest.partial.glob("part-*")) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"as": "zips"}, r"different: --as zips \(was folder\)"),
        ({"quality": 90}, r"--quality 90 \(was not given\)"),
        ({"split": ["val"], "samples": [0, 20]}, r"--split val \(was not given\), --samples 0:20 \(was not given\)"),
        ({"depth_bits": 8}, r"--depth 8 \(was none\)"),
        ({"as": "yolo", "boxes": False}, r"different: --as yolo \(was folder\)\): choose"),
    ],
)
def test_another_export_is_refused_with_the_difference(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    with ExportManifest(tmp_path).open(head()):
        pass
    with pytest.raises(Problem, match=said), ExportManifest(tmp_path).open(head(**asked)):
        pass


def test_an_export_of_another_corpus_is_refused(tmp_path: Path) -> None:
    with ExportManifest(tmp_path).open(head()):
        pass
    other = head() | {"corpus": {"digest": "e"}}
    with pytest.raises(Problem, match="of another corpus"), ExportManifest(tmp_path).open(other):
        pass


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("all of it")
    with pytest.raises(Problem, match="not empty, and no export of bgfg"), ExportManifest(tmp_path).open(head()):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(Problem, match="not a folder"), ExportManifest(tmp_path / "thesis.tex").open(head()):
        pass


@pytest.mark.parametrize("text", ["{", '{"format": "bgfg-export", "version": 99}', "[]"])
def test_a_manifest_that_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "export.json").write_text(text)
    with pytest.raises(Problem, match=r"export\.json: not"), ExportManifest(tmp_path).open(head()):
        pass


def test_a_second_writer_says_so_and_stops(tmp_path: Path) -> None:
    said = pytest.raises(Problem, match="is writing to this export")
    with writer_lock(tmp_path, "export"), said, ExportManifest(tmp_path).open(head()):
        pass


def test_what_a_run_left_that_was_killed_at_its_first_write_is_no_other_thing(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / ".0123456789ab.partial.json").write_text("{")
    with ExportManifest(tmp_path).open(head()):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", ".partial", "export.json"]


@pytest.mark.parametrize("damage", ["torn mark", "empty mark", "missing file", "empty file", "empty segment"])
def test_a_mark_counts_as_far_as_what_it_names_is_there(tmp_path: Path, damage: str) -> None:
    manifest = ExportManifest(tmp_path)
    with manifest.open(head()):
        for name in ("0", "1"):
            with manifest.writer(int(name)) as writer:
                writer.write_file("mask", f"{name}.png", b"some")
                with writer.open_segment(manifest.segments / f"{name}.chunks") as stream:
                    stream.write(b"piece")
                manifest.mark_done(name, writer.written)
        assert manifest.done_names() == {"0", "1"}
        mark, file, segment = manifest.partial / "done/0.json", tmp_path / "0.png", manifest.segments / "0.chunks"
        match damage:
            case "torn mark":
                mark.write_bytes(mark.read_bytes()[:-5])
            case "empty mark":
                mark.write_bytes(b"")
            case "missing file":
                file.unlink()
            case "empty file":
                file.write_bytes(b"")
            case "empty segment":
                segment.write_bytes(b"")
        assert manifest.done_names() == {"1"}
        assert manifest.done_names(with_segments=False) == ({"0", "1"} if damage == "empty segment" else {"1"})


def test_all_files_are_flushed_to_disk_before_the_export_is_called_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[set[str], bool]] = []

    def note(out: Path) -> None:
        complete = json.loads((out / "export.json").read_text())["complete"]
        flushed.append(({path.name for path in out.iterdir()}, complete))

    monkeypatch.setattr(manifest_module, "flush_file_system", note)
    finished(tmp_path, "mask", "a.png")
    assert flushed == [({".lock", ".partial", "SHA256SUMS", "a.png", "export.json"}, False)]


def test_a_short_write_is_gone_on_with_and_a_full_disk_names_the_file(tmp_path: Path) -> None:
    manifest = ExportManifest(tmp_path)
    with manifest.open(head()), manifest.writer(0) as writer:
        with longest_file(1000), pytest.raises(OSError, match=r"a\.png") as full:
            writer.write_file("mask", "a.png", b"x" * 1001)
        assert (full.value.errno, full.value.filename) == (errno.EFBIG, f"{tmp_path}/a.png")
        assert not (tmp_path / "a.png").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_export_json_is_read_or_refused_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    totals = {"written": {"mask": {"files": 1, "bytes": 2}}, "sha256sums": "0" * 64, "complete": True}
    for content in (head() | totals, sealed(head() | totals)):
        (tmp_path / "export.json").write_bytes(data.draw(damaged(json.dumps(content, indent=1).encode())))
        line = refusal(lambda: ExportManifest(tmp_path).complete())
        assert line == "" or line.startswith(f"{tmp_path}/export.json: ")


def test_a_bit_that_flips_in_export_json_is_told_as_damage_and_as_no_other_export(tmp_path: Path) -> None:
    manifest = finished(tmp_path)
    whole = (tmp_path / "export.json").read_text()
    for said, other in (
        ('"digest": "d"', '"digest": "e"'),
        ('"as": "folder"', '"as": "foldes"'),
        ('"bytes": 4', '"bytes": 5'),
    ):
        assert said in whole
        (tmp_path / "export.json").write_text(whole.replace(said, other))
        with (
            pytest.raises(Problem, match=r"export\.json: damaged \(.*own SHA-256.*bring it back") as caught,
            manifest.open(head()),
        ):
            pass
        assert len(caught.value.lines) == 1
    (tmp_path / "export.json").write_text(whole)
    with manifest.open(head()):
        assert not manifest.is_renewed


def test_an_export_of_before_without_digests_of_its_own_is_gone_on_with(tmp_path: Path) -> None:
    manifest = finished(tmp_path)
    content = json.loads((tmp_path / "export.json").read_text())
    for key in ("sha256", "sizes_sha256"):
        del content[key]
    (tmp_path / "export.json").write_text(json.dumps(content))
    with manifest.open(head()):
        assert not manifest.is_renewed
    (tmp_path / "pack_01.zip").write_bytes(b"longer")
    with manifest.open(head()):
        assert manifest.is_renewed


def test_files_that_were_exchanged_are_noticed_though_their_sizes_add_up_to_the_same(tmp_path: Path) -> None:
    manifest = ExportManifest(tmp_path)
    with manifest.open(head()):
        with manifest.writer(0) as writer:
            writer.write_file("pack", "a", b"1")
            writer.write_file("pack", "b", b"22")
            manifest.mark_done("0", writer.written)
        manifest.seal(head(), ["0"])
    (tmp_path / "a").write_bytes(b"22")
    (tmp_path / "b").write_bytes(b"1")
    with manifest.open(head()):
        assert manifest.is_renewed


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:70]),
        lambda path: path.write_bytes(path.read_bytes() + b"\n"),
        lambda path: path.write_bytes(b"0" * 64 + b"  \n"),
        lambda path: path.write_bytes(b"0" * 64 + b"  .partial\n"),
        lambda path: path.write_bytes(bytes(range(256)) * 40),
        put_pipe,
        put_device,
        put_huge,
    ],
)
def test_a_list_of_sums_that_is_torn_or_no_file_counts_as_not_there(
    tmp_path: Path, damage: Callable[[Path], Any]
) -> None:
    manifest = finished(tmp_path)
    damage(tmp_path / "SHA256SUMS")

    def go_on() -> None:
        with manifest.open(head()):
            assert manifest.is_renewed
            with manifest.writer(0) as writer:
                writer.write_file("pack", "pack_01.zip", b"pack")
                manifest.mark_done("0", writer.written)
            manifest.seal(head(), ["0"])

    assert ended(go_on) is None
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    subprocess.run(check, cwd=tmp_path, check=True)


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "[",
        "{}",
        "[1]",
        json.dumps([["mask", "a" * 5_000, 2, "0"]]),
        json.dumps([["mask", "a\0", 2, "0"]]),
        '[["mask", "a.png"]]',
        '[["mask", "a.png", "2", "0"]]',
        "[[[]]]",
    ],
)
def test_a_part_with_a_mark_that_is_none_is_made_again(tmp_path: Path, mark: str) -> None:
    manifest = ExportManifest(tmp_path / "out")
    with manifest.open(head()):
        with manifest.writer(0) as writer:
            writer.write_file("mask", "a.png", b"aa")
            manifest.mark_done("0", writer.written)
        assert manifest.done_names() == {"0"}
        (tmp_path / "out/.partial/done/0.json").write_text(mark)
        assert manifest.done_names() == set()


def _half_done(out: Path) -> None:
    """Mark two parts and a group, and end as a power cut does: with the note that says so."""
    manifest = ExportManifest(out)
    with contextlib.suppress(KeyboardInterrupt), manifest.open(head()):
        for name in ("0", "1", "all"):
            with manifest.writer(1) as writer:
                writer.write_file("mask", f"{name}.png", b"content")
                if name != "all":
                    with writer.open_segment(manifest.segments / f"{name}.json") as stream:
                        stream.write(b"[1, 2]")
                manifest.mark_done(name, writer.written)
        raise KeyboardInterrupt
    (out / ".partial/done/.unflushed").touch()


@pytest.mark.parametrize("torn", ["0.png", ".partial/segments/0.json"])
def test_what_a_power_cut_left_without_its_data_is_not_done(tmp_path: Path, torn: str) -> None:
    _half_done(tmp_path)
    (tmp_path / torn).write_bytes(bytes((tmp_path / torn).stat().st_size))
    manifest = ExportManifest(tmp_path)
    checked: list[object] = []

    @contextlib.contextmanager
    def progress(title: str, total: int, done: int) -> Iterator[Advance]:
        checked.append((title, total, done))
        yield lambda n: checked.append(n)

    with manifest.open(head(), progress):
        assert manifest.done_names() == {"1", "all"}
    assert checked == [("checking what the last run left", 3, 0), 1, 1, 1]


def test_a_segment_that_was_used_need_not_be_there(tmp_path: Path) -> None:
    _half_done(tmp_path)
    (tmp_path / ".partial/segments/0.json").unlink()
    manifest = ExportManifest(tmp_path)
    with manifest.open(head()):
        assert manifest.done_names(with_segments=False) == {"0", "1", "all"}
        assert manifest.done_names() == {"1", "all"}


def test_what_was_flushed_is_not_read_again(tmp_path: Path) -> None:
    _half_done(tmp_path)
    (tmp_path / ".partial/done/.unflushed").unlink()
    (tmp_path / "0.png").write_bytes(bytes(7))
    manifest = ExportManifest(tmp_path)
    with manifest.open(head()):
        assert manifest.done_names() == {"0", "1", "all"}


def test_the_note_is_there_while_an_export_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note, flushed = tmp_path / ".partial/done/.unflushed", []
    monkeypatch.setattr(unflushed, "flush_file_system", lambda folder: flushed.append((folder, note.exists())))
    with ExportManifest(tmp_path).open(head()):
        assert (note.exists(), flushed) == (True, [])
    assert (note.exists(), flushed) == (False, [(tmp_path, True)])


def test_a_folder_in_the_place_of_a_file_is_named_before_anything_is_begun(tmp_path: Path) -> None:
    manifest = finished(tmp_path)
    (tmp_path / "pack_01.zip").unlink()
    (tmp_path / "pack_01.zip").mkdir()
    with pytest.raises(IsADirectoryError) as caught, manifest.open(head()):
        pass
    assert caught.value.filename == str(tmp_path / "pack_01.zip")
    assert json.loads((tmp_path / "export.json").read_text())["complete"] is True
    (tmp_path / "pack_01.zip").rmdir()
    with manifest.open(head()):
        assert manifest.is_renewed


@pytest.mark.parametrize("way", ["write_file", "open_file", "path_for_library"])
def test_what_can_not_get_its_name_is_told_by_that_name(tmp_path: Path, way: str) -> None:
    manifest = ExportManifest(tmp_path)

    def write(writer: AtomicWriter) -> None:
        (tmp_path / "a").mkdir()
        if way == "write_file":
            writer.write_file("mask", "a", b"aa")
        else:
            with getattr(writer, way)("mask", "a") as opened:
                opened.write_bytes(b"aa") if isinstance(opened, Path) else opened.write(b"aa")

    with pytest.raises(IsADirectoryError) as caught, manifest.open(head()), manifest.writer() as writer:
        write(writer)
    assert caught.value.filename == f"{tmp_path}/a"


@pytest.mark.parametrize("left", [b"", b"{", b'{"format": "bgfg-export", "version": 1}', None])
def test_what_is_left_of_an_export_without_its_export_json_is_never_to_be_removed(
    tmp_path: Path, left: bytes | None
) -> None:
    manifest = finished(tmp_path)
    (tmp_path / "export.json").unlink()
    if left is not None:
        (tmp_path / "export.json").write_bytes(left)
    with pytest.raises(Problem) as caught, manifest.open(head()):
        pass
    (line,) = caught.value.lines
    assert line.startswith(f"{tmp_path / 'export.json'}: ")
    assert "bring it back from a copy, or export into another folder (`sha256sum --check SHA256SUMS`" in line
    assert "remove" not in line
    assert (tmp_path / "pack_01.zip").read_bytes() == b"pack"
