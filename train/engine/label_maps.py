"""Label maps of the samples of a corpus: which instance each pixel shows, and of which class it is."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.synth.store.corpus import Corpus
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.stream.to_device import RawBatch


def instance_arrays(corpus: Corpus) -> tuple[str, ...]:
    """Return the arrays of a corpus that instances and classes are read from."""
    return ("image", "instance" if "instance" in corpus.layouts else "mask")


def instance_maps(raw: RawBatch) -> Tensor:
    """Return the instance number of each pixel, (n, 1, H, W) uint8, 0 where nobody is.

    The maps are stored where samples have several cut-outs; where they have one, its mask is the instance. In the masks
    of a folder each number is one.
    """
    if "classes" in raw:
        return torch.where(raw["classes"] == IGNORE_INDEX, 0, raw["classes"])
    return raw["instance"] if "instance" in raw else (raw["mask"] >= 128).to(torch.uint8)


class ClassMaps:
    """The class of each pixel of samples of a corpus: that of the instance that is seen there.

    Args:
        corpus: The corpus.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._classes = torch.from_numpy(instance_classes(corpus))

    def __call__(self, raw: RawBatch) -> Tensor:
        """Return numbers of classes, (n, 1, H, W) uint8, 0 where none is."""
        instance = instance_maps(raw)
        of_samples = self._classes[raw["sample"].cpu()].to(instance.device)
        return of_samples.gather(1, instance.flatten(1).long()).view_as(instance)


def instance_classes(corpus: Corpus) -> NDArray[np.uint8]:
    """Return the class of each instance of each sample, (N, 1 + most instances) uint8, by its number; 0 for none."""
    crowd, numbers = corpus.manifest.crowd, corpus.cutout_classes
    classes = np.zeros((len(corpus), 2 if crowd is None else 1 + crowd.most), np.uint8)
    if crowd is None:
        classes[:, 1] = numbers[corpus.pictures_of(np.arange(len(corpus)))[1]]
        return classes
    for strip in corpus.geometry.index.strips():
        rows = InstanceTable.read(corpus.table_path(INSTANCES_FILE, strip.part), strip).rows
        classes[rows[:, 0], rows[:, 1]] = numbers[rows[:, 2]]
    return classes
