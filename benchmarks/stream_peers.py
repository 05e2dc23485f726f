"""The peers of the stream: other libraries' loaders, each with the same samples in its own form.

Run as a program by an interpreter that has the libraries and nothing of bgfg's environment (PYTHONPATH set to a folder
that holds bgfg as one package): `stream_peers.py write PEER SAMPLES FOLDER`, `stream_peers.py read PEER SAMPLES FOLDER
WORKERS CORES SECONDS`.

SAMPLES holds image.npy (n, H, W, 3), mask.npy and depth.npy (n, H, W), background.npy (n,), the id of each sample's,
and backgrounds.npy (B, H, W, 3). A peer hands over shuffled batches of 64; backgrounds are looked up in memory, as
everyone's are.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, default_collate

from bgfg.train.stream.bench_consumer import consume_batch

BATCH = 64
ARRAYS = ("image", "mask", "depth")
QUALITY = 90

TensorBatch = Mapping[str, torch.Tensor]


class DumpedSamples:
    """The samples that all contestants stream, mapped into memory.

    Attributes:
        folder: Where they lie.
        pixels: Array name -> (n, ...) uint8.
        background: Number of each sample's background, (n,).
        backgrounds: The backgrounds, (B, H, W, 3) uint8.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pixels = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        self.background = np.load(folder / "background.npy")
        self.backgrounds = np.load(folder / "backgrounds.npy")

    def __len__(self) -> int:
        return len(self.background)

    def raw(self, i: int) -> dict[str, bytes]:
        """Return the bytes of the arrays of sample i."""
        return {name: pixels[i].tobytes() for name, pixels in self.pixels.items()}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of one sample of each array."""
        return {name: pixels.shape[1:] for name, pixels in self.pixels.items()}


def as_tensors(raw: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """View the bytes of each array as a tensor, without a copy."""
    return {name: torch.frombuffer(raw[name], dtype=torch.uint8).view(shape) for name, shape in shapes.items()}


def make_collate(shapes: Mapping[str, tuple[int, ...]]) -> Callable[[list[dict[str, Any]]], TensorBatch]:
    """Return a collate function for samples whose arrays are bytes."""

    def collate(found: list[dict[str, Any]]) -> TensorBatch:
        decoded = [{**as_tensors(sample, shapes), "background": int(sample["background"])} for sample in found]
        batch: TensorBatch = default_collate(decoded)
        return batch

    return collate


def make_loader(dataset: Any, workers: int, batch: int | None = BATCH, **options: Any) -> Iterable[TensorBatch]:
    """Load by PyTorch's DataLoader, with workers that live from epoch to epoch."""
    drop, kept = batch is not None, workers > 0
    return DataLoader(dataset, batch, num_workers=workers, drop_last=drop, persistent_workers=kept, **options)


def write_webdataset(samples: DumpedSamples, folder: Path) -> None:
    """Write raw bytes in tar files of 1,000 samples."""
    import webdataset

    with webdataset.ShardWriter(str(folder / "%05d.tar"), maxcount=1_000, verbose=0) as writer:
        for i in range(len(samples)):
            background = str(int(samples.background[i])).encode()
            writer.write({"__key__": f"{i:07d}", "background": background, **samples.raw(i)})


def read_webdataset(samples: DumpedSamples, folder: Path, workers: int) -> Iterable[TensorBatch]:
    """Read WebDataset: shards and a buffer of 1,000 samples are shuffled, batches made in the workers."""
    import webdataset

    urls = sorted(str(path) for path in folder.glob("*.tar"))
    found = webdataset.WebDataset(urls, shardshuffle=len(urls), empty_check=False).shuffle(1_000)
    return make_loader(
        found.batched(BATCH, collation_fn=make_collate(samples.shapes), partial=False), workers, batch=None
    )


def write_streaming(samples: DumpedSamples, folder: Path) -> None:
    """Write raw bytes in MDS shards."""
    from streaming import MDSWriter

    columns = dict.fromkeys(ARRAYS, "bytes") | {"background": "int"}
    with MDSWriter(out=str(folder), columns=columns, compression=None) as writer:
        for i in range(len(samples)):
            writer.write({**samples.raw(i), "background": int(samples.background[i])})


def read_streaming(samples: DumpedSamples, folder: Path, workers: int) -> Iterable[TensorBatch]:
    """Read MosaicML's StreamingDataset, shuffled in its default way."""
    import streaming

    dataset = streaming.StreamingDataset(local=str(folder), shuffle=True, batch_size=BATCH)
    return make_loader(dataset, workers, collate_fn=make_collate(samples.shapes))


