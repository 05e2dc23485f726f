"""What the published weights were that an encoder started from: it goes with the network wherever it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bgfg.data_manifests.files.json_form import is_line, misfit

# The channels' mean and standard deviation over ImageNet, which most published encoders expect; for RGB in 0..1.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def _is_short_line(value: Any) -> bool:
    return is_line(value) and len(value) <= 500


def _is_triple(value: Any) -> bool:
    return misfit(value, [float]) == "" and len(value) == 3 and all(abs(each) < 1000 for each in value)


# What its content has to be where it is read.
ORIGIN_FORM = {
    "source": _is_short_line,
    "licence": _is_short_line,
    "mean": _is_triple,
    "std": lambda value: _is_triple(value) and min(value) > 0,
}


@dataclass(frozen=True)
class EncoderOrigin:
    """Origin of the weights that an encoder started from.

    Attributes:
        source: Where they are from, in words.
        licence: Their licence, in words.
        mean: Mean of red, green and blue, in 0..1, by which the encoder expects pictures to be normalised.
        std: Standard deviation of these, likewise.
    """

    source: str
    licence: str
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def content(self) -> dict[str, Any]:
        """Return it as JSON values, which ORIGIN_FORM describes."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> EncoderOrigin:
        """Return it from its content; raise ValueError where that doesn't have its form."""
        if wrong := misfit(content, ORIGIN_FORM, "weights"):
            raise ValueError(wrong)
        return cls(content["source"], content["licence"], tuple(content["mean"]), tuple(content["std"]))

    def __str__(self) -> str:
        """Return source and licence, as people are told them."""
        return f"{self.source} ({self.licence})"
