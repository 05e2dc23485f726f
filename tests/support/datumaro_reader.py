"""Prints what datumaro reads of a data set, as JSON: run by an interpreter that has it, with nothing of bgfg."""

from __future__ import annotations

import json
import sys

from datumaro import Dataset


def main() -> None:
    folder, form = sys.argv[1:]
    dataset = Dataset.import_from(folder, form)
    [categories] = dataset.categories().values()
    names = [category.name for category in categories.items]
    found = [
        {
            "item": item.id,
            "subset": item.subset,
            "kind": type(each).__name__,
            "object": each.group,
            "label": names[each.label],
            "area": float(each.get_area()),
            "box": [float(side) for side in each.get_bbox()],
            "crowd": each.attributes.get("is_crowd"),
        }
        for item in dataset
        for each in item.annotations
    ]
    print(json.dumps({"items": len(dataset), "names": names, "found": found}))


if __name__ == "__main__":
    main()
