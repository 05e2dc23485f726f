"""Configuration of augmentation: what is changed, in which share of the samples, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem

REFERENCE_PX = 224  # side of the frame that shifts and blurs are stated for


@dataclass(frozen=True)
class AugmentConfig:
    """What is done to which share of the samples, and how far; `AugmentConfig()` does nothing.

    An augmentation is off where its share is 0. Within its bounds it is drawn uniformly, gamma in its logarithm. The
    second shot is the picture of the bare background, the composite the one with the person in it.

    Attributes:
        flip_share: Left and right are exchanged, jointly in all that belongs to a sample.
        crop_share: A part of the frame is enlarged to all of it, jointly in all that belongs to a sample.
        crop_side: Least and greatest side of that part, as a share of the frame's.
        crop_stretch: The part is up to so many times as wide, or as high, as the frame's form would have it, and is
            stretched to that: people as pictures squeezed into a square show them. 1 is never.
        empty_share: There is no person: the composite is a shot of the bare background too.
        wrong_share: The second shot is of another background.
        crowd_share: There is another figure of any shape.
        repaint_share: The person gets the texture of another background.
        decoy_share: Something that is no person stands before or behind the person, or alone.
        shadow_share: The person throws a soft shadow.
        shadow_darkness: Least and greatest share of light that a shadow takes.
        shift_share: The second shot is shifted.
        shift_px_at_224: By up to so many pixels each way, in a frame of 224 (proportionally in others).
        rotate_share: The second shot is rotated and zoomed.
        rotate_deg: By up to so many degrees either way.
        zoom: By up to this share.
        tilt: Sizes at opposite borders then differ by up to this share, across and down, as where a camera turned.
        parallax_share: What is near in the second shot is shifted against what is far.
        parallax_px_at_224: By up to so many pixels either way from the middle, in a frame of 224, where how near a
            place is is drawn, for no depth of its background is given.
        parallax_baseline_m: Where it is given, the camera stood up to so many metres aside: places are shifted by focal
            length · baseline / depth.
        exposure_share: The second shot is exposed otherwise: `gain · (level / 255)^gamma`.
        gamma: Least and greatest.
        gain: Least and greatest.
        colour_share: The second shot has other colours.
        balance: Each channel changes by up to this share.
        saturation: It changes by up to this share.
        vignette_share: The second shot is darker towards its corners.
        vignette_darkness: Least and greatest share of light that the corners lose.
        blur_share: The second shot is out of focus.
        blur_sigma_px_at_224: Least and greatest sigma, in pixels of a frame of 224.
        resample_share: The second shot was made smaller, and large again.
        resample_side: Least and greatest side of the smaller one, as a share.
        noise_share: The second shot has normal noise in each pixel and channel.
        composite_noise_share: The composite has, independently.
        noise_sigma_levels: Least and greatest sigma, in levels of 255.
        noise_growth: Least and greatest share of the noise's variance that grows with the level, as that of photons
            does; sigma is that of the middle level.
        jpeg_share: The second shot is compressed.
        composite_jpeg_share: The composite is, independently.
        jpeg_quality: Least and greatest, 1..100.
    """

    flip_share: float = 0.0
    crop_share: float = 0.0
    crop_side: tuple[float, float] = (0.75, 1.0)
    crop_stretch: float = 1.0
    empty_share: float = 0.0
    wrong_share: float = 0.0
    crowd_share: float = 0.0
    repaint_share: float = 0.0
    decoy_share: float = 0.0
    shadow_share: float = 0.0
    shadow_darkness: tuple[float, float] = (0.1, 0.5)
    shift_share: float = 0.0
    shift_px_at_224: float = 4.0
    rotate_share: float = 0.0
    rotate_deg: float = 1.0
    zoom: float = 0.01
    tilt: float = 0.0
    parallax_share: float = 0.0
    parallax_px_at_224: float = 1.5
    parallax_baseline_m: float = 0.03
    exposure_share: float = 0.0
    gamma: tuple[float, float] = (0.85, 1.18)
    gain: tuple[float, float] = (0.92, 1.08)
    colour_share: float = 0.0
    balance: float = 0.06
    saturation: float = 0.2
    vignette_share: float = 0.0
    vignette_darkness: tuple[float, float] = (0.1, 0.6)
    blur_share: float = 0.0
    blur_sigma_px_at_224: tuple[float, float] = (0.3, 1.5)
    resample_share: float = 0.0
    resample_side: tuple[float, float] = (0.4, 0.9)
    noise_share: float = 0.0
    composite_noise_share: float = 0.0
    noise_sigma_levels: tuple[float, float] = (0.0, 8.0)
    noise_growth: tuple[float, float] = (0.0, 0.0)
    jpeg_share: float = 0.0
    composite_jpeg_share: float = 0.0
    jpeg_quality: tuple[int, int] = (50, 95)

    def __post_init__(self) -> None:
        """Raise Problem (exit code 2) where a value makes no sense."""
        bounds = {
            "crop_side": (0.1, 1.0),
            "crop_stretch": (1.0, 4.0),
            "shadow_darkness": (0.0, 1.0),
            "shift_px_at_224": (0.0, REFERENCE_PX / 2),
            "rotate_deg": (0.0, 180.0),
            "zoom": (0.0, 0.9),
            "tilt": (0.0, 0.5),
            "parallax_px_at_224": (0.0, REFERENCE_PX / 2),
            "gamma": (0.01, 100.0),
            "gain": (0.0, 100.0),
            "balance": (0.0, 1.0),
            "saturation": (0.0, 1.0),
            "blur_sigma_px_at_224": (0.01, 10.0),
            "resample_side": (0.01, 1.0),
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


# For single images with label maps, of which there may be few: the whole frame moves, light and colour vary widely.
SINGLE_IMAGE_CONFIG = AugmentConfig(
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

# For pairs of a bare background and a composite. Gain: in a clip of a fixed camera, the levels of the room rise by 3 to
# 16 per cent when somebody walks in, for the camera exposes anew; its channels drift apart by less than 2 per cent.
PAIR_CONFIG = AugmentConfig(
    flip_share=0.5,
    crop_share=0.5,
    empty_share=0.05,
    wrong_share=0.02,
    shadow_share=0.3,
    shift_share=0.7,
    rotate_share=0.4,
    tilt=0.01,
    parallax_share=0.3,
    exposure_share=0.7,
    gain=(0.85, 1.18),
    colour_share=0.5,
    noise_share=0.6,
    composite_noise_share=0.4,
    jpeg_share=0.3,
    composite_jpeg_share=0.3,
)

# What photographs of any camera differ in: light, colours, sharpness, noise, compression.
_ANY_CAMERA: Mapping[str, Any] = {
    "exposure_share": 0.8,
    "gamma": (0.5, 2.0),
    "gain": (0.7, 1.4),
    "colour_share": 0.8,
    "vignette_share": 0.3,
    "noise_share": 0.5,
    "noise_sigma_levels": (0.0, 12.0),
    "noise_growth": (0.0, 0.9),
    "jpeg_share": 0.4,
    "jpeg_quality": (30, 95),
}

# For networks that know people by a single photograph: any light, any camera, any part of a person, and scenes in which
# what was put in is no person, lest its edges be what is learnt.
PHOTOGRAPH_CONFIG = AugmentConfig(
    **_ANY_CAMERA,
    flip_share=0.5,
    crop_share=0.8,
    crop_side=(0.4, 1.0),
    crop_stretch=2.0,
    empty_share=0.05,
    decoy_share=0.35,
    shadow_share=0.2,
    rotate_share=0.5,
    rotate_deg=15.0,
    zoom=0.15,
    balance=0.2,
    saturation=0.8,
    blur_share=0.3,
    resample_share=0.3,
)

# For networks that are trained on composites alone, perhaps drawn ones, and used on photographs: any light, any camera.
COMPOSITE_ONLY_CONFIG = AugmentConfig(
    **_ANY_CAMERA,
    flip_share=0.5,
    crop_share=0.8,
    crop_side=(0.35, 1.0),
    rotate_share=0.5,
    rotate_deg=25.0,
    zoom=0.0,  # which would bring things nearer
    balance=0.25,
    saturation=1.0,
    blur_share=0.4,
    resample_share=0.4,
)
