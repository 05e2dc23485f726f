"""A session with the networks: what is sent comes back as `bgfg predict` and `replace` make it, and nothing is kept."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("starlette", reason="the extra [app] isn't installed")
from bgfg.app.messages import unpack
from bgfg.app.networks import Networks
from bgfg.app.session import FRAME_BYTES, Session
from bgfg.data_manifests.images.image_writing import encode_jpeg, encode_png
from bgfg.data_manifests.terminal.errors import Problem
from tests.support import references
from tests.support.app_server import app_at, ask, page_of
from tests.support.videos import walk, write_video

VIEW = {"network": "person", "show": "mask", "colour": "#0a4678", "strength": 1.0, "align": None}
NETWORKS = Networks(threads=1)


class Page:
    """The end of a page: what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[dict[str, Any], bytes]] = []
        self.session = Session(NETWORKS, lambda said, payload: self.answers.append((said, payload)))

    def ask(self, what: str, payload: bytes = b"", name: str = "shot.png", **said: Any) -> tuple[dict[str, Any], bytes]:
        self.session.answer({"what": what, "name": name, **said}, payload)
        return self.answers[-1]


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.session.close()


@pytest.fixture(scope="module")
def shots() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """An empty scene and one with somebody in it, (61, 83, 3)."""
    empty = references.picture(61, 83, 4)
    full = empty.copy()
    full[12:, 30:52] = (200, 30, 40)
    return empty, full


def decoded(data: bytes) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels


def shown(answer: tuple[dict[str, Any], bytes]) -> NDArray[np.uint8]:
    assert answer[0]["what"] != "error", answer[0]
    pixels = decoded(answer[1])
    if pixels.ndim == 2:
        return np.asarray(pixels, np.uint8)
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def test_pictures_come_back_as_the_commands_make_them(page: Page, shots: tuple[NDArray[np.uint8], ...]) -> None:
    from bgfg.train.inference.edit import apply_edit, blur_background, paint_background, tint_background
    from bgfg.train.inference.layers import Layers

    empty, full = shots
    page.ask("empty", encode_png(empty))
    two = {**VIEW, "network": "two_stream"}
    found = NETWORKS.predictor("two_stream").predict(full, empty)
    assert found.person is not None
    layers = Layers.separate(full, empty, found)
    colour = (0x0A, 0x46, 0x78)
    wanted = {
        "mask": found.person.mask,
        "cutout": found.person.cutout,
        "colour": apply_edit(layers, paint_background(colour, 0.5)),
        "tint": apply_edit(layers, tint_background(colour, 0.5)),
        "blur": apply_edit(layers, blur_background(0.5 * 0.1 * len(full))),
    }
    for show, pixels in wanted.items():
        answer = page.ask("picture", encode_png(full), view={**two, "show": show, "strength": 0.5})
        assert (answer[0]["what"], answer[0]["size"]) == ("result", [83, 61])
        np.testing.assert_array_equal(shown(answer), pixels)


def test_depth_comes_in_colours_and_in_millimetres(page: Page, shots: tuple[NDArray[np.uint8], ...]) -> None:
    said, payload = page.ask("picture", encode_png(shots[1]), view={**VIEW, "network": "two_stream", "show": "depth"})
    assert shown((said, payload[: said["shown_bytes"]])).shape == (61, 83, 3)
    depth_mm = decoded(payload[said["shown_bytes"] :])
    np.testing.assert_allclose(depth_mm / 1000, NETWORKS.guess_depth(shots[1]), atol=0.0006)


def test_a_backdrop_is_put_behind_and_asked_for_where_there_is_none(
    page: Page, shots: tuple[NDArray[np.uint8], ...]
) -> None:
    view = {**VIEW, "show": "picture"}
    assert "choose one" in page.ask("picture", encode_png(shots[1]), view=view)[0]["text"]
    page.ask("backdrop", encode_png(np.full((10, 20, 3), (1, 200, 3), np.uint8)))
    found = NETWORKS.predictor("person").predict(shots[1]).person
    assert found is not None
    wanted = found.over(np.full_like(shots[1], (1, 200, 3)))
    np.testing.assert_array_equal(shown(page.ask("picture", encode_png(shots[1]), view=view)), wanted)


def test_frames_of_the_camera_are_answered_one_by_one(page: Page, shots: tuple[NDArray[np.uint8], ...]) -> None:
    empty, full = shots
    two = {**VIEW, "network": "two_stream", "show": "cutout"}
    assert "empty scene" in page.ask("frame", encode_jpeg(full), view=two)[0]["text"]
    page.ask("empty", encode_jpeg(empty))
    for _ in range(2):
        assert shown(page.ask("frame", encode_jpeg(full), view=two)).shape == (61, 83, 3)
    assert "at most" in page.ask("frame", bytes(FRAME_BYTES + 1), view=two)[0]["text"]
    assert "never stretched" in page.ask("frame", encode_jpeg(full[:50]), view=two)[0]["text"]


