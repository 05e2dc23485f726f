"""What a worker of a cluster loads is the network that it is told of, wherever its weights lie."""

from __future__ import annotations

import pytest

pytest.importorskip("onnxruntime", reason="the extra [onnx] isn't installed")

from bgfg.depth_teacher.labelling.by_network import WorkerNetwork
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.compact_weights import SHIPPED_WEIGHTS
from tests.support.stored_corpus import remove, upload


def test_weights_under_a_url_are_copied_in_pairs() -> None:
    url = upload(SHIPPED_WEIGHTS.parent, "memory://weights/compact")
    there = TeacherOptions("compact", weights=f"{url}/{SHIPPED_WEIGHTS.name}", device="cpu")
    found = WorkerNetwork(there, "first").load().describe()
    remove(url)
    assert found == WorkerNetwork(TeacherOptions("compact", device="cpu"), "second").load().describe()
