"""Materials of one even colour: metal, paint, the face of a lamp."""

from __future__ import annotations

from bgfg.synth.kit.render.scene import LinearRGB, Material


def metal(colour: LinearRGB = (0.55, 0.56, 0.58), roughness: float = 0.25) -> Material:
    """Return brushed metal of `colour`."""
    return Material(colour, gloss=1.0, roughness=roughness, reflectance=0.45)


def paint(colour: LinearRGB, gloss: float = 0.35, roughness: float = 0.25) -> Material:
    """Return lacquer or plastic of `colour`."""
    return Material(colour, gloss=gloss, roughness=roughness)


def glow(colour: LinearRGB, emission: float) -> Material:
    """Return the face of a lamp."""
    return Material(colour, emission=emission)
