"""The folder of a page is made whole, made anew by the same command, and never out of somebody else's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.synth.store.outputs import WEB_PAGE, folder_kind
from bgfg.train.models.shipped import WEIGHTS_DIR
from bgfg.train.web import site
from bgfg.train.web.networks import WebNetwork, file_names, load_networks
from bgfg.train.web.server import HEADERS
from tests.support.web_page import NAMES, runtime_folder, tiny_package

PAGE = Path(site.__file__).parent / "page"


@pytest.fixture(scope="module")
def networks() -> list[WebNetwork]:
    return load_networks(("two_stream", "person"))


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    return runtime_folder(tmp_path / "runtime")


def made(out: Path, networks: list[WebNetwork], runtime: Path | None) -> set[str]:
    files = site.make_site(out, networks, None, runtime, no_progress, tiny_package())
    return {str(file.relative_to(out)) for file in files}


def there(out: Path) -> set[str]:
    return {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()}


def test_a_page_holds_all_that_it_names(tmp_path: Path, networks: list[WebNetwork], runtime: Path) -> None:
    out = tmp_path / "page"
    assert made(out, networks, runtime) == there(out)
    assert folder_kind(out) == WEB_PAGE
    record = json.loads((out / "web.json").read_text())
    assert [(each["file"], each["inputs"], each["sizes_px"]) for each in record["networks"]] == [
        ("networks/two_stream.onnx", ["bg", "bg_fg"], [128, 192, 256]),
        ("networks/person.onnx", ["image"], [96, 128, 160, 192, 224, 256]),
    ]
    assert (out / "networks/person.onnx").read_bytes() == (WEIGHTS_DIR / "person.onnx").read_bytes()
    notice = (out / "NOTICE.txt").read_text()
    assert all(whose in notice for whose in ("Microsoft", "Open Images V4 (CC BY 2.0)", "Cooke", "Apache-2.0"))
    assert "MIT License" in (out / "LICENSE-onnxruntime.txt").read_text()


def test_every_file_that_the_page_asks_for_is_one_of_its_own() -> None:
    own = {file.name for file in PAGE.iterdir()}
    asked = {
        name
        for file in PAGE.glob("*.js")
        for name in re.findall(r"""(?:from |URL\(|register\(new URL\()"(?:\./)?([\w.]+)\"""", file.read_text())
    }
    asked |= set(re.findall(r'(?:src|href)="([\w.]+)"', (PAGE / "index.html").read_text()))
    assert asked - {"NOTICE.txt"} <= own
    assert own == asked - {"NOTICE.txt"} | {"index.html"}


def test_the_policy_of_the_page_is_that_of_its_server_and_of_its_service_worker() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert f'content="{policy}"' in (PAGE / "index.html").read_text()
    worker = re.sub(r'"\s*\+ "', "", (PAGE / "service_worker.js").read_text())
    assert all(f'"{name}": "{value}"' in worker for name, value in HEADERS.items())


def test_the_same_command_makes_it_anew_and_takes_the_runtime_that_is_there(
    tmp_path: Path, networks: list[WebNetwork], runtime: Path
) -> None:
    out = tmp_path / "page"
    before = made(out, networks, runtime)
    (out / "app.js").write_text("")
    (out / "index.html").unlink()
    (out / "mine.txt").write_text("a file of somebody's")
    assert made(out, networks[:1], tmp_path / "nowhere") == before - {"networks/person.onnx"}
    assert there(out) == before - {"networks/person.onnx"} | {"mine.txt"}
    assert (out / "app.js").read_bytes() == (PAGE / "app.js").read_bytes()


def test_without_the_runtime_what_is_there_stays(tmp_path: Path, networks: list[WebNetwork], runtime: Path) -> None:
    out = tmp_path / "page"
    (runtime / NAMES[0]).rename(runtime / "elsewhere")
    with pytest.raises(Problem, match=f"has no {NAMES[0]}"):
        made(out, networks, runtime)
    assert not out.exists()
    (runtime / "elsewhere").rename(runtime / NAMES[0])
    whole = made(out, networks, runtime)
    (out / "runtime" / NAMES[0]).unlink()
    (runtime / NAMES[0]).write_text("another one")
    with pytest.raises(Problem, match="another SHA-512"):
        made(out, networks, runtime)
    assert there(out) == whole - {f"runtime/{NAMES[0]}"}


def test_what_was_begun_has_no_page_and_is_gone_on_with(
    tmp_path: Path, networks: list[WebNetwork], runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "page"
    whole = made(out, networks, runtime)
    with monkeypatch.context() as patch:
        patch.setattr(site, "make_folder", lambda _folder: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            made(out, networks, runtime)
    assert there(out) == whole - {"index.html"}
    assert made(out, networks, runtime) == there(out) == whole


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"notes.txt": "mine"}, "holds other things"),
        ({"kit.json": '{"seed": 1, "size_px": 64, "backgrounds": 1}'}, "is a kit"),
        ({"web.json": '{"format": "mine"}'}, "holds other things"),
        ({"web.json": '{"format": "bgfg-web", "files": 3}'}, "web.json: is damaged"),
        ({"web.json": '{"format": "bgfg-web", "files": ["../runtime/x"]}'}, "files of other folders"),
        ({"web.json": '{"format": "bgfg-web", "files": ["/etc/passwd"]}'}, "files of other folders"),
        ({"web.json": '{"format": "bgfg-web", "files": ["networks/../../x"]}'}, "files of other folders"),
    ],
)
def test_a_folder_of_something_else_is_left_as_it_is(
    tmp_path: Path, networks: list[WebNetwork], runtime: Path, there: dict[str, str], said: str
) -> None:
    out = tmp_path / "page"
    out.mkdir()
    for name, text in there.items():
        (out / name).write_text(text)
    with pytest.raises(Problem, match=said):
        made(out, networks, runtime)
    assert {path.name: path.read_text() for path in out.iterdir()} == there


def test_nothing_is_written_through_a_link(tmp_path: Path, networks: list[WebNetwork], runtime: Path) -> None:
    out, elsewhere = tmp_path / "page", tmp_path / "elsewhere"
    made(out, networks, runtime)
    (out / "networks").rename(elsewhere)
    (out / "networks").symlink_to(elsewhere)
    (elsewhere / "person.onnx").write_text("kept")
    with pytest.raises(Problem, match="networks: isn't a folder of its own"):
        made(out, networks, runtime)
    assert (elsewhere / "person.onnx").read_text() == "kept"


def test_names_of_networks_become_names_of_files_that_any_server_takes(networks: list[WebNetwork]) -> None:
    card = networks[0].card
    named = [WebNetwork(name, card, b"") for name in ("../<b>ü", "last", "last", "a b")]
    assert file_names(named) == ["____b__.onnx", "last.onnx", "last2.onnx", "a_b.onnx"]


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (("nobody",), "nobody: no such model"),
        (("person", "person"), "--network person: is given twice"),
        ((str(WEIGHTS_DIR.parents[1] / "depth_teacher/weights/compact.onnx"),), "compact.onnx"),
    ],
)
def test_what_is_no_network_is_refused(sources: tuple[str, ...], said: str) -> None:
    with pytest.raises(Problem, match=said):
        load_networks(sources)
