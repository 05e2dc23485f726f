"""The steps of a corpus as functions: plan, extend, compose, label, audit, card, export, import.

Each does what the command of its name does, with the same defaults, and goes on where an earlier run was interrupted.
What a command would print as a note becomes a warning of Python's. Functions raise `Problem`, whose text names the
option in the command line's words, for whatever a user has to mend.
"""
