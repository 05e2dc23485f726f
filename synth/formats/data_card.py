"""README.md of a data set as Hugging Face's hub reads it: YAML for programs, then Markdown for people.

https://huggingface.co/docs/hub/datasets-cards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bgfg.synth.formats.licence import hub_licence

CARD_FILE = "README.md"

# From how many samples on the hub calls the size of a data set what.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))  # fmt: skip


def data_card(
    title: str,
    paragraphs: Iterable[str],
    tasks: Sequence[str],
    samples: int,
    licence: str | None,
    loading: Sequence[str] = (),
) -> str:
    """Return the text of a card.

    Args:
        title: What the data set is, in a line.
        paragraphs: What its readers need to know, in Markdown; those that are empty are left out.
        tasks: What it is for, in the hub's words.
        samples: How many samples it has.
        licence: Its licence; None to say nothing.
        loading: Lines of YAML for programs that load it by its card.
    """
    size = next((name for below, name in _SIZES if samples < below), "100M<n<1B")
    about = [
        *(hub_licence(licence) if licence else []),
        "task_categories:",
        *(f"- {task}" for task in tasks),
        "size_categories:",
        f"- {size}",
        "tags:",
        "- bgfg",
        "- composites",
    ]
    head = "\n".join(["---", *about, *loading, "---"])
    told = f"Licence: {licence}." if licence else ""
    return "\n\n".join([head, f"# {title}", *filter(None, [*paragraphs, told])]) + "\n"
