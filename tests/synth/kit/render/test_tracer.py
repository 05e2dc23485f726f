import numpy as np
import pytest

from bgfg.synth.kit.render.mesh_primitives import box, sphere
from bgfg.synth.kit.render.scene import Material, Scene
from bgfg.synth.kit.render.tracer import Tracer, vertex_normals

GREY = Material((0.5, 0.5, 0.5))


def test_smooth_meshes_have_the_normals_of_a_ball() -> None:
    ball = sphere((1, 2, 3), 0.5, GREY)
    out = ball.world_vertices() - np.array([1, 2, 3])
    used = np.unique(ball.faces)
    np.testing.assert_allclose(vertex_normals(ball)[used], (out / 0.5)[used], atol=0.15)


def test_rays_meet_the_nearest_side() -> None:
    tracer = Tracer(Scene((box((-1, 2, -1), (1, 3, 1), GREY),)))
    hits = tracer.intersect(np.zeros((2, 3), np.float32), np.array([[0, 1, 0], [0, -1, 0]], np.float32))
    assert hits.ray_parameter[0] == pytest.approx(2)
    np.testing.assert_allclose(hits.normals[0], [0, -1, 0])
    assert hits.mesh.tolist() == [0, -1]
