"""The steps of a corpus as functions: plan, extend, compose, label, audit, card, export, import.

Each does what the command of its name does, with the same defaults, and goes on where an earlier run was interrupted.
What a command would print as a note becomes a warning of Python's. Functions raise `Problem` for whatever a user
has to mend: of an argument that isn't what its annotation says it names name and value, a line for each, before any
work; else it names the option in the command line's words.
"""
