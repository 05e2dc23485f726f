"""What is said to people: errors, findings, progress, tables, the types of command-line options."""
