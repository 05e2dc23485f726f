"""Exports of a corpus: files, packs and the formats that other libraries read; one file per format."""
