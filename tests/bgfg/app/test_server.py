"""The server: what it lets in, what its pages may do, and that it goes on whatever becomes of a corpus."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [app] isn't installed")
from bgfg.app.messages import pack, unpack
from tests.support.app_server import app_at, ask, fetch, page_of
from tests.support.videos import walk, write_video


@pytest.fixture(scope="module")
def address(labelled: Path) -> Iterator[str]:
    with app_at(labelled) as address:
        yield address


def test_pages_load_nothing_from_elsewhere_and_run_no_script_but_the_apps(address: str) -> None:
    for path in ("/corpus", "/corpus/sample/3", "/corpus/statistics", "/corpus/findings", "/model", "/runs", "/none"):
        _, text, headers = fetch(address + path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", text)
        assert not re.search(r"<script(?! type=\"module\" src=\"/static/)|\son\w+=|style=", text)
    for script in ("model.js", "corpus.js", "app.css"):
        assert not re.search(r"https?://|@import|eval\(|innerHTML", fetch(f"{address}/static/{script}")[1])


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py", "/static/..%2fserver.py", "/static/%2e%2e/%2e%2e/cli.py", "/static//etc/passwd",
        "/../../etc/passwd", "/corpus/../../manifest/corpus.json", "/corpus/data.zarr/zarr.json",
        "/corpus/sample/..%2f..%2fmanifest%2fcorpus.json", "/corpus/sample/%D9%A3", "/runs/../run.json",
        "/manifest/corpus.json", "/corpus/sample/-1", "/corpus/sample/1e9", "/corpus/sample/999999999999999999999",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file_but_the_apps(address: str, path: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.putrequest("GET", path)  # as it is, not made shorter
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status in (400, 404)
    assert "root:" not in text
    assert "zarr_format" not in text
    assert "digest" not in text


def test_who_calls_it_by_another_name_or_from_another_site_is_refused(address: str) -> None:
    from websockets.exceptions import InvalidStatus

    assert fetch(f"{address}/corpus", Host="evil.example")[0] == 421
    assert fetch(f"{address}/corpus", Origin="http://evil.example")[0] == 421
    port = address.rpartition(":")[2]
    assert fetch(f"{address}/corpus", Host=f"localhost:{port}")[0] == 200
    with pytest.raises(InvalidStatus), page_of(address, origin="http://evil.example"):
        pass
    with page_of(address, origin=address):
        pass


def test_only_looking_is_possible(address: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        connection.request(method, "/corpus", b"")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 405
    connection.close()


def test_a_corpus_that_is_half_made_changes_and_goes_is_said_to_be_and_the_app_stays(
    planned: Path, labelled: Path, tmp_path: Path
) -> None:
    corpus = Path(shutil.copytree(planned, tmp_path / "corpus"))
    with app_at(corpus) as address:
        status, text, _ = fetch(f"{address}/corpus")
        assert (status, text.count(">not made yet<"), text.count("0 of 48 samples have image, mask")) == (200, 48, 1)
        status, text, _ = fetch(f"{address}/corpus/statistics")
        assert (status, "Where cut-outs are pasted" in text, "bgfg compose" in text) == (200, True, True)
        status, text, _ = fetch(f"{address}/corpus/sample/0")
        assert status == 409
        assert "bgfg compose" in text
        shutil.rmtree(corpus)
        status, text, _ = fetch(f"{address}/corpus")
        assert (status, 'role="alert"' in text) == (409, True)
        shutil.copytree(labelled, corpus)
        status, text, _ = fetch(f"{address}/corpus/sample/0")
        assert (status, "no depth" in text, "<h2>Names" in text) == (200, False, True)
        assert "no depth" not in fetch(f"{address}/corpus")[1]
        for shard in (corpus / "data.zarr/image/c").rglob("*"):
            if shard.is_file():
                shard.write_bytes(b"\0" * shard.stat().st_size)
        status, text, _ = fetch(f"{address}/corpus")
        assert (status, 'role="alert"' in text) == (409, True)
        assert fetch(f"{address}/model")[0] == 200


def test_a_corpus_without_depth_says_so(composed: Path) -> None:
    with app_at(composed) as address:
        assert "no depth" in fetch(f"{address}/corpus")[1]
        assert fetch(f"{address}/corpus/sample/0")[0] == 200
        assert fetch(f"{address}/corpus/statistics")[0] == 200
        status, text, _ = fetch(f"{address}/corpus?depth_from=1")
        assert status == 200
        assert "no sample is like that" in text


def test_a_corpus_at_a_url_is_shown(labelled: Path) -> None:
    pytest.importorskip("aiohttp", reason="the extra [http] isn't installed")
    from tests.support.object_server import serving
    from tests.support.tiny_corpus import B, C, K

    with serving(labelled) as server, app_at(server.url) as address:
        status, text, _ = fetch(f"{address}/corpus")
        assert (status, text.count("data:image/jpeg")) == (200, min(60, 2 * B * C * K))
        assert "bgfg audit" in fetch(f"{address}/corpus/findings")[1]


def test_without_a_corpus_the_pages_say_how_to_give_one() -> None:
    with app_at() as address:
        assert "bgfg app CORPUS" in fetch(f"{address}/corpus")[1]
        assert "bgfg app RUN ...</code>; <code>bgfg train" in fetch(f"{address}/runs")[1]
        assert "<h1>What networks see" in fetch(address)[1]


def test_ctrl_c_ends_it_without_an_error_in_the_middle_of_a_video_too(labelled: Path, tmp_path: Path) -> None:
    kept, walked = tmp_path / "kept", tmp_path / "walk.mp4"
    kept.mkdir()
    write_video(walked, walk(120, 240, 320))
    view = {"network": "person", "show": "mask", "colour": "#000000", "strength": 1, "align": None}
    command = [sys.executable, "-m", "bgfg", "app", str(labelled), "--port", "0", "--threads", "1"]
    environment = {**os.environ, "TMPDIR": str(kept)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert fetch(f"{address}/corpus")[0] == 200
        with page_of(address) as socket:
            ask(socket, "part", walked.read_bytes(), "walk.mp4", first=True)
            socket.send(pack({"what": "video", "name": "walk.mp4", "view": view}))
            assert unpack(socket.recv())[0]["what"] == "progress"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert list(kept.iterdir()) == []


def test_hostile_texts_of_a_corpus_stay_text(copy_of: Callable[[Path], Path], sources: Path, tmp_path: Path) -> None:
    from bgfg.synth.compose.shards import compose_corpus
    from bgfg.synth.plan.options import PlanOptions
    from bgfg.synth.plan.plan import plan_corpus
    from tests.support.executors import IN_PROCESS
    from tests.support.tiny_corpus import CUTOUT_HEIGHT, H, W

    hostile = "<img src=x onerror=alert(1)>\"'&{{7*7}}"
    bg, fg = tmp_path / "bg", tmp_path / "fg" / "<script>alert(2)<"
    bg.mkdir()
    fg.mkdir(parents=True)
    shutil.copy(sources / "bg/room1.png", bg / f"{hostile}.png")
    shutil.copy(sources / "fg/person1.png", fg / f"{hostile}.png")
    corpus = tmp_path / f"{hostile} corpus"
    plan_corpus(corpus, PlanOptions(bg, fg.parent, None, 0.001, H, W, CUTOUT_HEIGHT, 2), replace=False, workers=1)
    compose_corpus(corpus, IN_PROCESS)
    with app_at(corpus) as address:
        for path in ("/corpus", f"/corpus?name={'%3Cscript%3E'}", "/corpus/sample/1", "/corpus/statistics",
                     "/corpus/findings", "/corpus?split=%3Cscript%3E", "/%3Cscript%3Ealert(1)"):  # fmt: skip
            _, text, _ = fetch(address + path)
            assert "<img src=x" not in text
            assert "<script>" not in text
            assert "49.png" not in text
        assert "&lt;img src=x onerror" in fetch(f"{address}/corpus")[1]
