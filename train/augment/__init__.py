"""Training pairs disturbed as real second shots are."""
