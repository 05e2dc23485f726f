#!/usr/bin/env bash
# Twelve frames written one after the other to an object by obstore's `open_writer`, each from the same array, which is
# filled anew for the next one: as frames of a video or blocks of a shard are, so that nothing is allocated. Expected:
# the twelve frames, since a file object of Python has taken what it was given once `write` returns (those of `open` and
# of fsspec have). What happens: the object holds the last frame twelve times. The writer keeps the memory, not a copy, and
# uploads what lies there later; nothing is said, sizes are right, and a checksum that was computed of what was written
# differs from that of what is stored. A copy (`bytes(frame)`) handed over instead is stored as it was.
# Seen with obstore 0.12.1; source: its reference of `obstore.open_writer`, and Python's `io.BufferedIOBase.write` ("the
# caller may release or mutate b after this method returns").
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check obstore==0.12.1 fsspec==2025.9.0 numpy==2.2.6
cd "$folder"
venv/bin/python - <<'P'
import fsspec
import numpy as np
import obstore
from obstore.store import MemoryStore

FRAMES = 12


def written(file, hand_over):
    """Fill one frame anew for each picture, and write it."""
    frame = np.zeros((36, 64), np.uint8)
    for level in range(FRAMES):
        frame[:] = level
        file.write(hand_over(frame.reshape(-1)))


def levels(data):
    return np.frombuffer(data, np.uint8).reshape(FRAMES, -1)[:, 0].tolist()


store, memory = MemoryStore(), fsspec.filesystem("memory")
found = {}
for name, hand_over in (("view", memoryview), ("copy", bytes)):
    with obstore.open_writer(store, name) as file:
        written(file, hand_over)
    found[f"obstore, {name}"] = levels(bytes(obstore.get(store, name).bytes()))
with memory.open("view", "wb") as file:
    written(file, memoryview)
found["fsspec, view"] = levels(memory.cat("view"))

print("obstore", obstore.__version__, "fsspec", fsspec.__version__)
for name, stored in found.items():
    print(f"{name:14} levels of the frames stored: {stored}")
every = list(range(FRAMES))
assert found["obstore, copy"] == found["fsspec, view"] == every
assert found["obstore, view"] == [FRAMES - 1] * FRAMES, "a writer takes what it is given by now"
P
