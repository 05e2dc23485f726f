#!/usr/bin/env bash
# A cut-out is pasted into two places by OpenCV's cv2.seamlessClone, with one 8-bit mask of one channel for both calls.
# Expected: the mask is an input, as source and destination are; the same call gives the same picture again, and so does
# a mask of 1 in the place of 255, as elsewhere in OpenCV, where what isn't 0 counts.
# What happens: the call writes into the mask that it is given, an array of the caller. A disc of 255 comes back as
# another shape, a disc of 1 as a larger one with other levels, and the same call with the same arrays then pastes another
# picture. A mask of 1 pastes another picture than one of 255 from the first call on. With three channels, which are as
# valid, the mask stays as it is, and the picture is that of the first call. Whoever makes a corpus with one mask for
# several pastes, or keeps it as the label, gets wrong pictures or wrong labels, and is told nothing.
# Seen with opencv-python-headless 5.0.0.93 (and 4.12.0.88, the same numbers); source: the reference of seamlessClone
# (photo module), which calls the mask an input.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 numpy==2.2.6
cd "$folder"
venv/bin/python - <<'P'
import cv2
import numpy as np

rows, columns = np.mgrid[:41, :61]
disc = (rows - 20) ** 2 + (columns - 30) ** 2 <= 15**2
source = np.random.default_rng(0).integers(60, 180, (41, 61, 3)).astype(np.uint8)
target = np.full((120, 160, 3), 90, np.uint8)
target[:, 80:] = 170
inputs = source.copy(), target.copy()


def paste(mask):
    return cv2.seamlessClone(source, target, mask, (80, 60), cv2.NORMAL_CLONE)


def differing(one, other):
    return int((one != other).any(-1).sum())


print("opencv", cv2.__version__)
first = {}
for level in (255, 1):
    mask = np.where(disc, level, 0).astype(np.uint8)
    first[level] = paste(mask)
    left = mask.copy()
    second = paste(mask)
    inside, outside = int((left[disc] == 0).sum()), int((left[~disc] > 0).sum())
    print(f"disc of {level}: {inside} of its {disc.sum()} pixels became 0, {outside} of the {(~disc).sum()} around it more than 0")
    print(f"  the same call again pastes another picture in {differing(first[level], second)} pixels")
    assert inside + outside > 200
    assert differing(first[level], second) > 500
print(f"a disc of 1 pastes another picture than one of 255 in {differing(first[1], first[255])} pixels")
assert differing(first[1], first[255]) > 500
mask = np.repeat(np.where(disc, 255, 0).astype(np.uint8)[..., None], 3, axis=2)
kept = mask.copy()
assert differing(paste(mask), first[255]) == 0
assert np.array_equal(mask, kept)
print("three channels: the mask stays as it was, and the picture is that of the first call")
assert all(np.array_equal(*pair) for pair in zip(inputs, (source, target), strict=True))
P
