"""The tables of the comparison, in Markdown: one a network, a row a recipe, a column a set of pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.ablation.differences import mean_difference, mean_of
from benchmarks.ablation.kept_scores import Scores
from benchmarks.ablation.networks import NETWORKS
from benchmarks.ablation.recipes import PLAIN, RECIPES
from benchmarks.ablation.test_sets import TEST_SETS, identity_of
from bgfg.train.evaluation.bootstrap import Estimate

# What is between them in a page is made by the command that the first one names.
BEGIN, END = (
    "<!-- what variety is worth: made by `python -m benchmarks.ablation` -->\n",
    "<!-- end of what it is worth -->",
)


def tables(found: Mapping[str, Mapping[str, Sequence[Scores]]], steps: int) -> str:
    """Return the tables and what is to be known beside them.

    Args:
        found: Network -> recipe -> the scores of each seed; `plain` is among the recipes.
        steps: How many steps each network was trained for.
    """
    sets = [name for name in TEST_SETS if any(name in _sets(rows) for rows in found.values())]
    notes = "".join(f"- {TEST_SETS[name].title}: {TEST_SETS[name].note}.\n" for name in sets)
    return "\n".join([*(_table(network, rows) for network, rows in found.items()), f"{_legend(found, steps)}{notes}"])


def difference_text(found: Estimate, is_over_seeds: bool) -> str:
    """Return a difference with its interval; in bold where that is over seeds too, and doesn't hold 0."""
    if found.mean is None:
        return "none"
    if found.low is None or found.high is None:
        return f"{found.mean:+.3f}"
    text = f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
    return f"**{text}**" if is_over_seeds and (found.low > 0 or found.high < 0) else text


def _table(network: str, rows: Mapping[str, Sequence[Scores]]) -> str:
    sets = _sets(rows)
    head = "".join(f" {_column(name, rows[PLAIN][0])} |" for name in sets)
    lines = [f"{NETWORKS[network].title}\n", f"| corpus | |{head}", "|---|---|" + "---|" * len(sets)]
    for recipe, seeds in rows.items():
        options = f"`{' '.join(RECIPES[recipe])}`" if RECIPES[recipe] else ""
        cells = [_cell(recipe, [scores[name] for scores in seeds], [s[name] for s in rows[PLAIN]]) for name in sets]
        lines.append(f"| {recipe} | {options} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _sets(rows: Mapping[str, Sequence[Scores]]) -> list[str]:
    """Return the sets that all networks of a table were tested on."""
    return [name for name in TEST_SETS if all(name in scores for seeds in rows.values() for scores in seeds)]


def _column(name: str, scores: Scores) -> str:
    pictures = scores[name]
    return f"{TEST_SETS[name].title}: {len(pictures)} of {len(set(map(identity_of, pictures)))}"


def _cell(recipe: str, seeds: Sequence[Mapping[str, float]], plain: Sequence[Mapping[str, float]]) -> str:
    if recipe != PLAIN:
        return difference_text(mean_difference(seeds, plain), len(seeds) > 1)
    found = mean_of(seeds)
    return f"{found.mean:.3f}" if found.low is None else f"{found.mean:.3f} ({found.low:.3f}–{found.high:.3f})"


def _legend(found: Mapping[str, Mapping[str, Sequence[Scores]]], steps: int) -> str:
    seeds = max(len(scores) for rows in found.values() for scores in rows.values())
    if seeds > 1:
        over = "people and places, and over seeds. **Bold** doesn't hold 0, as one in twenty wouldn't by chance"
    else:
        over = "people and places. There is one seed, whose luck is in no interval"
    return (
        f"- `{PLAIN}` has its mean IoU, the others how much theirs is above that on the same pictures. Seeds: {seeds}; "
        f"each network learns for {steps:,} steps of 16 samples; all corpora show the same backgrounds and people. "
        f"Intervals (95 %) are over {over}. Heads of columns: pictures, of how many people or places.\n"
    )
