"""Exports of a corpus: what is asked, what is written, and a run that goes on where it was; the forms lie in forms/."""
