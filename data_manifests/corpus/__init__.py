"""The records of a corpus: manifest, tables, assets, names, splits, selections."""
