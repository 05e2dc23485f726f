"""Composites are held to the plan that they follow; where they follow none, none is missed."""

from __future__ import annotations

from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.plan_counts import count_findings
from bgfg.data_manifests.corpus.naming import Name, NameWriter


class CountingWriter(NameWriter):
    """Counts the names that it is asked for."""

    written = 0

    def write(self, name: Name) -> str:
        CountingWriter.written += 1
        return super().write(name)


def entries(*samples: tuple[int, int, int]) -> list[PictureEntry]:
    return [PictureEntry(f"{b}_{f}_{k}.jpeg", "image", Name("image", b, f, False, k), (), None) for b, f, k in samples]


def told(*samples: tuple[int, int, int]) -> list[tuple[str, str, str]]:
    return [(f.severity, f.check, f.path) for f in count_findings(entries(*samples), NameWriter())]


FULL = [(b, f, k) for b in range(3) for f in range(4) for k in range(2)]


def test_a_full_plan_has_no_findings() -> None:
    assert told(*FULL) == told() == []


def test_what_most_have_and_some_have_not_is_missing() -> None:
    left = [sample for sample in FULL if sample not in ((1, 2, 0), (2, 3, 1))]
    assert told(*left) == [
        ("error", "count", "."),
        ("error", "missing-image", "bg002_fg003_001.jpeg"),
        ("error", "missing-image", "bg003_fg004_002.jpeg"),
    ]


def test_a_missing_block_is_missing() -> None:
    assert told(*(sample for sample in FULL if sample[:2] != (1, 2)))[1] == (
        "error", "missing-image", "bg002_fg003_001.jpeg, bg002_fg003_002.jpeg",
    )  # fmt: skip


def test_what_is_missing_is_spelled_as_the_others_are() -> None:
    forms = ("fg_{f}_bg_{b}_{k:02d}.jpg", "fg_{f}_flip_bg_{b}_{k:02d}.jpg")
    found = [
        PictureEntry(
            forms[flip].format(b=b + 1, f=f + 1, k=k + 1), "image", Name("image", b, f, bool(flip), k), (), None
        )
        for b, f, k in FULL
        for flip in range(2)
        if (b, f, k) != (1, 2, 0)
    ]
    assert [finding.path for finding in count_findings(found, NameWriter())] == [
        ".", "fg_3_bg_2_01.jpg", "fg_3_flip_bg_2_01.jpg",
    ]  # fmt: skip


def test_pairs_by_chance_and_running_numbers_are_no_plan() -> None:
    by_chance = [(n, (7 * n) % 40, 0) for n in range(40)]
    running = [(b, f, 100 * n) for n, (b, f, _) in enumerate(FULL[::2])]
    assert told(*by_chance) == told(*running) == [("note", "count", ".")]


def test_two_dates_in_a_name_are_counted_in_as_many_steps_as_there_are_files() -> None:
    dates = entries(*((20230115123456 + n, 20240115123456 + 7 * n, n) for n in range(20_000)))
    CountingWriter.written = 0
    findings = list(count_findings(dates, CountingWriter()))
    assert [f.severity for f in findings] == ["note"]
    assert "20,000 composites of 20,000 of 400,000,000 pairs" in findings[0].message
    assert CountingWriter.written == 0
