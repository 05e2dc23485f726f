"""Pictures are read whole, each of them once."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bgfg.data_manifests.audit.contents import PictureInspector
from bgfg.data_manifests.audit.inspection import Inspection
from bgfg.data_manifests.audit.tree import read_tree


def test_every_picture_is_read_in_just_one_part(tmp_path: Path) -> None:
    for kind, count in (("bg", 203), ("bg_fg", 405)):
        (tmp_path / kind).mkdir()
        for n in range(count):
            name = f"bg{n + 1:03d}" + ("" if kind == "bg" else "_fg001_001")
            cv2.imwrite(str(tmp_path / kind / f"{name}.jpeg"), np.full((8, 8, 3), n % 256, np.uint8))
    inspector = PictureInspector(read_tree(tmp_path))
    assert inspector.part_count == 5
    whole = Inspection()
    for part in range(inspector.part_count):
        inspection = inspector.inspect(part)
        assert sum(map(len, inspection.modes.values())) == inspector.pictures_in(part)
        whole.add(inspection)
    assert {key: len(paths) for key, paths in whole.modes.items()} == {("bg", "RGB"): 203, ("image", "RGB"): 405}
    assert len(whole.thumbnails) == 203
    assert inspector.picture_count == 608
