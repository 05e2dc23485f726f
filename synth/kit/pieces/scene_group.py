"""Scene groups: meshes and the area lights that they carry, moved together."""

from __future__ import annotations

from dataclasses import dataclass

from bgfg.synth.kit.render.scene import AreaLight, Mesh

Meshes = tuple[Mesh, ...]


@dataclass(frozen=True, eq=False)
class SceneGroup:
    """Meshes and the lights that they carry."""

    meshes: tuple[Mesh, ...] = ()
    lights: tuple[AreaLight, ...] = ()

    def moved(self, x: float, y: float, yaw_deg: float = 0.0, z: float = 0.0) -> SceneGroup:
        """Return the group turned about z by `yaw_deg` and then moved to (x, y, z)."""
        return SceneGroup(
            tuple(p.moved((x, y, z), yaw_deg) for p in self.meshes),
            tuple(light.moved((x, y, z), yaw_deg) for light in self.lights),
        )

    def __add__(self, other: SceneGroup) -> SceneGroup:
        return SceneGroup(self.meshes + other.meshes, self.lights + other.lights)


def move_meshes(meshes: Meshes, x: float, y: float, yaw_deg: float = 0.0, z: float = 0.0) -> Meshes:
    """Return the meshes turned about z by `yaw_deg` and then moved to (x, y, z)."""
    return tuple(p.moved((x, y, z), yaw_deg) for p in meshes)
