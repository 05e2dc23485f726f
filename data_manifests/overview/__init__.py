"""What the tables of a corpus say of it as a whole: columns of all samples, selections, histograms, placements."""
