"""Forms that files and labels have whatever they are of: lists of checksums, zip records, HDF5, polygons, licences."""
