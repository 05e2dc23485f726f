"""Terminal output and command-line types: errors, findings, progress, tables."""
