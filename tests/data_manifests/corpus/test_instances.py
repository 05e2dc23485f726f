"""instances.parquet: read back, told to people and programs, and nothing of it can be changed unnoticed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from bgfg.data_manifests.cli.show import show
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES_FILE, InstanceTable, read_sample_instances
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import load_manifest, save_manifest
from bgfg.data_manifests.corpus.parquet_table import written_schema
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import verify_corpus
from tests.support.crowd_corpus import B, make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.resealed_tables import drop_column, fill_column
from tests.support.table_rows import table_rows


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_crowd_corpus(tmp_path_factory.mktemp("crowded"), "random", CutoutsPerSample(1, 3))


def told(corpus: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(show, [str(corpus), *arguments, "--json"])
    assert result.exception is None
    return json.loads(result.stdout)


def rows_of(corpus: Path) -> list[dict[str, Any]]:
    return table_rows(corpus, "instances")


def test_a_row_per_paste_in_a_group_per_background(crowded: Path) -> None:
    corpus, path = Corpus(crowded), crowded / "manifest" / INSTANCES_FILE
    table = pq.ParquetFile(path)
    assert table.schema_arrow == written_schema(INSTANCE_SCHEMA, ())
    assert table.num_row_groups == B
    rows = rows_of(crowded)
    assert sorted({row["sample"] for row in rows}) == list(range(len(corpus)))
    for i in range(len(corpus)):
        mine = [row for row in rows if row["sample"] == i]
        assert read_sample_instances(path, i, corpus.geometry, corpus.cutout_labels) == mine == list(corpus[i].pastes)
    found = [InstanceTable.read(path, strip) for strip in corpus.geometry.index.strips()]
    assert sum(len(each.rows) for each in found) == len(rows)
    assert sum(each.counts().sum() for each in found) == len(rows)


def test_a_sample_is_shown_with_its_instances(crowded: Path) -> None:
    i = next(row["sample"] for row in rows_of(crowded) if row["instance"] == 3)
    shown = told(crowded, str(i))["instances"]
    assert [{k: v for k, v in row.items() if k != "name"} for row in shown] == list(Corpus(crowded)[i].pastes)
    printed = CliRunner().invoke(show, [str(crowded), str(i)]).stdout
    assert all(row["name"] in printed for row in shown)
    assert "instances" not in told(crowded, "fg001")


def test_the_summary_counts_samples_by_their_cutouts(crowded: Path) -> None:
    corpus = Corpus(crowded)
    counted = told(crowded)["manifest"]["statistics"]["instances"]
    assert sum(counted["samples_with"].values()) == len(corpus)
    assert sum(int(number) * count for number, count in counted["samples_with"].items()) == len(rows_of(crowded))
    printed = CliRunner().invoke(show, [str(crowded)]).stdout
    assert "1..3 cut-outs a sample, those in front cover at most 50 % of one: " in printed
    assert f"{counted['samples_with']['3']} with 3" in printed


def test_the_table_is_listed_and_filtered(crowded: Path) -> None:
    assert told(crowded, "--table", "instances") == rows_of(crowded)
    asked = told(crowded, "--table", "instances", "--where", "instance>=2", "--columns", "sample,cutout")
    assert asked == [{n: row[n] for n in ("sample", "cutout")} for row in rows_of(crowded) if row["instance"] >= 2]


def test_sql_sees_the_table(crowded: Path) -> None:
    pytest.importorskip("duckdb", reason="the extra [sql] isn't installed")
    [answer] = told(crowded, "--sql", "SELECT count(*) AS n FROM instances JOIN samples USING (sample)")
    assert answer["n"] == len(rows_of(crowded))


def test_a_corpus_of_single_cutouts_has_no_such_table(planned: Path) -> None:
    with pytest.raises(Problem, match="its samples have one cut-out each"):
        CliRunner().invoke(show, [str(planned), "--table", "instances"], catch_exceptions=False)


def reseal(corpus: Path, change: Callable[[Manifest], Manifest]) -> None:
    manifest = load_manifest(corpus / "manifest/corpus.json")
    save_manifest(change(manifest), corpus / "manifest/corpus.json")


def test_every_column_is_held_to_the_draw_and_to_the_pixels(crowded: Path, tmp_path: Path) -> None:
    for column in written_schema(INSTANCE_SCHEMA, ()).names:
        corpus = Path(shutil.copytree(crowded, tmp_path / column))
        fill_column(corpus, INSTANCES_FILE, column, 1)
        found = verify_corpus(corpus, IN_PROCESS).problems
        assert any(f"{column} of background 0 aren't what was drawn" in line for line in found)
        findings = audit_path(corpus, IN_PROCESS).findings
        assert any(f"{column} of background 1 aren't what was drawn" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda c: (c / "manifest" / INSTANCES_FILE).unlink(), f"{INSTANCES_FILE}: missing"),
        (lambda c: fill_byte(c / "manifest" / INSTANCES_FILE), f"{INSTANCES_FILE}: changed since it was planned"),
        (lambda c: drop_column(c, INSTANCES_FILE, "cutout"), "cutout of background 0 aren't what was drawn"),
        (lambda c: reseal(c, lambda m: replace(m, crowd=CutoutsPerSample(1, 2))), "aren't what was drawn"),
        (lambda c: reseal(c, lambda m: replace(m, crowd=CutoutsPerSample(1, 3, 10))), "aren't what was drawn"),
        (
            lambda c: reseal(c, lambda m: replace(m, statistics={**m.statistics, "instances": {}})),
            "the statistics of instances aren't those of the draw",
        ),
    ],
)
def test_damage_is_found(crowded: Path, tmp_path: Path, damage: Callable[[Path], None], line: str) -> None:
    corpus = Path(shutil.copytree(crowded, tmp_path / "corpus"))
    damage(corpus)
    assert any(line in found for found in verify_corpus(corpus, IN_PROCESS).problems)
    assert any(
        line in f"{f.path}: {f.message}" for f in audit_path(corpus, IN_PROCESS).findings if f.severity == "error"
    )


def fill_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def test_a_manifest_that_hides_its_crowd_is_refused(crowded: Path, tmp_path: Path) -> None:
    corpus = Path(shutil.copytree(crowded, tmp_path / "corpus"))
    manifest = load_manifest(corpus / "manifest/corpus.json")
    with pytest.raises(ValueError, match="tables is"):
        replace(manifest, crowd=None)
    content = manifest.to_dict()
    assert content["crowd"] == {"fewest": 1, "most": 3, "max_overlap_percent": 50}
