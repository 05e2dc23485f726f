"""The records of a corpus: manifest, tables, names, splits, selections."""
