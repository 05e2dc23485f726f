"""Any depth network in an ONNX file as a teacher: Depth Anything, Metric3D, MoGe, ZoeDepth, MiDaS and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.depth_teacher.ops.onnx_session import FAILURES, first_line, open_session, provider_for
from bgfg.depth_teacher.teachers.onnx_frame import Frame, fitted_size_px, network_input
from bgfg.depth_teacher.teachers.onnx_recipes import OnnxRecipe, find_recipe
from bgfg.depth_teacher.teachers.point_maps import shifted_depth
from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch

_NEAR_M = 0.1
_AGAIN = "export it again, or give another file"
_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_TOKENS_INPUT, _TOKENS = "num_tokens", 1800  # of MoGe, as its authors export it
_SKY_FROM, _KNOWN_FROM = 0.5, 0.5
# Outputs that hold the depth, by the order in which they are looked for.
_DEPTH_NAMES = ("predicted_depth", "pred_depth", "depth")


def load_onnx_teacher(
    file: Path,
    given: Mapping[str, Any],
    input_px: tuple[int, int] | None,
    batch: int | None,
    focal_px: float | None,
    licence: str | None,
    device: str,
    for_corpus: bool,
    say: Callable[[str], None],
) -> OnnxDepthTeacher:
    """Open a file as a teacher, and tell which model it was taken for, and its licence.

    Args:
        file: The ONNX file, with its weights in it.
        given: What is said of it: its model and settings, as `find_recipe` takes them.
        input_px: Height and width of its input; None for what suits the model.
        batch: Pictures at a time; None for a few.
        focal_px: Focal length of the camera, in px of the pictures; None where it isn't known.
        licence: Of its weights; None for what the file says.
        device: cuda, cpu or auto.
        for_corpus: Whether it labels a corpus, where a worker has one core.
        say: Told the model and the licence.

    Raises:
        Problem: It can't be read, isn't known, or needs a focal length.
    """
    if not file.is_file():
        raise Problem(f"{file}: no such file: check --weights", exit_code=2)
    session = open_session(file, int(for_corpus), provider_for(None if device == "auto" else device), _AGAIN)
    takes, gives = session.get_inputs(), session.get_outputs()
    picture = next((each for each in takes if len(each.shape) == 4 and each.type in _FLOATS), None)
    if picture is None or picture.shape[1] not in (3, "channels", "num_channels"):
        raise Problem(f"{file}: takes no pictures (n, 3, h, w): {_AGAIN}", exit_code=2)
    static_px = tuple(side if isinstance(side, int) else None for side in picture.shape[2:])
    fixed = (static_px[0], static_px[1]) if static_px[0] and static_px[1] else None
    name, recipe = find_recipe(file, [each.name for each in takes], [each.name for each in gives], fixed, given)
    _require_names(
        file, name, recipe, [each.name for each in takes if each is not picture], {each.name for each in gives}
    )
    if recipe.output == "metres_by_focal" and focal_px is None:
        line = f"{file}: {name} gives metres only for a focal length: give --focal, in pixels of the pictures"
        raise Problem(line, exit_code=2)
    said = session.get_modelmeta().custom_metadata_map
    licence = licence or said.get("licence") or said.get("license")
    described = {"model": name, **{setting: value for setting, value in given.items() if setting != "model"}}
    teacher = OnnxDepthTeacher(file, session, described, recipe, fixed, input_px, batch, focal_px, licence)
    stated = licence or f"not stated; of the published weights of {name}: {recipe.licence} (--licence records it)"
    say(f"{file}: read as {name}; licence {printable(stated)}")
    return teacher


def _require_names(file: Path, name: str, recipe: OnnxRecipe, beside: list[str], gives: set[str]) -> None:
    """Raise Problem where a file takes more than bgfg knows to give it, or lacks what its model gives."""
    strange = [each for each in beside if each != _TOKENS_INPUT]
    if strange:
        raise Problem(f"{file}: takes {strange[0]} beside pictures, which bgfg can't give: {_AGAIN}", exit_code=2)
    lacking = sorted({"points", "mask", "metric_scale"} - gives) if recipe.output == "points" else []
    if lacking:
        raise Problem(f"{file}: gives no {lacking[0]}, as files of {name} do: give another model", exit_code=2)


class OnnxDepthTeacher:
    """A depth network in ONNX Runtime as a PictureTeacher; its depth has the picture's size.

    Pictures go through it one by one, so that none depends on its neighbours.
    """

    overlooks_people = False

    def __init__(
        self,
        file: Path,
        session: onnxruntime.InferenceSession,
        model: Mapping[str, Any],
        recipe: OnnxRecipe,
        static_px: tuple[int, int] | None,
        input_px: tuple[int, int] | None,
        batch: int | None,
        focal_px: float | None,
        licence: str | None,
    ) -> None:
        if static_px and input_px and static_px != input_px:
            height_px, width_px = static_px
            line = f"--input-size: {file} takes {width_px}x{height_px} alone: leave the option out"
            raise Problem(line, exit_code=2)
        self._file, self._session, self._model, self._recipe = file, session, model, recipe
        self._fixed_px, self._focal_px, self._licence = static_px or input_px, focal_px, licence
        self.batch = batch or 4
        self._sha256 = file_sha256(file)
        self.is_metric = recipe.output in ("metres", "metres_by_focal", "points")
        self.range_m = (_NEAR_M, recipe.far_m)
        self.where = f"{session.get_providers()[0].removesuffix('ExecutionProvider').lower()}, ONNX Runtime"

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256, licence, what it was taken for, and the focal length."""
        focal = {} if self._focal_px is None else {"focal_px": self._focal_px}
        return {
            "name": f"onnx:{self._file.name}",
            "version": 1,
            "weights_sha256": self._sha256,
            "licence": self._licence,
            "onnx": dict(self._model),
            **focal,
        }

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size (height, width) of its input for pictures of this size."""
        return self._fixed_px or fitted_size_px(self._recipe, height_px, width_px)

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the metres, or inverse depth, (n, H, W) of each batch of pictures."""
        for pictures in batches:
            yield np.stack([self._predict(picture) for picture in pictures])

    def _predict(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the depth (H, W) of a picture (H, W, 3)."""
        height_px, width_px = picture.shape[:2]
        frame = Frame.of(self._recipe, (height_px, width_px), self.input_px(height_px, width_px))
        found = self._run(network_input(self._recipe, picture, frame))
        maps = {name: frame.crop(map_) for name, map_ in self._maps(found).items()}
        unit = found["metric_scale"].item() if self._recipe.output == "points" else 1.0
        focal_px = None if self._focal_px is None else self._focal_px * frame.scale
        depth = self._decode(maps, focal_px) * np.float32(unit)
        return cv2.resize(depth, (width_px, height_px), interpolation=cv2.INTER_LINEAR).astype(np.float32)

    def _run(self, numbers: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Return the outputs by name."""
        given: dict[str, NDArray] = {}
        for each in self._session.get_inputs():
            is_picture = each.type in _FLOATS and len(each.shape) == 4
            given[each.name] = numbers.astype(_FLOATS[each.type]) if is_picture else np.array(_TOKENS, np.int64)
        try:
            found = self._session.run(None, given)
        except FAILURES as error:
            size = f"{numbers.shape[3]}x{numbers.shape[2]}"
            mend = "give --input-size or --onnx multiple_px= as the model needs it"
            raise Problem(f"{self._file}: fails on pictures of {size} ({first_line(error)}): {mend}") from error
        names = [each.name for each in self._session.get_outputs()]
        return {name: np.asarray(value, np.float32) for name, value in zip(names, found, strict=True)}

    def _maps(self, found: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return the maps of a picture among the outputs: points (h, w, 3) and mask (h, w), or depth and sky (h, w)."""
        if self._recipe.output == "points":
            points, mask = found["points"], found["mask"]
            if points.ndim != 4 or points.shape[0] != 1 or points.shape[3] != 3 or mask.size * 3 != points.size:
                raise Problem(f"{self._file}: gives points {points.shape} and mask {mask.shape}: {_AGAIN}")
            return {"points": points[0], "mask": mask.reshape(points.shape[1:3])}
        raw = next((found[name] for name in _DEPTH_NAMES if name in found), next(iter(found.values())))
        maps = {"depth": raw} | ({"sky": found["sky"]} if "sky" in found else {})
        for name, each in maps.items():
            if each.ndim < 2 or not each.size or each.size != each.shape[-1] * each.shape[-2]:
                raise Problem(f"{self._file}: gives {name} {each.shape}, no map of one picture: {_AGAIN}")
        return {name: each.reshape(each.shape[-2:]) for name, each in maps.items()}

    def _decode(self, maps: Mapping[str, NDArray[np.float32]], focal_px: float | None) -> NDArray[np.float32]:
        """Return metres, or inverse depth without a unit, (h, w); NaN is unknown.

        Args:
            maps: What `_maps` returned.
            focal_px: Focal length in px of the maps; None where it isn't known.
        """
        r = self._recipe
        if r.output == "points":
            return shifted_depth(maps["points"], maps["mask"] > _KNOWN_FROM, focal_px)
        depth = maps["depth"]
        if r.output == "metres_by_focal" and focal_px is not None:
            depth = depth * np.float32(focal_px / r.canonical_px)
        if "sky" in maps:
            depth = np.where(maps["sky"] > _SKY_FROM, np.float32(r.far_m if self.is_metric else np.inf), depth)
        if r.output == "depth":
            depth = np.reciprocal(np.maximum(depth, np.float32(1e-6)))
        return depth.astype(np.float32)
