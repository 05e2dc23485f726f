"""A consumer that reads what it is handed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.stream import bench_consumer  # noqa: E402
from bgfg.train.stream.bench_consumer import consume_batch  # noqa: E402


@pytest.mark.parametrize(("height_px", "word"), [(8, np.int64), (7, np.uint8)])
def test_touching_reads_all_of_a_batch_and_its_backgrounds_lines(
    height_px: int, word: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (3, height_px, 9, 3), dtype=np.uint8)
    depth = rng.integers(0, 2**16, (3, 1, height_px, 4), dtype=np.uint16)
    backgrounds = rng.integers(0, 256, (5, height_px, 9, 3), dtype=np.uint8)
    pictures = {"image": torch.from_numpy(image).permute(0, 3, 1, 2), "depth": torch.from_numpy(depth)}
    read = image.reshape(-1).view(word).sum(dtype=np.int64)
    read += depth.reshape(-1).view(np.int64).sum()
    read += backgrounds.reshape(5, -1)[[3, 0, 3], : height_px * 27 // 64 * 64 : 64].sum(dtype=np.int64)
    batch = {**pictures, "background": torch.tensor([3, 0, 3])}
    assert consume_batch(batch, torch.from_numpy(backgrounds).permute(0, 3, 1, 2)) == int(read)
    with monkeypatch.context() as elsewhere:  # as on a device, whose tensors NumPy can't see
        elsewhere.setattr(bench_consumer, "_is_of_processor", lambda _tensor: False)
        assert consume_batch(batch, torch.from_numpy(backgrounds).permute(0, 3, 1, 2)) == int(read)
    arrays: dict[str, NDArray] = {"image": image, "depth": depth, "background": np.array([3, 0, 3])}
    assert consume_batch(arrays, backgrounds) == int(read)
