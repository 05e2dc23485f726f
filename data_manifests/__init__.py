"""What the corpus is: pictures, names, placements, splits, tables. Decides; composes nothing; needs no torch."""
