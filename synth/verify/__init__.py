"""Checks of a corpus: verification of every stored byte, audits, and how far it is."""
