"""However many processes draw placements, a plan is the same; a worker that dies is told in one line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bgfg.data_manifests.machine.worker_processes import WorkerDied, starmap_in_processes
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan import drawing
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.verify_plan import find_plan_problems
from tests.support.crowd_corpus import crowd_options, crowd_sources, stage_sources


@pytest.mark.parametrize("rule", ["random", "perspective"])
def test_a_plan_by_two_processes_is_the_plan_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    sources = (stage_sources if rule == "perspective" else crowd_sources)(tmp_path / "sources")
    for folder in ("bg", "depth"):
        first = min((sources / folder).iterdir())
        shutil.copy(first, first.with_name("another.png"))
    varied = Variety(distractors=(0, 2), shadow=(0.2, 0.9))
    if rule == "random":
        varied = replace(varied, scale=(0.6, 1.1), rotate_deg=20.0)
    options = replace(crowd_options(sources, CutoutsPerSample(1, 2, 40), rule), variety=varied)
    alone = plan_corpus(tmp_path / "alone", options, replace=False, workers=1)
    monkeypatch.setattr(drawing, "starmap_in_processes", partial(starmap_in_processes, alone_s=0))
    together = plan_corpus(tmp_path / "together", options, replace=False, workers=2)
    assert together.manifest == alone.manifest
    assert list(find_plan_problems(Corpus(tmp_path / "together"), drawing.Drawing(workers=2))) == []


def test_a_worker_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(*_arguments: object) -> None:
        raise WorkerDied("signal 9")

    monkeypatch.setattr(drawing, "starmap_in_processes", dying)
    with pytest.raises(Problem, match=r"a worker died .* run the same command again"):
        list(drawing.Drawing(2).in_order(abs, [(1,)], 1))
