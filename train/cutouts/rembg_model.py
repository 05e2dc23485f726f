"""Networks of rembg as models of one photograph: it knows their files, and fetches them where there is a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_writing import pillow_image
from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.depth_teacher.ops.onnx_session import FAILURES, first_line, provider_for
from bgfg.train.cutouts.matting_onnx import MattingCard
from bgfg.train.models.model_card import SINGLE_IMAGE, ModelCard

PREFIX = "rembg"
_DEFAULT = "u2net"  # Apache-2.0, where rembg's own default is for non-commercial use

# Those that want a prompt, give clothes apart, or take a file, which --model takes as well.
_UNFIT = ("sam", "u2net_cloth_seg", "u2net_custom", "dis_custom", "ben_custom")

# Longer sides are of no use: its networks look at 320 to 1024 px.
_SHORTER_PX = 1024


class RembgModel:
    """A network of rembg.

    Args:
        name: Which, such as "u2net"; empty for this one.
        device: cuda, mps or cpu; None for the best there is.
        threads: Threads on a CPU; None for one a core.

    Raises:
        Problem: rembg isn't installed, doesn't have it, or can't fetch it.
    """

    def __init__(self, name: str, device: str | None, threads: int | None) -> None:
        try:
            from rembg.session_factory import new_session
            from rembg.sessions import sessions
        except ModuleNotFoundError as error:
            line = f"--model {PREFIX}: this needs {error.name}, which isn't installed: pip install 'bgfg[cutout]'"
            raise Problem(line) from error
        name = name or _DEFAULT
        fit = sorted(each for each, kind in sessions.items() if kind.is_local() and each not in _UNFIT)
        if name not in fit:
            raise Problem(f"--model {PREFIX}:{printable(name)}: no such network: give {', '.join(fit)}", exit_code=2)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_cpu_count()
        self._session = _opened(name, lambda: new_session(name, options, providers=[provider_for(device)]))
        self.file = Path(sessions[name].download_models())
        self.where = f"{self._session.inner_session.get_providers()[0].removesuffix('ExecutionProvider')}, rembg"
        self.card: ModelCard = MattingCard(
            name=f"{PREFIX}:{name}", options={}, inputs=(SINGLE_IMAGE,), outputs=("matte",), input_px=_SHORTER_PX,
            step_px=1, parameters=0, licence="see rembg's own page",
        )  # fmt: skip

    def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Return the matte (1, 1, h, w) of a picture (1, 3, h, w) in 0..1."""
        levels = np.round(pictures[0][0].transpose(1, 2, 0) * 255).astype(np.uint8)
        try:
            with np.errstate(all="ignore"):  # it stretches a map that is the same everywhere, too
                masks = self._session.predict(pillow_image(levels))
        except FAILURES as error:
            raise Problem(f"{self.file}: fails ({first_line(error)}): give another --model") from error
        return {"matte": np.asarray(masks[0], np.float32)[None, None] / np.float32(255)}


def _opened(name: str, make: Callable[[], Any]) -> Any:
    """Return a session of rembg; raise Problem where its file can't be fetched or read."""
    try:
        return make()
    except FAILURES as error:
        raise Problem(f"--model {PREFIX}:{name}: can't be read ({first_line(error)}): remove its file") from error
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        line = f"--model {PREFIX}:{name}: rembg can't fetch its file ({reason:.200})"
        raise Problem(f"{line}: try again with a network, or give the .onnx file by --model FILE") from error
