"""Maps of surface normals of the samples of an export, and the cameras by which depth becomes points in space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.images.field_of_view import focal_length_of_view
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted, first_few
from bgfg.synth.export.normals import code_normals, surface_normals
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_code import RelativeDepth


class Cameras:
    """The cameras of an export: those that the corpus knows, and one that was told for the others."""

    def __init__(self, corpus: Corpus, fov_deg: float | None) -> None:
        """Set up for an export; fov_deg: field of view of the cameras that aren't known, None for none."""
        g = corpus.geometry
        self._known_px = corpus.focal_px
        self._told_px = None if fov_deg is None else focal_length_of_view(fov_deg, min(g.height_px, g.width_px))

    def focal_px(self, b: int | None) -> float | None:
        """Return the focal length of a background in pixels of the frame; None where it isn't known.

        The background of an imported sample may be None or UNKNOWN itself.
        """
        known_px = None if b is None or b == UNKNOWN else self._known_px[b]
        return self._told_px if known_px is None else known_px


class NormalMaps:
    """Computes the normals of samples from their depth and the focal length of their background's camera."""

    def __init__(self, corpus: Corpus, fov_deg: float | None) -> None:
        """Set up for an export.

        Args:
            corpus: A corpus with metric depth, labelled whole or in part.
            fov_deg: Field of view of the cameras that aren't known; None for none.
        """
        self._code = corpus.depth_code()
        self._cameras = Cameras(corpus, fov_deg)
        # Of the maps, whose size is the teacher's.
        self._scale = corpus.layouts["depth"].shape[2] / corpus.geometry.width_px

    def of(self, codes: NDArray, b: int) -> NDArray[np.uint8]:
        """Return the coded normals (Hd, Wd, 3) of depth codes (Hd, Wd) of a sample of background `b`, or of UNKNOWN."""
        focal_px = self._cameras.focal_px(b)
        if focal_px is None:
            raise ValueError(f"the focal length of background {b} isn't known")
        normals = surface_normals(self._code.decode(codes), focal_px * self._scale, self._code.resolution)
        return code_normals(normals)


def require_metric_depth(corpus: Corpus) -> None:
    """Raise Problem where normals can't be computed of a corpus, as it has no depth, or depth without a unit."""
    if corpus.manifest.teacher is None:
        run = bgfg_command("label", corpus.path)
        raise Problem(f"--normals: they are computed from depth, and {corpus.path} isn't labelled: run {run}")
    if isinstance(corpus.depth_code(), RelativeDepth):
        teacher = corpus.manifest.teacher["name"]
        line = f"--normals: the depth of {teacher} has no unit, so that its surfaces have no directions"
        raise Problem(f"{line}: label by another teacher, such as compact or layered", exit_code=2)


def require_focal_lengths(corpus: Corpus, samples: NDArray[np.int64], fov_deg: float | None) -> None:
    """Raise Problem where the camera of a sample isn't known, and no field of view was told for such."""
    cameras, files = Cameras(corpus, fov_deg), corpus.assets["file"].to_pylist()
    backgrounds = np.unique(corpus.pictures_of(samples)[0]).tolist()
    names = ["unknown" if b == UNKNOWN else files[b] for b in backgrounds if cameras.focal_px(b) is None]
    if names:
        count = counted(len(names), "background")
        line = f"--normals: the field of view of {count} isn't known ({first_few(names, 3)}): give it, --fov-deg 60 say"
        raise Problem(line, exit_code=2)