def _litdata_item(given: tuple[str, int]) -> dict[str, Any]:
    folder, i = given
    samples = DumpedSamples(Path(folder))
    return {**samples.raw(i), "background": int(samples.background[i])}


def write_litdata(samples: DumpedSamples, folder: Path) -> None:
    """Write raw bytes in LitData's chunks."""
    import litdata

    given = [(str(samples.folder), i) for i in range(len(samples))]
    litdata.optimize(_litdata_item, given, str(folder), chunk_bytes="64MB", num_workers=1, verbose=False)


def read_litdata(samples: DumpedSamples, folder: Path, workers: int) -> Iterable[TensorBatch]:
    """Read LitData's StreamingDataset by its StreamingDataLoader, shuffled."""
    import litdata

    dataset = litdata.StreamingDataset(str(folder), shuffle=True, drop_last=True)
    batches: Iterable[TensorBatch] = litdata.StreamingDataLoader(
        dataset,
        batch_size=BATCH,
        num_workers=workers,
        drop_last=True,
        persistent_workers=workers > 0,
        collate_fn=make_collate(samples.shapes),
    )
    return batches


def write_folder(samples: DumpedSamples, folder: Path) -> None:
    """Write a JPEG file for each image, and PNG files for its mask and depth map."""
    import cv2
    import simplejpeg

    for i in range(len(samples)):
        raw = samples.pixels["image"][i]
        (folder / f"{i:07d}.jpeg").write_bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(raw), QUALITY, "RGB", "420"))
        for name in ("mask", "depth"):
            cv2.imwrite(str(folder / f"{i:07d}.{name}.png"), samples.pixels[name][i])


class FileDataset:
    """A PyTorch data set of files, decoded by simplejpeg and OpenCV."""

    def __init__(self, folder: Path, background: NDArray) -> None:
        self.folder, self.background = str(folder), background

    def __len__(self) -> int:
        return len(self.background)

    def __getitem__(self, i: int) -> dict[str, Any]:
        import cv2
        import simplejpeg

        with open(f"{self.folder}/{i:07d}.jpeg", "rb") as file:
            image = simplejpeg.decode_jpeg(file.read(), "RGB")
        found = {name: cv2.imread(f"{self.folder}/{i:07d}.{name}.png", cv2.IMREAD_GRAYSCALE) for name in ARRAYS[1:]}
        return {"image": image, **found, "background": int(self.background[i])}


def read_folder(samples: DumpedSamples, folder: Path, workers: int) -> Iterable[TensorBatch]:
    """Read the files by a DataLoader, all of them shuffled."""
    return make_loader(FileDataset(folder, samples.background), workers, shuffle=True)


@dataclass(frozen=True)
class StreamPeer:
    """How a library's form is written, and read in shuffled batches by a number of workers."""

    write: Callable[[DumpedSamples, Path], None]
    read: Callable[[DumpedSamples, Path, int], Iterable[TensorBatch]]


PEERS = {
    "WebDataset, raw": StreamPeer(write_webdataset, read_webdataset),
    "MosaicML StreamingDataset, raw": StreamPeer(write_streaming, read_streaming),
    "LitData, raw": StreamPeer(write_litdata, read_litdata),
    "simplejpeg folder": StreamPeer(write_folder, read_folder),
}


def samples_per_s(batches: Iterable[TensorBatch], backgrounds: torch.Tensor, seconds: float) -> float:
    """Stream an epoch to warm up, then whole epochs for at least some seconds; return samples a second of those."""
    torch.set_num_threads(1)
    start, count = 0.0, 0
    while not start or time.perf_counter() - start < seconds:
        for batch in batches:
            consume_batch(batch, backgrounds)
            count += len(batch["background"])
        if not start:
            start, count = time.perf_counter(), 0
    return count / (time.perf_counter() - start)


def limit_cores(cores: int) -> None:
    """Hold this process and its children to some cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def main(
    job: str, peer: str, given: str, folder: str, workers: str = "0", cores: str = "2", seconds: str = "0"
) -> None:
    """Write a peer's form, or read it and print its speed."""
    samples = DumpedSamples(Path(given))
    if job == "write":
        Path(folder).mkdir()
        PEERS[peer].write(samples, Path(folder))
        return
    limit_cores(int(cores))
    batches = PEERS[peer].read(samples, Path(folder), int(workers))
    speed = samples_per_s(batches, torch.from_numpy(samples.backgrounds), float(seconds))
    print(json.dumps({"samples_per_s": speed}), flush=True)
    os._exit(0)  # workers that live on would be waited for


if __name__ == "__main__":
    main(*sys.argv[1:])
