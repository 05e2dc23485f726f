"""How strongly training pictures are disturbed: what can differ between two shots, and how far."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

from bgfg.data_manifests.terminal.errors import Problem

REFERENCE_PX = 224  # the frame that shifts are stated for


@dataclass(frozen=True)
class Strengths:
    """What is done to which share of the samples, and how far; `Strengths()` does nothing.

    A disturbance is off where its share is 0. Within its bounds it is drawn uniformly, gamma in its logarithm. The
    second shot is the picture of the bare background, the composite the one with the person in it. Raises Problem (exit
    code 2) where a value makes no sense.

    Jointly, for all that belongs to a sample:
    flip_share: left and right exchanged. crop_share: a part of the frame takes all of it; crop_side: its least and
    greatest side, of the frame's.

    What is before the camera:
    empty_share: nobody is there: the composite is a shot of the bare background too. wrong_share: the second shot is of
    another background. crowd_share: somebody else of any shape is there too. repaint_share: the person is painted
    anew with a part of another background. shadow_share: the person throws a soft shadow; shadow_darkness: the share of
    light it takes.

    The second shot alone:
    shift_share: moved; shift_px_at_224: by up to so many pixels each way, in a frame of 224 (proportionally in others).
    rotate_share: rotated and zoomed; rotate_deg: by up to so many degrees either way; zoom: by up to this share.
    exposure_share: `gain · (level / 255)^gamma`; gamma, gain: least and greatest. colour_share: re-coloured;
    balance: each channel by up to this share; saturation: by up to this share. blur_share: out of focus;
    blur_sigma_px_at_224: least and greatest.

    Each shot by itself, the composite with shares of its own:
    noise_share, composite_noise_share: normal noise a pixel and channel; noise_sigma_levels: least and greatest.
    jpeg_share, composite_jpeg_share: compressed; jpeg_quality: least and greatest, 1..100.
    """

    flip_share: float = 0.0
    crop_share: float = 0.0
    crop_side: tuple[float, float] = (0.75, 1.0)
    empty_share: float = 0.0
    wrong_share: float = 0.0
    crowd_share: float = 0.0
    repaint_share: float = 0.0
    shadow_share: float = 0.0
    shadow_darkness: tuple[float, float] = (0.1, 0.5)
    shift_share: float = 0.0
    shift_px_at_224: float = 4.0
    rotate_share: float = 0.0
    rotate_deg: float = 1.0
    zoom: float = 0.01
    exposure_share: float = 0.0
    gamma: tuple[float, float] = (0.85, 1.18)
    gain: tuple[float, float] = (0.92, 1.08)
    colour_share: float = 0.0
    balance: float = 0.06
    saturation: float = 0.2
    blur_share: float = 0.0
    blur_sigma_px_at_224: tuple[float, float] = (0.3, 1.5)
    noise_share: float = 0.0
    composite_noise_share: float = 0.0
    noise_sigma_levels: tuple[float, float] = (0.0, 8.0)
    jpeg_share: float = 0.0
    composite_jpeg_share: float = 0.0
    jpeg_quality: tuple[int, int] = (50, 95)

    def __post_init__(self) -> None:
        bounds = {
            "crop_side": (0.1, 1.0),
            "shadow_darkness": (0.0, 1.0),
            "shift_px_at_224": (0.0, REFERENCE_PX / 2),
            "rotate_deg": (0.0, 180.0),
            "zoom": (0.0, 0.9),
            "gamma": (0.01, 100.0),
            "gain": (0.0, 100.0),
            "balance": (0.0, 1.0),
            "saturation": (0.0, 1.0),
            "blur_sigma_px_at_224": (0.01, 10.0),
            "noise_sigma_levels": (0.0, 255.0),
            "jpeg_quality": (1, 100),
        }
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = bounds.get(field.name, (0.0, 1.0))
            ends = (low, *(value if isinstance(value, tuple) else (value,)), high)
            if not all(a <= b for a, b in pairwise(ends)):
                raise Problem(f"{field.name} {value}: give {_wanted(value, low, high)}", exit_code=2)


def _wanted(value: object, low: float, high: float) -> str:
    what = "the least and the greatest, in this order," if isinstance(value, tuple) else "a number"
    return f"{what} from {low:g} to {high:g}"


# Pictures that have no second shot, of which there may be few: the whole frame moves, light and colour vary widely.
ALONE = Strengths(
    flip_share=0.5,
    crop_share=0.7,
    crop_side=(0.6, 1.0),
    shift_share=0.5,
    shift_px_at_224=16.0,
    rotate_share=0.7,
    rotate_deg=20.0,
    zoom=0.2,
    exposure_share=0.8,
    gamma=(0.6, 1.6),
    gain=(0.7, 1.3),
    colour_share=0.8,
    balance=0.15,
    saturation=0.5,
    noise_share=0.3,
    jpeg_share=0.2,
)

TRAINING = Strengths(
    flip_share=0.5,
    crop_share=0.5,
    empty_share=0.05,
    wrong_share=0.02,
    shadow_share=0.3,
    shift_share=0.7,
    rotate_share=0.4,
    exposure_share=0.7,
    colour_share=0.5,
    noise_share=0.6,
    composite_noise_share=0.4,
    jpeg_share=0.3,
    composite_jpeg_share=0.3,
)

# For a network of one picture, which is to see photographs after drawings: any light, any camera.
DRAWN = Strengths(
    flip_share=0.5,
    crop_share=0.8,
    crop_side=(0.35, 1.0),
    exposure_share=0.8,
    gamma=(0.5, 2.0),
    gain=(0.7, 1.4),
    colour_share=0.8,
    balance=0.25,
    saturation=1.0,
    blur_share=0.4,
    noise_share=0.5,
    noise_sigma_levels=(0.0, 12.0),
    jpeg_share=0.4,
    jpeg_quality=(30, 95),
)
