"""The pictures that the findings of an audit of a corpus are about, so that they can be looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bgfg.data_manifests.terminal.findings import Finding
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.layout import SHARDED_ARRAYS

# The chunk key of a shard or of a prepared picture, as the paths of findings have it.
_CHUNK = re.compile(r"(?:parts/(?P<part>\d{1,4})/)?data\.zarr/(?P<array>\w+)/c/(?P<number>\d{1,9})(?:/0)+")
_PREPARED = re.compile(r"data\.zarr/cutout, picture (\d{1,9})")

# What of a shard a message says.
_SAMPLES = re.compile(r"\bsamples (\d{1,9}) to (\d{1,9})\b")
_CHUNK_OF_SHARD = re.compile(r"\bchunk (\d{1,6})\b")


@dataclass(frozen=True)
class FindingPictures:
    """What a finding is about.

    Attributes:
        finding: The finding.
        samples: Numbers of samples, in stretches.
        backgrounds: Numbers of backgrounds.
        cutouts: Numbers of cut-outs, flips counted.
    """

    finding: Finding
    samples: tuple[range, ...] = ()
    backgrounds: tuple[int, ...] = ()
    cutouts: tuple[int, ...] = ()


def pictures_of_findings(corpus: Corpus, findings: Iterable[Finding]) -> list[FindingPictures]:
    """Return what each finding of an audit of a corpus is about; nothing where it is about no picture.

    Args:
        corpus: The corpus, as it was audited.
        findings: What `audit_path` found there.
    """
    rows = corpus.assets.to_pylist()
    return [_pictures(corpus, rows, finding) for finding in findings]


def _pictures(corpus: Corpus, rows: Sequence[dict[str, Any]], finding: Finding) -> FindingPictures:
    array = finding.check.removeprefix("missing-")
    if finding.check != array and array in SHARDED_ARRAYS:
        done = corpus.done_shards(array)
        return FindingPictures(finding, tuple(_joined(corpus.samples_of(s) for s in corpus.shards if s not in done)))
    if prepared := _PREPARED.fullmatch(finding.path):
        picture = int(prepared[1])
        return FindingPictures(finding, cutouts=tuple(f for f in (picture - 1, picture) if f >= 0))
    if chunk := _CHUNK.fullmatch(finding.path):
        return _of_chunk(corpus, finding, int(chunk["part"] or 0), chunk["array"], int(chunk["number"]))
    return _of_assets(rows, finding)


def _of_chunk(corpus: Corpus, finding: Finding, part: int, array: str, number: int) -> FindingPictures:
    if part >= len(corpus.parts) or array not in corpus.layouts:
        return FindingPictures(finding)
    of_part = corpus.parts[part]
    if array in SHARDED_ARRAYS:
        if number not in of_part.shards:
            return FindingPictures(finding)
        return FindingPictures(finding, (_narrowed(corpus, of_part.samples_of(number), finding.message),))
    pictures = of_part.pictures(array)
    found = (pictures[number],) if number < len(pictures) else ()
    return FindingPictures(finding, (), *((), found) if array == "cutout" else (found, ()))


def _narrowed(corpus: Corpus, samples: range, message: str) -> range:
    """Return those of a shard's samples that a message speaks of; all where it doesn't say."""
    if told := _SAMPLES.search(message):
        return range(max(samples.start, int(told[1])), min(samples.stop, int(told[2]) + 1))
    if chunk := _CHUNK_OF_SHARD.search(message):
        K = corpus.geometry.placements
        first = samples.start + int(chunk[1]) * K
        return range(first, min(first + K, samples.stop))
    return samples


def _of_assets(rows: Sequence[dict[str, Any]], finding: Finding) -> FindingPictures:
    """Return the pictures whose file, name or class the path of a finding is; of near-duplicates all that are alike."""
    is_about = [finding.path in (row["file"], f"{row['file']} ({row['name']})") for row in rows]
    if finding.check == "class-thin":
        is_about = [row["label"] == finding.path for row in rows]
    if finding.check in ("duplicate", "class-contradiction"):
        groups = {(row["kind"], row["group"]) for row, about in zip(rows, is_about, strict=True) if about}
        is_about = [(row["kind"], row["group"]) in groups for row in rows]
    of_kind: dict[str, list[int]] = {"background": [], "cutout": []}
    for row, about in zip(rows, is_about, strict=True):
        if about and row["flip_of"] is None:
            of_kind[row["kind"]].append(row["id"])
    return FindingPictures(finding, (), tuple(of_kind["background"]), tuple(of_kind["cutout"]))


def _joined(stretches: Iterable[range]) -> list[range]:
    """Join stretches that follow one another."""
    found: list[range] = []
    for each in stretches:
        if found and found[-1].stop == each.start:
            found[-1] = range(found[-1].start, each.stop)
        else:
            found.append(each)
    return found