def test_a_video_comes_back_with_its_frames_and_leaves_no_file(page: Page, tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="the extra [app] isn't installed")
    data = write_video(tmp_path / "walk.mp4", walk(5)).read_bytes()
    view = {**VIEW, "show": "colour"}
    for at in range(0, len(data), 4000):
        page.ask("part", data[at : at + 4000], "../../walk.mp4", first=at == 0)
    said, _ = page.ask("video", name="../../walk.mp4", view=view)
    assert said["what"] == "video"
    assert any(each["what"] == "progress" and payload for each, payload in page.answers)
    made = b"".join(payload for each, payload in page.answers if each["what"] == "part" and "of" not in each)
    with av.open(io.BytesIO(made)) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert (len(frames), frames[0].shape) == (5, (60, 84, 3))
    assert np.abs(frames[0][2, 2].astype(int) - (0x0A, 0x46, 0x78)).max() < 12
    assert not list(Path(page.session._folder.name).iterdir())


@pytest.mark.parametrize(
    ("what", "payload", "said", "told"),
    [
        ("picture", b"", {"view": VIEW}, "shot.png: "),
        ("picture", b"GIF89a<script>", {"view": VIEW}, "shot.png: "),
        ("picture", b"", {"view": {**VIEW, "network": "../../etc"}}, "shot.png"),
        ("network", b"", {"name": "../../etc/passwd"}, "no such network"),
        ("picture", b"", {"view": {**VIEW, "show": "eval"}}, "load the page again"),
        ("picture", b"", {"view": {**VIEW, "strength": 2}}, "load the page again"),
        ("picture", b"", {"view": {**VIEW, "colour": "red;"}}, "load the page again"),
        ("picture", b"", {"view": 7}, "load the page again"),
        ("picture", b"", {}, "load the page again"),
        ("part", b"x", {"name": "movie.exe", "first": True}, "not a video by its name"),
        ("part", b"x", {"name": "movie.mp4"}, "beginning is missing"),
        ("video", b"", {"view": VIEW}, "wasn't sent"),
        ("__class__", b"", {}, "no such message"),
    ],
)
def test_what_cant_be_done_is_said_in_a_line(
    page: Page, what: str, payload: bytes, said: dict[str, Any], told: str
) -> None:
    given = {"name": "shot.png", **said}
    page.session.answer({"what": what, **given}, payload)
    answer, _ = page.answers[-1]
    assert answer["what"] == "error"
    assert told in answer["text"]
    assert page.session._folder.name not in answer["text"]


def test_a_video_that_is_none_is_told_by_its_own_name_alone(page: Page) -> None:
    page.ask("part", b"no video", "a.mp4", first=True)
    said, _ = page.ask("video", name="a.mp4", view=VIEW)
    assert said["what"] == "error"
    assert "can't be read as a video" in said["text"]
    assert tempfile.gettempdir() not in said["text"]


def test_messages_that_are_none_are_refused() -> None:
    for message in (b"", b"\0\0\0", b"\xff\xff\xff\xff{}", b"\0\0\0\x02[]", b"\0\0\0\x01{"):
        with pytest.raises(Problem, match="load the page again"):
            unpack(message)


def test_a_text_on_the_socket_is_refused_and_others_go_on() -> None:
    from websockets.exceptions import ConnectionClosed

    with app_at() as address:
        with page_of(address) as socket:
            socket.send("text")
            assert "load the page again" in unpack(socket.recv())[0]["text"]
            with pytest.raises(ConnectionClosed):
                socket.recv()
        with page_of(address) as socket:
            assert ask(socket, "network", name="person")[-1][0]["two"] is False


def test_what_a_page_sent_goes_when_it_is_closed(
    shots: tuple[NDArray[np.uint8], ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with app_at() as address:
        with page_of(address) as socket:
            assert ask(socket, "picture", encode_png(shots[1]), "a.png", view=VIEW)[-1][0]["what"] == "result"
            ask(socket, "part", b"half a video", "a.mp4", first=True)
            assert list(tmp_path.rglob("video.mp4"))
        with page_of(address) as socket:  # the other one has been tidied up by then, or soon
            ask(socket, "picture", encode_png(shots[1]), "a.png", view=VIEW)
            assert not list(tmp_path.rglob("video.mp4"))
    assert not list(tmp_path.iterdir())
