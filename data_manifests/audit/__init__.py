"""Audit of a folder of pictures: names, structure, contents, and a renaming that mends the names."""
