"""What a corpus is on record: manifest, tables, assets, names, splits, selections."""
